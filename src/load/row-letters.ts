import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";
import { DEAD_LETTERS_FILE } from "./run-store-files.js";

/** Why a row, or one sink's copy of it, was rejected. */
export interface RowLetter {
  /** The sink's URL; "": all of them. */
  readonly sink: string;
  readonly stage: string;
  readonly code: string;
  readonly message: string;
  /** ISO time. */
  readonly at: string;
}

/**
 * The dead letters of one row of a source in a run, while that goes on or afterwards.
 *
 * @param file absolute
 * @throws OctoloadError RUN_DISK_FAILED
 */
export function lettersOfRow(runDir: string, file: string, rowid: bigint): RowLetter[] {
  const path = join(runDir, DEAD_LETTERS_FILE);
  // A run without this file has no dead letters.
  if (!existsSync(path)) return [];
  let database: Database.Database | undefined;
  try {
    database = new Database(path);
    database.pragma("query_only = 1");
    return database
      .prepare<[string, bigint], RowLetter>(
        `SELECT sink, stage, code, message, at FROM dead_letters
         WHERE file = ? AND source_rowid = ? ORDER BY sink`,
      )
      .all(file, rowid);
  } catch (cause) {
    throw new OctoloadError("RUN_DISK_FAILED", `${path} cannot be read: ${String(cause)}`, {
      cause,
    });
  } finally {
    database?.close();
  }
}
