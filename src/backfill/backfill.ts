import { rm } from "node:fs/promises";
import { join } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import type { BackfillOptions } from "../load/load-settings.js";
import { RUN_FILE } from "../load/run-file.js";
import type { RunReport } from "../load/run-report.js";
import { BackfillRun } from "./backfill-run.js";
import { type BegunRun, beginRun } from "./begin-run.js";
import type { BackfillHooks } from "./hooks.js";
import type { RedriveRequest } from "./redrive-rows.js";
import { setUp } from "./set-up.js";

export interface BackfillResult {
  readonly runDir: string;
  readonly report: RunReport;
}

/**
 * Moves a source into its targets: every row is encoded, derived, ordered,
 * loaded and accounted for. Resumes the unfinished run in `runDir`, if there is
 * one.
 *
 * Resolves when the run has ended, as `report.outcome` says: "done", "rejected"
 * (some rows are dead letters), "max-errors", "interrupted" or "dry-run".
 *
 * @throws OctoloadError of what could not be begun or had to end; the run can be resumed then, and
 *   its report.json says how far it came
 */
export async function backfill(
  options: BackfillOptions,
  hooks: BackfillHooks = {},
): Promise<BackfillResult> {
  return load(options, hooks);
}

/** As backfill(); with `redrive` a new run sends only rows that are named there, and neighbours. */
export async function load(
  options: BackfillOptions,
  hooks: BackfillHooks,
  redrive?: RedriveRequest,
): Promise<BackfillResult> {
  const begun = await beginRun(options, redrive);
  try {
    const parts = await setUpOrForget(begun);
    const run = new BackfillRun(begun, parts, hooks);
    const report = await run.execute();
    return { runDir: begun.runDir, report };
  } finally {
    await begun.store.close();
  }
}

/** A run that could not even begin leaves nothing that could be resumed. */
async function setUpOrForget(begun: BegunRun) {
  try {
    return await setUp(begun);
  } catch (error) {
    if (begun.earlier === undefined && error instanceof OctoloadError) {
      const made = begun.isNewFolder ? begun.runDir : join(begun.runDir, RUN_FILE);
      await rm(made, { recursive: true, force: true });
    }
    throw error;
  }
}
