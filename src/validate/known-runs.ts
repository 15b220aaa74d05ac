import { DEFAULT_RUNS_DIR } from "../backfill/begin-run.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { type RunFile, readRunFile } from "../load/run-file.js";
import { findRun, listRuns } from "../load/run-list.js";
import { targetPlace } from "../sink/target-place.js";

/** A run that wrote to the target. */
export interface KnownRun {
  readonly dir: string;
  readonly file: RunFile;
  /** As the run names the target. */
  readonly sinkUrl: string;
}

/**
 * The run that loaded a target and those that completed it, the latest first.
 *
 * @param run its folder or id; undefined: the latest of `runsDir` that wrote to the target
 * @throws OctoloadError RUN_NOT_FOUND where `run` is none, or one of another target
 */
export async function findRunsOf(
  to: string,
  run: string | undefined,
  runsDir = DEFAULT_RUNS_DIR,
): Promise<readonly KnownRun[]> {
  const all = await runsOf(to, runsDir);
  const named = run === undefined ? undefined : await namedRun(to, run, runsDir);
  const latest = named ?? all[0];
  if (latest === undefined) return [];
  const base = baseOf(latest);
  const others = all.filter((one) => baseOf(one) === base && one.dir !== latest.dir);
  const earlier = others.filter(({ file }) => file.startedAt <= latest.file.startedAt);
  return [latest, ...earlier];
}

async function namedRun(to: string, run: string, runsDir: string): Promise<KnownRun> {
  const dir = await findRun(run, runsDir);
  const known = await knownRun(dir, to);
  if (known !== undefined) return known;
  throw new OctoloadError("RUN_NOT_FOUND", `the run in ${dir} did not write to ${to}`);
}

async function runsOf(to: string, runsDir: string): Promise<KnownRun[]> {
  const listed = await listRuns(runsDir);
  const runs = await Promise.all(listed.map(({ dir }) => knownRun(dir, to).catch(() => undefined)));
  return runs.filter((run) => run !== undefined && run.file.state !== "dry-run") as KnownRun[];
}

async function knownRun(dir: string, to: string): Promise<KnownRun | undefined> {
  const file = await readRunFile(dir);
  const sinkUrl = file?.sinks.find((url) => targetPlace(url) === targetPlace(to));
  return file === undefined || sinkUrl === undefined ? undefined : { dir, file, sinkUrl };
}

function baseOf({ file }: KnownRun): string {
  return file.redrive?.baseRunId ?? file.runId;
}
