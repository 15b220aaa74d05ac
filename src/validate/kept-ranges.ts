import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { REPORT_FILE } from "../backfill/begin-run.js";
import type { TokenRange } from "../cassandra/ring-ranges.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { type RunFile, readRunFile } from "../load/run-file.js";
import { listRuns } from "../load/run-list.js";
import type { RunReport } from "../load/run-report.js";
import { readJsonObject, writeJsonFile } from "../load/run-status.js";
import { targetPlace } from "../sink/target-place.js";
import type { RowRange } from "../target/row-reader.js";

export const RANGES_FILE = "ranges.json";
const VERSION = 2;

/** What a comparison of all rows found of one range of the target's order. */
export interface RangeState {
  readonly range: RowRange;
  /** Of the source. */
  readonly rows: number;
  /** Sum of the source's rows' digests: docs/digest.md. */
  readonly sum: string;
  /** Nothing differed, at the first look too. */
  readonly isClean: boolean;
}

/** All ranges of a target, as a validation left them. */
export interface KeptRanges {
  readonly validationId: string;
  readonly ranges: readonly RangeState[];
}

/** Of which source and target. */
export interface KeptFor {
  /** The target's URL. */
  readonly target: string;
  readonly sourceName: string;
  /** The target's last run; null: it records none. */
  readonly lastRunId: string | null;
}

interface RangesFile extends KeptFor {
  readonly version: number;
  readonly validationId: string;
  /** ms since 1970: ids of the same second have no order. */
  readonly keptAtMs: number;
  /** Tokens in decimal; null: all rows. */
  readonly ranges: readonly (Omit<RangeState, "range"> & {
    readonly after: string | null;
    readonly last: string | null;
  })[];
}

export async function keepRanges(
  folder: string,
  { target, sourceName, lastRunId }: KeptFor,
  { validationId, ranges }: KeptRanges,
): Promise<void> {
  const states = [...ranges].sort((a, b) => a.range.number - b.range.number);
  const file: RangesFile = {
    ...{ version: VERSION, validationId, keptAtMs: Date.now(), target, sourceName, lastRunId },
    ranges: states.map(({ range: { tokens }, rows, sum, isClean }) => ({
      after: tokens === null ? null : String(tokens.after),
      last: tokens === null ? null : String(tokens.last),
      ...{ rows, sum, isClean },
    })),
  };
  await writeJsonFile(join(folder, RANGES_FILE), file);
}

/**
 * What the latest full validation of the same source and target left, where the target's runs since
 * are known and have sent nothing but what the source had otherwise: see whyOther().
 *
 * @param folders that hold validations
 * @throws OctoloadError BASELINE_MISSING
 */
export async function findKept(
  wanted: KeptFor,
  folders: readonly string[],
  runsDir: string,
): Promise<KeptRanges> {
  const files = (await Promise.all(folders.map(filesIn))).flat();
  const [latest] = files
    .filter(({ target, sourceName }) => {
      return targetPlace(target) === targetPlace(wanted.target) && sourceName === wanted.sourceName;
    })
    .sort((a, b) => b.keptAtMs - a.keptAtMs);
  if (latest === undefined) {
    const places = folders.join(" and ");
    throw missing(wanted, `no full validation of ${wanted.sourceName} is in ${places}`);
  }
  const why = await whyOther(latest, wanted, runsDir);
  if (why !== undefined) throw missing(wanted, why);
  return { validationId: latest.validationId, ranges: latest.ranges.map(stateOf) };
}

/** Where validations may be: the usual folder, and that of this one. */
export function validationFolders(usual: string, folder: string): string[] {
  return [...new Set([usual, dirname(folder)])];
}

async function filesIn(folder: string): Promise<RangesFile[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map((name) => readJsonObject(join(folder, name, RANGES_FILE)).catch(() => undefined)),
  );
  const files = found.filter((file) => file?.version === VERSION && Array.isArray(file.ranges));
  return files as unknown as RangesFile[];
}

function stateOf(
  { after, last, rows, sum, isClean }: RangesFile["ranges"][number],
  number: number,
) {
  const tokens: TokenRange | null =
    after === null || last === null ? null : { after: BigInt(after), last: BigInt(last) };
  return { range: { number, tokens }, rows, sum, isClean };
}

/**
 * Why the target may hold other rows than were validated. A run with --changed-only sends what the
 * source has otherwise, and a redrive or a repair rows that the source did not have or whose range
 * was not clean: their ranges are compared again by themselves. Each such run is refused unless it
 * follows the run, or the redrives of the load, that it names: so their names are the target's past.
 */
async function whyOther(
  { validationId, lastRunId }: RangesFile,
  wanted: KeptFor,
  runsDir: string,
): Promise<string | undefined> {
  const listed = await listRuns(runsDir);
  const dirOf = (runId: string | null) => listed.find((run) => run.runId === runId)?.dir;
  const validated = await endedRun(dirOf(lastRunId));
  const validatedBase = validated?.file.redrive?.baseRunId ?? lastRunId;
  for (let runId = wanted.lastRunId; runId !== lastRunId; ) {
    const run = await endedRun(dirOf(runId));
    if (run !== undefined && run.file.redrive?.baseRunId === validatedBase) return undefined;
    const before = run === undefined ? null : await runBefore(run, wanted);
    if (before === null) return `the run ${runId} wrote to it after the validation ${validationId}`;
    runId = before;
  }
  return undefined;
}

interface EndedRun {
  readonly dir: string;
  readonly file: RunFile;
}

async function endedRun(dir: string | undefined): Promise<EndedRun | undefined> {
  const file = dir === undefined ? undefined : await readRunFile(dir).catch(() => undefined);
  if (dir === undefined || file === undefined) return undefined;
  return file.state === "done" || file.state === "rejected" ? { dir, file } : undefined;
}

/** The run that a run of few rows builds on; null: it sent all rows, or nobody knows. */
async function runBefore({ dir, file }: EndedRun, { target }: KeptFor): Promise<string | null> {
  if (file.redrive !== undefined) return file.redrive.baseRunId;
  if (file.changedOnly !== true) return null;
  const found = await readJsonObject(join(dir, REPORT_FILE)).catch(() => undefined);
  const report = found as unknown as RunReport | undefined;
  const sink = report?.sinks.find(({ url }) => targetPlace(url) === targetPlace(target));
  return sink?.changedOnly?.baselineRunId ?? null;
}

function missing({ target }: KeptFor, why: string): OctoloadError {
  return new OctoloadError("BASELINE_MISSING", `${target}: ${why}`);
}
