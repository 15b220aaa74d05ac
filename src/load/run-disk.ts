import { OctoloadError } from "../errors/octoload-error.js";

const fullCodes: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);

/** A failure of the system while a file of a run directory was written, in octoload's words. */
export function runDiskFailure(path: string, error: unknown): unknown {
  if (error instanceof OctoloadError || !(error instanceof Error) || !("code" in error)) {
    return error;
  }
  const code = fullCodes.has(error.code) ? "RUN_DISK_FULL" : "RUN_DISK_FAILED";
  return new OctoloadError(code, `${path}: ${error.message}`, { cause: error });
}
