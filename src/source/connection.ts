import { closeSync, openSync, statSync } from "node:fs";
import Sqlite, { type Database } from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";
import { loadSqliteExtension } from "../sqlite/extension.js";
import { sourceError } from "./source-error.js";

/** Rows are read once, in order: a larger cache would only hold what is not needed again. */
const CACHE_KIB = 2048;

/**
 * Opens a source's file for reading only and looks into it.
 *
 * @param path a real path: SQLite names the files beside it after that
 * @param busyTimeoutMs how long any read waits for a writer's exclusive lock
 * @throws OctoloadError SOURCE_*
 */
export function openConnection(path: string, busyTimeoutMs: number): Database {
  requireContent(path);
  const database = openReadOnly(path, busyTimeoutMs);
  try {
    loadSqliteExtension(database);
    database.pragma(`cache_size=-${CACHE_KIB}`);
    requireUtf8(path, database);
    return database;
  } catch (error) {
    database.close();
    throw sourceError(path, error);
  }
}

function openReadOnly(path: string, busyTimeoutMs: number): Database {
  try {
    return new Sqlite(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  } catch (cause) {
    throw new OctoloadError(
      "SOURCE_READ_FAILED",
      `${JSON.stringify(path)}: ${reasonOf(path, cause)}`,
      {
        cause,
      },
    );
  }
}

/** The system's reason, which SQLite does not tell; opening the file to ask for it is no harm here. */
function reasonOf(path: string, cause: unknown): string {
  try {
    closeSync(openSync(path, "r"));
    return String(cause);
  } catch (error) {
    return String(error);
  }
}

/** SQLite takes a file of no bytes as a database without tables. */
function requireContent(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new OctoloadError("SOURCE_MISSING", `there is no file ${JSON.stringify(path)}`);
  }
  if (found.size === 0) {
    throw new OctoloadError("SOURCE_EMPTY", `${JSON.stringify(path)} has 0 bytes`);
  }
}

function requireUtf8(path: string, database: Database): void {
  const encoding = database.pragma("encoding", { simple: true });
  if (encoding === "UTF-8") return;
  throw new OctoloadError("SOURCE_UTF16", `${JSON.stringify(path)} is encoded ${String(encoding)}`);
}
