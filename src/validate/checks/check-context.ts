import { OctoloadError } from "../../errors/octoload-error.js";
import type { Source } from "../../source/source.js";
import type { RowReader, StoredCell } from "../../target/row-reader.js";
import type { CellKey } from "../../target/stored-rows.js";
import type { Target } from "../../target/target.js";
import type { OtherSources } from "../excused-extras.js";
import { cellName, type FindingsFile } from "../findings-file.js";
import type { ProgressMeter } from "../progress-meter.js";
import { interrupted } from "../source-side.js";
import type { ValidateOptions } from "../validate-options.js";
import type { ValidationPlan } from "../validation-plan.js";
import type { CheckDraft } from "./check-draft.js";

/** Reads of a target at a time. */
export const READS_AT_ONCE = 32;

/** What every check works with. */
export interface CheckContext {
  readonly plan: ValidationPlan;
  readonly options: ValidateOptions;
  readonly target: Target;
  readonly rows: RowReader;
  readonly source: Source;
  readonly others: OtherSources;
  /** The validation's own, with what was found before. */
  readonly findings: FindingsFile;
  readonly meter: ProgressMeter;
  readonly signal: AbortSignal;
}

/** What a target's row is; `unread`: that could not be read, and is noted in the draft. */
export type ReadCell =
  | { readonly kind: "there"; readonly cell: StoredCell }
  | { readonly kind: "absent" }
  | { readonly kind: "unread" };

/** @throws CheckBrokenOff after too many failures; OctoloadError VALIDATION_INTERRUPTED */
export async function readCell(
  { rows, signal }: CheckContext,
  draft: CheckDraft,
  key: CellKey,
): Promise<ReadCell> {
  if (signal.aborted) throw interrupted();
  try {
    const cell = await rows.cell(key);
    return cell === undefined ? { kind: "absent" } : { kind: "there", cell };
  } catch (error) {
    if (!isOfTarget(error)) throw error;
    const { level, code } = cellName(key);
    draft.addUnread(`code ${code} of level ${level}`, error);
    return { kind: "unread" };
  }
}

export function isOfTarget(error: unknown): error is OctoloadError {
  return error instanceof OctoloadError && /^(CASSANDRA|TARGET)_/.test(error.code);
}
