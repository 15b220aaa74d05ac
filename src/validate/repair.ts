import type { BackfillResult } from "../backfill/backfill.js";
import { load } from "../backfill/backfill.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { BackfillOptions } from "../load/load-settings.js";
import { emptySelection, type RowSelection } from "../load/row-selection.js";
import type { FindingsFile } from "./findings-file.js";
import type { KnownRun } from "./known-runs.js";
import type { FindingClass, RepairResult } from "./result.js";
import type { ValidateOptions } from "./validate-options.js";
import type { ValidationPlan } from "./validation-plan.js";

/** What a load of the same source mends. */
const mendable: readonly FindingClass[] = ["missing", "different", "derived-stale"];

export interface RepairHooks {
  readonly signal: AbortSignal;
  /** Looks at these candidates again, whose findings were dropped. */
  recheck(ids: readonly number[]): Promise<void>;
}

/** @throws OctoloadError USAGE where no run is known whose part the repair could be */
export function requireRun({ runs }: ValidationPlan): void {
  if (runs.length > 0) return;
  throw new OctoloadError(
    "USAGE",
    "a repair needs the run that loaded the target: name it with --run, or its folder's with --runs-dir",
  );
}

/**
 * Sends what is missing, different or derived-stale again, in a run of its own number, and looks at
 * it once more. Rows that a service wrote are left alone, and nothing is deleted.
 *
 * @throws OctoloadError as backfill()
 */
export async function repairRows(
  plan: ValidationPlan,
  options: ValidateOptions,
  findings: FindingsFile,
  hooks: RepairHooks,
): Promise<RepairResult> {
  const rows = findings.rowsOf(mendable);
  const [run] = plan.runs;
  if (rows.length === 0 || run === undefined) return { run: null, sent: 0, repaired: 0 };
  const selection: RowSelection = {
    ...emptySelection(),
    files: Uint32Array.from(rows, ({ file }) => file),
    rowids: BigInt64Array.from(rows, ({ rowid }) => rowid),
  };
  const request = { run: run.file, selection };
  const sent = await load(loadOptions(plan, run, options), { signal: hooks.signal }, request);
  const ids = rows.map(({ id }) => id);
  for (const id of ids) findings.dropFinding(id);
  await hooks.recheck(ids);
  const left = findings.countOf(ids);
  return { run: runOf(sent), sent: rows.length, repaired: rows.length - left };
}

function runOf({ runDir, report }: BackfillResult): NonNullable<RepairResult["run"]> {
  return { runId: report.runId, runDir, outcome: report.outcome };
}

/** The source is read as the validation has read it. */
function loadOptions(
  { source, settings }: ValidationPlan,
  run: KnownRun,
  { runsDir }: ValidateOptions,
): BackfillOptions {
  const { paths, name, table, columns, where, snapshotDir } = source;
  const { frame, levels, limit, coerceText, memoryBytes } = settings;
  return {
    sources: paths,
    // As the run names it: with its layout.
    to: [run.sinkUrl],
    ...{ frame: frame.toJSON(), levels, coerceText, memoryBytes, columns: columns ?? {} },
    addSource: run.file.addSource,
    // What is rejected now was rejected before.
    maxErrors: "100%",
    ...(name === undefined ? {} : { sourceName: name }),
    ...(table === undefined ? {} : { table }),
    ...(where === undefined ? {} : { where }),
    ...(limit === null ? {} : { limit }),
    ...(snapshotDir === undefined ? {} : { snapshotDir }),
    ...(runsDir === undefined ? {} : { runsDir }),
  };
}
