import { statSync } from "node:fs";
import Sqlite, { type Database } from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";
import { quoteName } from "../source/quote.js";
import { copyDatabase } from "../source/snapshot.js";
import { digestFile } from "./disk-files.js";
import type { BackupHooks } from "./hooks.js";
import type { BackupFile, TableRows } from "./manifest.js";

/** A database that is copied into a backup. */
export interface CopiedDatabase {
  readonly file: BackupFile;
  readonly tables: readonly TableRows[];
}

/** Bytes that a copy will take about: what the write-ahead log holds comes on top. */
export function copyBytes(path: string): number {
  return sizeOf(path) + sizeOf(`${path}-wal`);
}

/**
 * Copies a database as it is at one moment, then reads the copy back from the disk.
 *
 * @param from open for reading
 * @param to path of the copy, `name` in the backup's folder
 * @throws OctoloadError SNAPSHOT_FAILED, SOURCE_LOCKED
 */
export async function copyIntoBackup(
  path: string,
  from: Database,
  { to, name }: { readonly to: string; readonly name: string },
  { signal, onProgress }: BackupHooks,
): Promise<CopiedDatabase> {
  await copyDatabase(path, from, to, (pages, ofPages) => {
    signal?.throwIfAborted();
    onProgress?.({ step: "copy", share: ofPages === 0 ? 1 : pages / ofPages });
  });
  const tables = countTables(to);
  const { size } = statSync(to);
  let read = 0;
  const digest = await digestFile(to, (bytes) => {
    signal?.throwIfAborted();
    read += bytes;
    onProgress?.({ step: "check", share: read / size });
  });
  return { file: { name, ...digest }, tables };
}

/** Rows of each table, by name. @throws OctoloadError BACKUP_DAMAGED where it is no database */
export function countTables(path: string): TableRows[] {
  let database: Database | undefined;
  try {
    database = new Sqlite(path, { readonly: true, fileMustExist: true });
    return tablesOf(database).map((name) => ({ name, rows: countRows(database, name) }));
  } catch (cause) {
    throw new OctoloadError("BACKUP_DAMAGED", `${path} cannot be read: ${String(cause)}`, {
      cause,
    });
  } finally {
    database?.close();
  }
}

/** Virtual tables are left out: their rows lie in others, and their module may not be here. */
function tablesOf(database: Database): string[] {
  return database
    .prepare<[], string>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0
       AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
    )
    .pluck()
    .all();
}

function countRows(database: Database | undefined, table: string): number {
  const count = database?.prepare<[], number>(`SELECT count(*) FROM ${quoteName(table)}`);
  return count?.pluck().get() ?? 0;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
