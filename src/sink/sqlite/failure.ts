import Database from "better-sqlite3";
import type { ErrorCode } from "../../errors/codes.js";
import { OctoloadError } from "../../errors/octoload-error.js";

/** By the beginning of SQLite's code: its extended codes carry on where the plain ones end. */
const codesOfFailures: readonly (readonly [string, ErrorCode])[] = [
  ["SQLITE_FULL", "TARGET_FULL"],
  // The write-ahead log's index could not grow.
  ["SQLITE_IOERR_SHMSIZE", "TARGET_FULL"],
  ["SQLITE_BUSY", "TARGET_LOCKED"],
  ["SQLITE_LOCKED", "TARGET_LOCKED"],
  ["SQLITE_NOTADB", "TARGET_NOT_DATABASE"],
];

/** What a row alone can cause: constraints, triggers and what those call. */
const codesOfRowFaults = /^SQLITE_(CONSTRAINT|MISMATCH|RANGE|TOOBIG|ERROR)/;

/** Puts a failure of SQLite into octoload's words; any other error is returned as it is. */
export function targetFailure(path: string, error: unknown): unknown {
  if (isMissingFolder(error)) {
    return new OctoloadError("TARGET_FAILED", `${path}: its folder does not exist`, {
      cause: error,
    });
  }
  if (!(error instanceof Database.SqliteError)) return error;
  const code = codesOfFailures.find(([sqlite]) => error.code.startsWith(sqlite))?.[1];
  return new OctoloadError(code ?? "TARGET_FAILED", describe(path, error), { cause: error });
}

/** As targetFailure(), for writing a batch: what was a target when it was opened is damaged now. */
export function batchFailure(path: string, error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return targetFailure(path, error);
  const isRowFault = codesOfRowFaults.test(error.code);
  if (!isRowFault && error.code !== "SQLITE_NOTADB") return targetFailure(path, error);
  const code = isRowFault ? "SINK_BATCH_FAILED" : "TARGET_FAILED";
  return new OctoloadError(code, describe(path, error), { cause: error });
}

/** better-sqlite3 looks for the folder itself. */
function isMissingFolder(error: unknown): boolean {
  return error instanceof TypeError && /directory does not exist/.test(error.message);
}

function describe(path: string, { code, message }: { code: string; message: string }): string {
  return `${path}: ${message} (${code})`;
}
