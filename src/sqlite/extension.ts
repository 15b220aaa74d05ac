import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Database } from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";

/** From src/sqlite/ as from dist/sqlite/. */
const extensionUrl = new URL("../../build/Release/octoload_sqlite.node", import.meta.url);

/** Adds octoload's SQL functions (native/sqlite/functions.h) to a connection. */
export function loadSqliteExtension(database: Database): void {
  const path = fileURLToPath(extensionUrl);
  try {
    database.loadExtension(path);
  } catch (cause) {
    const reason = existsSync(path) ? String(cause) : "there is no such file";
    throw new OctoloadError("NATIVE_MISSING", `no SQLite extension at ${path}: ${reason}`, {
      cause,
    });
  }
}
