import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Frame } from "../encoding/frame.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { EVENTS_FILE } from "../load/event-log.js";
import { type BackfillOptions, type LoadSettings, settingsOf } from "../load/load-settings.js";
import { readPlanFile } from "../load/plan-file.js";
import type { Predictions } from "../load/predictions.js";
import { makeRunId, type RunFile, readRunFile } from "../load/run-file.js";
import { RunStore } from "../load/run-store.js";
import { absoluteTargetUrl } from "../sink/target-path.js";
import { removeCopies } from "../source/snapshot.js";
import { DIGESTS_FILE } from "./digest-report.js";
import { requireAllRows } from "./prune-refusals.js";
import type { RedriveRequest } from "./redrive-rows.js";
import { requireSame } from "./same-run.js";

export const DEFAULT_RUNS_DIR = "octoload-runs";
export const SPILL_FOLDER = "spill";
export const REPORT_FILE = "report.json";
export const REPORT_PAGE = "report.html";

/** A run directory that is this process's, and what an earlier process left in it. */
export interface BegunRun {
  readonly runDir: string;
  readonly runId: string;
  readonly store: RunStore;
  /** undefined: a new run. */
  readonly earlier: RunFile | undefined;
  readonly settings: LoadSettings;
  /** As given, with the sources and targets of the run where none were. */
  readonly options: BackfillOptions;
  /** Made by this process. */
  readonly isNewFolder: boolean;
  /** undefined: a load of all rows, or a redrive that is resumed and knows its rows. */
  readonly redrive: RedriveRequest | undefined;
  /** Of a new run's plan. */
  readonly predictions: Predictions | undefined;
}

/**
 * Takes possession of the run directory: a new one, one to resume, or one to
 * begin anew.
 *
 * @throws OctoloadError RUN_IN_USE, RUN_FINISHED, RUN_OTHER, RUN_DISK_*, USAGE, ARG_*
 */
export async function beginRun(
  given: BackfillOptions,
  redrive?: RedriveRequest,
): Promise<BegunRun> {
  const options = withAbsolutePaths(given);
  const settings = settingsOf(options);
  requireAllRows(settings);
  // Before a folder is made: a plan that cannot be read is a wrong command line.
  const predictions =
    options.planFile === undefined ? undefined : await readPlanFile(options.planFile);
  const newId = options.shard?.runId ?? makeRunId(new Date());
  const runDir = resolve(
    options.runDir ?? join(options.runsDir ?? DEFAULT_RUNS_DIR, folderName(newId, options)),
  );
  const found = await readRunFile(runDir);
  if (found !== undefined && options.restart !== true) requireUnfinished(found, runDir);
  if (found?.redriveOf !== undefined && options.restart === true) refuseRestart(found, runDir);
  requireSourceAndTarget(withEarlier(options, found), runDir);
  const isNewFolder = await makeFolder(runDir);
  const store = await RunStore.open(runDir);
  try {
    const earlier = options.restart === true ? undefined : found;
    if (earlier !== undefined) requireSame(earlier, options, settings, runDir);
    else if (found !== undefined) await discard(runDir, store, found);
    const complete = withEarlier(options, found);
    const runId = earlier?.runId ?? newId;
    const kept = earlier === undefined ? settings : settingsOfRun(earlier, settings, options);
    return {
      runDir,
      runId,
      store,
      earlier,
      settings: kept,
      options: complete,
      isNewFolder,
      redrive,
      predictions,
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Those of the run, but for what may be set anew from one process to the next. */
function settingsOfRun(
  run: RunFile,
  settings: LoadSettings,
  { maxErrors, memoryBytes }: BackfillOptions,
): LoadSettings {
  const { where, coerceText, limit, levels, shard, order, dryRun, prune, onCollision } = run;
  // A run that an earlier octoload began has rows without them.
  const digests = run.digests === true;
  const changedOnly = run.changedOnly === true;
  return {
    frame: Frame.from(run.frame),
    ...{ where, coerceText, limit, levels, shard, order, dryRun, prune, onCollision },
    ...{ digests, changedOnly },
    memoryBytes: memoryBytes === undefined ? run.memoryBytes : settings.memoryBytes,
    maxErrors: maxErrors === undefined ? run.maxErrors : settings.maxErrors,
  };
}

/** A resumed run may be in another folder. The files of the source are found first: see Source. */
function withAbsolutePaths(options: BackfillOptions): BackfillOptions {
  const { to, snapshotDir } = options;
  return {
    ...options,
    ...(to === undefined ? {} : { to: to.map((url) => absoluteTargetUrl(url)) }),
    ...(snapshotDir === undefined ? {} : { snapshotDir: resolve(snapshotDir) }),
  };
}

/** What a resumed run does not name again is as it was. */
function withEarlier(options: BackfillOptions, earlier: RunFile | undefined): BackfillOptions {
  if (earlier === undefined) return options;
  return {
    ...options,
    sources: options.sources?.length ? options.sources : earlier.source.paths,
    to: options.to?.length ? options.to : earlier.sinks,
    ...(earlier.hot ? { hot: earlier.hot } : {}),
  };
}

function folderName(runId: string, { shard }: BackfillOptions): string {
  return shard === undefined ? runId : `${runId}-${shard.index}-of-${shard.count}`;
}

function requireSourceAndTarget({ sources, to }: BackfillOptions, runDir: string): void {
  const twice = to?.find((url, i) => to.indexOf(url) !== i);
  if (twice !== undefined) throw new OctoloadError("USAGE", `the target ${twice} is given twice`);
  const missing = [
    ...(sources?.length ? [] : ["a source (a GeoPackage or SQLite file)"]),
    ...(to?.length ? [] : ["a target (--to URL)"]),
  ];
  if (missing.length === 0) return;
  const why = existsSync(runDir) ? "" : `, for there is no run to resume in ${runDir}`;
  throw new OctoloadError("USAGE", `a backfill needs ${missing.join(" and ")}${why}`);
}

function requireUnfinished({ state, runId }: RunFile, runDir: string): void {
  if (state !== "done" && state !== "rejected" && state !== "dry-run") return;
  throw new OctoloadError("RUN_FINISHED", `the run ${runId} in ${runDir} ended: ${state}`);
}

/** Starting over would load everything, which is not what the run was for. */
function refuseRestart({ runId }: RunFile, runDir: string): never {
  throw new OctoloadError("RUN_OTHER", `the run ${runId} in ${runDir} is a redrive`, {
    remedy: "Remove the folder and begin the redrive again, or load everything in another one.",
  });
}

async function makeFolder(runDir: string): Promise<boolean> {
  try {
    const isNew = !existsSync(runDir);
    await mkdir(runDir, { recursive: true, mode: 0o700 });
    return isNew;
  } catch (cause) {
    throw new OctoloadError("RUN_DISK_FAILED", `${runDir} cannot be made: ${String(cause)}`, {
      cause,
    });
  }
}

async function discard(runDir: string, store: RunStore, { source }: RunFile): Promise<void> {
  await store.clear();
  for (const name of [SPILL_FOLDER, EVENTS_FILE, REPORT_FILE, REPORT_PAGE, DIGESTS_FILE]) {
    await rm(join(runDir, name), { recursive: true, force: true });
  }
  await removeCopies(source.snapshots ?? []);
}
