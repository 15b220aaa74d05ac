import type { ErrorCode } from "../errors/codes.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** An error as structured clone can carry it: an OctoloadError would arrive without its code. */
export type Failure =
  | {
      readonly kind: "octoload";
      readonly code: ErrorCode;
      readonly fault: string;
      readonly remedy: string;
    }
  | { readonly kind: "other"; readonly message: string; readonly stack: string | undefined };

export function packFailure(error: unknown): Failure {
  if (error instanceof OctoloadError) {
    return { kind: "octoload", code: error.code, fault: error.fault, remedy: error.remedy };
  }
  const known = error instanceof Error ? error : new Error(String(error));
  return { kind: "other", message: known.message, stack: known.stack };
}

export function restoreFailure(failure: Failure): Error {
  if (failure.kind === "octoload") {
    return new OctoloadError(failure.code, failure.fault, { remedy: failure.remedy });
  }
  const error = new Error(failure.message);
  if (failure.stack !== undefined) error.stack = failure.stack;
  return error;
}
