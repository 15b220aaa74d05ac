import { join } from "node:path";
import { type DigestJson, type DigestSet, RANGE_LEVEL } from "../encoding/digest-set.js";
import type { CursorCheckpoint } from "../load/checkpoint.js";
import { sumOfParts } from "../load/cursor-digests.js";
import type { RunFile } from "../load/run-file.js";
import type { SinkDigests } from "../load/run-report.js";
import { writeJsonFile } from "../load/run-status.js";

export const DIGESTS_FILE = "digests.json";
const VERSION = 1;

/** digests.json: of each of a run's targets the digests of the rows it acknowledged. */
export interface DigestsFile {
  readonly version: number;
  readonly runId: string;
  /** Of the source that the rows are from. */
  readonly fingerprint: string;
  readonly sinks: readonly ({ readonly url: string } & DigestJson)[];
}

type DigestedRun = Pick<RunFile, "runId" | "digests" | "sinks" | "source">;

/** What the report says of them, by the targets' URLs; empty: the run keeps none. */
export function digestsOf(
  run: DigestedRun,
  checkpoints: readonly CursorCheckpoint[],
): ReadonlyMap<string, SinkDigests> {
  const sets = run.digests ? run.sinks.map((url) => [url, setOf(url, checkpoints)] as const) : [];
  return new Map(
    sets.map(([url, { root, rows, rangeCount }]) => {
      return [url, { root, rows, rangeLevel: RANGE_LEVEL, ranges: rangeCount, file: DIGESTS_FILE }];
    }),
  );
}

/** Beside the report, which would be long with them. */
export async function writeDigests(
  runDir: string,
  run: DigestedRun,
  checkpoints: readonly CursorCheckpoint[],
): Promise<void> {
  if (!run.digests) return;
  const sinks = run.sinks.map((url) => ({ url, ...setOf(url, checkpoints).toJSON() }));
  const { runId, source } = run;
  const file: DigestsFile = { version: VERSION, runId, fingerprint: source.fingerprint, sinks };
  await writeJsonFile(join(runDir, DIGESTS_FILE), file);
}

/** What all cursors of a target have done. */
function setOf(url: string, checkpoints: readonly CursorCheckpoint[]): DigestSet {
  const own = checkpoints.filter((checkpoint) => checkpoint.url === url);
  return sumOfParts(own.flatMap(({ digests }) => digests));
}
