import { existsSync, statSync } from "node:fs";
import Sqlite from "better-sqlite3";
import type { ErrorCode } from "../errors/codes.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** What SQLite said about a source's file after it was opened, as an error with a code of ours. */
export function sourceError(path: string, error: unknown): OctoloadError {
  if (error instanceof OctoloadError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const code = error instanceof Sqlite.SqliteError ? codeOf(error.code) : "SOURCE_READ_FAILED";
  return new OctoloadError(code, `${JSON.stringify(path)}: ${faultOf(path, code, reason)}`, {
    cause: error,
  });
}

/** @param sqliteCode an extended code's name */
function codeOf(sqliteCode: string): ErrorCode {
  if (sqliteCode === "SQLITE_NOTADB") return "SOURCE_NOT_DATABASE";
  if (sqliteCode.startsWith("SQLITE_CORRUPT")) return "SOURCE_DAMAGED";
  if (/^SQLITE_(BUSY|LOCKED)/.test(sqliteCode)) return "SOURCE_LOCKED";
  // The database itself is open: what cannot be opened or written is a file beside it.
  const isBesideIt = /^SQLITE_(READONLY|CANTOPEN|IOERR_SHM)/.test(sqliteCode);
  return isBesideIt ? "SOURCE_NEEDS_WRITE" : "SOURCE_READ_FAILED";
}

function faultOf(path: string, code: ErrorCode, reason: string): string {
  switch (code) {
    case "SOURCE_NOT_DATABASE":
      return "no SQLite database, or an encrypted one";
    case "SOURCE_DAMAGED":
      return `${reason} (the file has ${sizeOf(path)} bytes)`;
    case "SOURCE_NEEDS_WRITE":
      return `SQLite must write beside it to read it: ${needOf(path)} (${reason})`;
    default:
      return reason;
  }
}

function needOf(path: string): string {
  return existsSync(`${path}-journal`)
    ? "a write that was interrupted has to be rolled back first"
    : "it is in WAL mode, which needs its -shm file";
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
