import Database from "better-sqlite3";

/** Longer than any commit of a load. */
const WAIT_MS = 10_000;

/**
 * Opens a target to read it. A writer that was killed may have left a journal: then the target is
 * opened for writing once, which takes the unfinished commit back.
 *
 * @throws SqliteError, to be told by targetFailure()
 */
export function openExisting(path: string): Database.Database {
  const database = openReadOnly(path);
  if (database !== undefined) return database;
  const writable = new Database(path, { fileMustExist: true, timeout: WAIT_MS });
  try {
    touch(writable);
  } finally {
    writable.close();
  }
  return new Database(path, { readonly: true, timeout: WAIT_MS });
}

/** undefined: a journal has to be rolled back, which takes a connection that may write. */
function openReadOnly(path: string): Database.Database | undefined {
  const database = new Database(path, { readonly: true, timeout: WAIT_MS });
  try {
    touch(database);
    return database;
  } catch (error) {
    database.close();
    const isLeft = error instanceof Database.SqliteError && leftOver.has(error.code);
    if (isLeft) return undefined;
    throw error;
  }
}

const leftOver: ReadonlySet<string> = new Set([
  "SQLITE_READONLY_ROLLBACK",
  "SQLITE_READONLY_RECOVERY",
]);

/** The first read is what looks at the journal. */
function touch(database: Database.Database): void {
  database.pragma("schema_version");
}
