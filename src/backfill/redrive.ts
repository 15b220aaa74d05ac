import { resolve } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import { DeadRows } from "../load/dead-rows.js";
import type { BackfillOptions, ErrorBudget } from "../load/load-settings.js";
import { type RunFile, readRunFile } from "../load/run-file.js";
import { createSink } from "../sink/create-sink.js";
import type { LastRun } from "../sink/recorded-target.js";
import { parseTargetUrl } from "../sink/target-url.js";
import { type BackfillResult, load } from "./backfill.js";
import type { BackfillHooks } from "./hooks.js";

export interface RedriveOptions
  extends Pick<
    BackfillOptions,
    "runsDir" | "memoryBytes" | "maxErrors" | "rowsPerSecond" | "tuning"
  > {
  /** Of the run that has dead letters. */
  readonly runDir: string;
  /** Only dead letters of these codes; left out or empty: all. */
  readonly codes?: readonly string[];
  /** Of the redrive, which is a run of its own. An unfinished redrive in it is resumed. */
  readonly newRunDir?: string;
}

export type RedriveResult =
  | ({ readonly kind: "loaded" } & BackfillResult)
  /** The run has no dead letters of these codes; `codes`: those it has. */
  | { readonly kind: "nothing"; readonly codes: readonly string[] };

/**
 * Loads the dead letters of a run again, from the source as it is now: a new run with the earlier
 * one's settings, which derives from all rows but sends only the named ones and those whose derived
 * columns can differ because of them.
 *
 * @throws OctoloadError RUN_NOT_FOUND, REDRIVE_UNFINISHED; REDRIVE_LATE where a target was loaded
 *   by a later run; RUN_OTHER where `newRunDir` holds another run; and as backfill()
 */
export async function redrive(
  options: RedriveOptions,
  hooks: BackfillHooks = {},
): Promise<RedriveResult> {
  const runDir = resolve(options.runDir);
  const run = await readRunFile(runDir);
  if (run === undefined) {
    throw new OctoloadError("RUN_NOT_FOUND", `${runDir} is not the folder of a run`);
  }
  const begun = await findBegun(run, options);
  if (begun !== undefined) {
    return { kind: "loaded", ...(await load({ ...steering(options), runDir: begun }, hooks)) };
  }
  requireFinished(run, runDir);
  const { codes = [] } = options;
  const present = codesOf(runDir);
  if (!present.some((code) => codes.length === 0 || codes.includes(code))) {
    return { kind: "nothing", codes: present };
  }
  for (const url of run.sinks) await requireLatest(url, run);
  const result = await load(optionsOf(run, options), hooks, { runDir, run, codes });
  return { kind: "loaded", ...result };
}

/** The folder of the redrive that is to be resumed. */
async function findBegun(run: RunFile, { newRunDir }: RedriveOptions): Promise<string | undefined> {
  if (newRunDir === undefined) return undefined;
  const found = await readRunFile(newRunDir);
  if (found === undefined) return undefined;
  if (found.redriveOf === run.runId) return newRunDir;
  throw new OctoloadError(
    "RUN_OTHER",
    `${newRunDir} holds the run ${found.runId}, which is no redrive of ${run.runId}`,
    { remedy: "Choose another --new-run-dir, or none." },
  );
}

function requireFinished({ runId, state }: RunFile, runDir: string): void {
  if (state === "done" || state === "rejected" || state === "max-errors") return;
  throw new OctoloadError("REDRIVE_UNFINISHED", `the run ${runId} in ${runDir} is ${state}`, {
    ...(state === "dry-run" ? { remedy: "Load the source with `octoload backfill`." } : {}),
  });
}

function codesOf(runDir: string): string[] {
  const deadRows = new DeadRows(runDir);
  try {
    return deadRows.codes();
  } finally {
    deadRows.close();
  }
}

/** Redrives of one load do not replace what others of them have to send. */
async function requireLatest(url: string, run: RunFile): Promise<void> {
  if (parseTargetUrl(url).kind === "null") return;
  const last = await lastRunOf(url);
  if (last?.baseRunId === (run.redrive?.baseRunId ?? run.runId)) return;
  const what = last === undefined ? "holds no run" : `was loaded by the run ${last.runId}`;
  throw new OctoloadError("REDRIVE_LATE", `${url} ${what} since the run ${run.runId}`);
}

async function lastRunOf(url: string): Promise<LastRun | undefined> {
  const sink = await createSink(url);
  try {
    return (await sink.recorded()).lastRun;
  } finally {
    await sink.close();
  }
}

function optionsOf(run: RunFile, options: RedriveOptions): BackfillOptions {
  const { source, where, limit } = run;
  return {
    sources: source.paths,
    sourceName: source.name,
    columns: source.columns,
    ...(source.table === null ? {} : { table: source.table }),
    ...(source.snapshotDir === null ? {} : { snapshotDir: source.snapshotDir }),
    ...(where === null ? {} : { where }),
    ...(limit === null ? {} : { limit }),
    levels: run.levels,
    order: run.order,
    coerceText: run.coerceText,
    digests: run.digests === true,
    frame: run.frame,
    to: run.sinks,
    addSource: run.addSource,
    onCollision: run.onCollision,
    memoryBytes: run.memoryBytes,
    maxErrors: budgetText(run.maxErrors),
    ...steering(options),
    ...(options.newRunDir === undefined ? {} : { runDir: options.newRunDir }),
  };
}

function budgetText(budget: ErrorBudget): string {
  return budget.kind === "rows" ? String(budget.rows) : `${budget.percent}%`;
}

/** What may be other than in the earlier run. */
function steering(options: RedriveOptions): BackfillOptions {
  const { runsDir, memoryBytes, maxErrors, rowsPerSecond, tuning } = options;
  return {
    ...(runsDir === undefined ? {} : { runsDir }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(maxErrors === undefined ? {} : { maxErrors }),
    ...(rowsPerSecond === undefined ? {} : { rowsPerSecond }),
    ...(tuning === undefined ? {} : { tuning }),
  };
}
