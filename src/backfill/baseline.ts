import { dirname, join } from "node:path";
import { type DigestJson, DigestSet } from "../encoding/digest-set.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { type RunFile, readRunFile } from "../load/run-file.js";
import { listRuns } from "../load/run-list.js";
import { readJsonObject } from "../load/run-status.js";
import { targetPlace } from "../sink/target-place.js";
import { DEFAULT_RUNS_DIR } from "./begin-run.js";
import { DIGESTS_FILE, type DigestsFile } from "./digest-report.js";
import type { KnownTarget } from "./write-time.js";

/** What a target's last load left there, as that run's digests say. */
export interface Baseline {
  /** The target's. */
  readonly url: string;
  readonly runId: string;
  readonly digests: DigestJson;
}

export interface BaselinePlaces {
  readonly runDir: string;
  readonly runsDir?: string;
  /** Of the source that is loaded now. */
  readonly sourceName: string;
}

/**
 * The last load of each target: it has to be a whole one of the same source that ended, whose folder
 * is beside this run's. After any other run nobody here knows what every row is.
 *
 * @throws OctoloadError BASELINE_MISSING, DIGEST_INVALID
 */
export async function findBaselines(
  targets: readonly KnownTarget[],
  places: BaselinePlaces,
): Promise<Baseline[]> {
  const folders = new Set([places.runsDir ?? DEFAULT_RUNS_DIR, dirname(places.runDir)]);
  const listed = await Promise.all([...folders].map((folder) => listRuns(folder)));
  const baselines: Baseline[] = [];
  for (const { sink, recorded } of targets) {
    const { lastRun } = recorded;
    if (lastRun === undefined) throw missing(sink.url, "no run has loaded it");
    const found = listed.flat().find(({ runId }) => runId === lastRun.runId);
    if (found === undefined) {
      const where = [...folders].join(" and ");
      throw missing(sink.url, `the folder of its last run ${lastRun.runId} is not in ${where}`);
    }
    baselines.push(await baselineOf(found.dir, sink.url, places.sourceName));
  }
  return baselines;
}

async function baselineOf(dir: string, url: string, sourceName: string): Promise<Baseline> {
  const run = await readRunFile(dir);
  const why = run === undefined ? "holds no run.json" : whyUnfit(run, sourceName);
  if (run === undefined || why !== undefined) throw missing(url, `its last run in ${dir} ${why}`);
  const digests = await digestsIn(dir, url);
  if (digests === undefined) throw missing(url, `there are no digests of it in ${dir}`);
  // Before anything is believed of them.
  DigestSet.fromJson(digests);
  return { url, runId: run.runId, digests };
}

function whyUnfit(run: RunFile, sourceName: string): string | undefined {
  if (run.redriveOf !== undefined) return "sent some rows alone, as a redrive or a repair does";
  if (run.shard !== null) return "sent a shard";
  if (run.state !== "done" && run.state !== "rejected") return `is ${run.state}`;
  if (run.source.name !== sourceName) return `loaded the source ${run.source.name}`;
  return undefined;
}

async function digestsIn(dir: string, url: string): Promise<DigestJson | undefined> {
  const path = join(dir, DIGESTS_FILE);
  const file = await readJsonObject(path).catch(() => undefined);
  const { sinks } = (file ?? {}) as Partial<DigestsFile>;
  return Array.isArray(sinks)
    ? sinks.find((sink) => targetPlace(sink.url) === targetPlace(url))
    : undefined;
}

function missing(url: string, why: string): OctoloadError {
  return new OctoloadError("BASELINE_MISSING", `${url}: ${why}`);
}
