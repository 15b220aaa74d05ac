import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Frame } from "../encoding/frame.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { EVENTS_FILE } from "../load/event-log.js";
import { type BackfillOptions, type LoadSettings, settingsOf } from "../load/load-settings.js";
import { makeRunId, type RunFile, readRunFile } from "../load/run-file.js";
import { RunStore } from "../load/run-store.js";

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
}

/**
 * Takes possession of the run directory: a new one, one to resume, or one to
 * begin anew.
 *
 * @throws OctoloadError RUN_IN_USE, RUN_FINISHED, RUN_OTHER, RUN_DISK_*, USAGE, ARG_*
 */
export async function beginRun(options: BackfillOptions): Promise<BegunRun> {
  const settings = settingsOf(options);
  const newId = options.shard?.runId ?? makeRunId(new Date());
  const runDir = resolve(
    options.runDir ?? join(options.runsDir ?? DEFAULT_RUNS_DIR, folderName(newId, options)),
  );
  const found = await readRunFile(runDir);
  if (found !== undefined && options.restart !== true) requireUnfinished(found, runDir);
  requireSourceAndTarget(withEarlier(options, found), runDir);
  const isNewFolder = await makeFolder(runDir);
  const store = await RunStore.open(runDir);
  try {
    const earlier = options.restart === true ? undefined : found;
    if (earlier !== undefined) requireSame(earlier, options, settings, runDir);
    else if (found !== undefined) await discard(runDir, store);
    const complete = withEarlier(options, found);
    const runId = earlier?.runId ?? newId;
    const kept = earlier === undefined ? settings : settingsOfRun(earlier, settings);
    return { runDir, runId, store, earlier, settings: kept, options: complete, isNewFolder };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Those of the run, but for what may change from one process to the next. */
function settingsOfRun(run: RunFile, { maxErrors, memoryBytes }: LoadSettings): LoadSettings {
  const { where, coerceText, limit, levels, shard, dryRun, onCollision } = run;
  const frame = Frame.from(run.frame);
  return {
    frame,
    where,
    coerceText,
    memoryBytes,
    limit,
    levels,
    shard,
    dryRun,
    onCollision,
    maxErrors,
  };
}

/** What a resumed run does not name again is as it was. */
function withEarlier(options: BackfillOptions, earlier: RunFile | undefined): BackfillOptions {
  if (earlier === undefined) return options;
  return {
    ...options,
    sources: options.sources?.length ? options.sources : earlier.source.paths,
    to: options.to?.length ? options.to : earlier.sinks,
  };
}

function folderName(runId: string, { shard }: BackfillOptions): string {
  return shard === undefined ? runId : `${runId}-${shard.index}-of-${shard.count}`;
}

function requireSourceAndTarget({ sources, to }: BackfillOptions, runDir: string): void {
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

async function discard(runDir: string, store: RunStore): Promise<void> {
  await store.clear();
  for (const name of [SPILL_FOLDER, EVENTS_FILE, REPORT_FILE, REPORT_PAGE]) {
    await rm(join(runDir, name), { recursive: true, force: true });
  }
}

/** Rows that were sent already were sent under the earlier settings. */
function requireSame(
  earlier: RunFile,
  options: BackfillOptions,
  settings: LoadSettings,
  runDir: string,
): void {
  const given: Record<string, unknown> = {
    sources: options.sources?.length ? options.sources : undefined,
    to: options.to?.length ? options.to : undefined,
    where: options.where,
    coerceText: options.coerceText,
    limit: options.limit,
    levels: options.levels,
    shard: options.shard === undefined ? undefined : settings.shard,
    frame: options.frame === undefined ? undefined : settings.frame.toJSON(),
    table: options.table,
    dryRun: options.dryRun,
  };
  const begun: Record<string, unknown> = {
    ...earlier,
    sources: earlier.source.paths,
    to: earlier.sinks,
    table: earlier.source.table,
  };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || JSON.stringify(value) === JSON.stringify(begun[name])) continue;
    throw new OctoloadError(
      "RUN_OTHER",
      `the run in ${runDir} was begun with ${name} ${describeValue(begun[name])}, now it is ${describeValue(value)}`,
    );
  }
}
