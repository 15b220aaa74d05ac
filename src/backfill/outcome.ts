import { OctoloadError } from "../errors/octoload-error.js";
import { isUsageError } from "../errors/usage-codes.js";
import type { Outcome, RunEvent } from "../load/progress.js";
import { type ErrorCount, RunInterrupted } from "../load/run-context.js";
import type { SinkNotice } from "../sink/sink-notices.js";

const exitCodes: Readonly<Record<Outcome, number>> = {
  done: 0,
  "dry-run": 0,
  rejected: 1,
  "max-errors": 2,
  interrupted: 4,
  failed: 5,
};

/** Of a run that failed before it wrote anything, for a reason that another command line mends. */
const BAD_USAGE = 3;

/**
 * A dry run that would reject rows says so too.
 *
 * @param failure of a run that failed
 */
export function exitCodeOfOutcome(outcome: Outcome, rejected: number, failure?: unknown): number {
  if (outcome === "failed" && isUsageError(failure)) return BAD_USAGE;
  return outcome === "dry-run" && rejected > 0 ? exitCodes.rejected : exitCodes[outcome];
}

/** Of a run that was ended by an error. */
export function outcomeOfError(error: unknown): Outcome {
  if (error instanceof RunInterrupted) return "interrupted";
  const isOver = error instanceof OctoloadError && error.code === "MAX_ERRORS";
  return isOver ? "max-errors" : "failed";
}

export function asKnownError(error: unknown): OctoloadError {
  if (error instanceof OctoloadError) return error;
  return new OctoloadError("INTERNAL", error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}

/** Of a run that had begun to write: it does not end as one that was only used wrongly. */
export function lateError(error: unknown): unknown {
  return error instanceof OctoloadError ? error.late() : error;
}

export function eventOfNotice(notice: Exclude<SinkNotice, { kind: "limit" }>): RunEvent {
  const { message } = notice;
  if (notice.kind === "note") return { event: "note", message };
  return { event: "warning", code: notice.code, message };
}

/** @throws OctoloadError MAX_ERRORS */
export function requireWithinErrors(errors: ErrorCount): void {
  if (!errors.isOver) return;
  throw new OctoloadError(
    "MAX_ERRORS",
    `${errors.rejected} rows were rejected, ${errors.allowed} are allowed`,
  );
}
