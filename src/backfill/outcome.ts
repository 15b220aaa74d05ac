import { OctoloadError } from "../errors/octoload-error.js";
import type { Outcome } from "../load/progress.js";
import { type ErrorCount, RunInterrupted } from "../load/run-context.js";

const exitCodes: Readonly<Record<Outcome, number>> = {
  done: 0,
  "dry-run": 0,
  rejected: 1,
  "max-errors": 2,
  interrupted: 4,
  failed: 5,
};

/** A dry run that would reject rows says so too. */
export function exitCodeOfOutcome(outcome: Outcome, rejected: number): number {
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

/** @throws OctoloadError MAX_ERRORS */
export function requireWithinErrors(errors: ErrorCount): void {
  if (!errors.isOver) return;
  throw new OctoloadError(
    "MAX_ERRORS",
    `${errors.rejected} rows were rejected, ${errors.allowed} are allowed`,
  );
}
