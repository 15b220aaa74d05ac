import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DEFAULT_RUNS_DIR } from "../backfill/begin-run.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { BackfillOptions } from "../load/load-settings.js";
import { makeRunId, readRunFile } from "../load/run-file.js";
import { packageVersion } from "../native/package-version.js";
import { WriterLock } from "../sink/sqlite/writer-lock.js";
import { absoluteTargetUrl } from "../sink/target-path.js";
import { findPaths } from "../source/find-paths.js";
import { planSteps } from "./plan-steps.js";
import type { ProtectedOptions, ProtectHooks } from "./protect-options.js";
import { type ProtectedFile, readProtectedFile, writeProtectedFile } from "./protected-file.js";
import { ProtectedRun } from "./protected-run.js";
import { StepRecord } from "./step-record.js";
import { requireNotLive } from "./target-state.js";

export interface ProtectedResult {
  readonly runDir: string;
  /** As the command's. */
  readonly exitCode: number;
  readonly file: ProtectedFile;
}

const LOCK = "protected";

/**
 * Loads a source with a way back: source and targets are backed up, the source is loaded, and every
 * row is compared with it. Where rows are rejected beyond the limit, or differ, the targets are put
 * back to what they were. Each step is recorded in protected.json of the run's folder; the same
 * command goes on after a crash or an interruption. A failure outside the rows, such as nodes that
 * are down, undoes nothing: the run goes on when it is over, or is put back with `rollBack`.
 *
 * @throws OctoloadError TARGET_LIVE, RUN_FINISHED, RUN_IN_USE, USAGE; of the step that failed
 */
export async function protectedBackfill(
  options: ProtectedOptions,
  hooks: ProtectHooks = {},
): Promise<ProtectedResult> {
  const runDir = runDirOf(options.load);
  const before = await readProtectedFile(runDir);
  const file = before ?? (await planFile(options, runDir));
  requireUnfinished(file, runDir);
  if (before === undefined) await requireUnused(runDir);
  if (options.load.dryRun === true) return { runDir, exitCode: 0, file };
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  const lock = takeLock(runDir);
  try {
    if (before === undefined) await writeProtectedFile(runDir, file);
    const load = { ...file.load, ...options.load };
    const targets = targetsOf(load);
    const record = new StepRecord(runDir, file, hooks);
    const run = new ProtectedRun({ runDir, load, targets, options, record, hooks });
    const exitCode = await run.execute();
    return { runDir, exitCode, file: record.file };
  } finally {
    lock.release();
  }
}

function runDirOf({ runDir, runsDir }: BackfillOptions): string {
  return resolve(runDir ?? join(runsDir ?? DEFAULT_RUNS_DIR, makeRunId(new Date())));
}

/** Of a new run, nothing of which has been done. */
async function planFile(
  { load, backupDir, backupSource = true, rollBack, env }: ProtectedOptions,
  runDir: string,
): Promise<ProtectedFile> {
  if (rollBack === true) {
    throw new OctoloadError("USAGE", `there is no protected run in ${runDir} to roll back`);
  }
  requireWhole(load);
  const targets = targetsOf(load);
  const sources = findPaths(load.sources ?? []).map((path) => resolve(path));
  for (const target of targets) await requireNotLive(target, env);
  const dir = resolve(backupDir ?? join(runDir, "backup"));
  const { dryRun: _, restart: __, ...kept } = load;
  return {
    version: 1,
    octoload: packageVersion(),
    startedAt: new Date().toISOString(),
    endedAt: null,
    backupDir: dir,
    load: { ...kept, sources, to: targets },
    steps: planSteps({ targets, backupDir: dir, backupSource }),
    outcome: "unfinished",
    failure: null,
  };
}

/** Part of a source could not be validated, and another part's process would be undone. */
function requireWhole({ shard, to, sources, restart }: BackfillOptions): void {
  if (shard !== undefined) throw new OctoloadError("USAGE", "--protected does not take --shard");
  if (restart === true) {
    throw new OctoloadError("USAGE", "--protected does not take --restart", {
      remedy: "Begin in another --run-dir; a protected run keeps the backups it began with.",
    });
  }
  if (to?.length && sources?.length) return;
  throw new OctoloadError("USAGE", "a protected backfill needs a source and a target (--to URL)");
}

function targetsOf({ to = [] }: BackfillOptions): string[] {
  return to.map((url) => absoluteTargetUrl(url));
}

function requireUnfinished({ outcome }: ProtectedFile, runDir: string): void {
  if (outcome === "unfinished") return;
  throw new OctoloadError("RUN_FINISHED", `the protected run in ${runDir} ended: ${outcome}`, {
    remedy:
      "Begin another one in its own --run-dir; to undo this one, `octoload restore` its backup folders with --replace.",
  });
}

/** What a run without protection has loaded was not backed up before. */
async function requireUnused(runDir: string): Promise<void> {
  const run = await readRunFile(runDir);
  if (run === undefined) return;
  throw new OctoloadError("RUN_OTHER", `the run ${run.runId} in ${runDir} is not protected`, {
    remedy: "Resume it without --protected, or begin a protected run in another --run-dir.",
  });
}

function takeLock(runDir: string): WriterLock {
  try {
    return WriterLock.acquire(join(runDir, LOCK));
  } catch (error) {
    const isTaken = error instanceof OctoloadError && error.code === "TARGET_LOCKED";
    if (!isTaken) throw error;
    throw new OctoloadError("RUN_IN_USE", `another process runs ${runDir}`, { cause: error });
  }
}
