import type Database from "better-sqlite3";
import type { Frame } from "../../encoding/frame.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { Layout, TargetFacts } from "../sink.js";
import {
  columnSetEntries,
  type MetaEntry,
  parseMeta,
  sourceEntry,
  type TargetMeta,
  targetEntries,
} from "../target-meta.js";
import type { TopmostCells } from "../topmost-cells.js";
import { APPLICATION_ID, SCHEMA_VERSION, tableOf } from "./schema.js";

/**
 * Reads a target's meta table. undefined: an empty database, which may become a target.
 *
 * @throws OctoloadError TARGET_FOREIGN, TARGET_SCHEMA, TARGET_NOT_DATABASE (as SQLite's own error)
 */
export function readMeta(database: Database.Database, path: string): TargetMeta | undefined {
  const tables = database
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
    .pluck()
    .all();
  if (tables.length === 0) return undefined;
  requireOurs(database, path, tables);
  const meta = parseMeta(path, readEntries(database), SCHEMA_VERSION);
  if (!tables.includes(tableOf[meta.layout])) {
    throw new OctoloadError(
      "TARGET_SCHEMA",
      `${path}: the table ${tableOf[meta.layout]} is missing`,
    );
  }
  return meta;
}

/** Writes a new target's meta table; sources are recorded apart. */
export function writeMeta(database: Database.Database, layout: Layout, frame: Frame): void {
  putEntries(database, targetEntries(layout, frame, SCHEMA_VERSION));
}

/** Records the source of a load, in place of what an earlier load of the same name recorded. */
export function recordSource(
  database: Database.Database,
  known: Pick<TargetMeta, "sources">,
  facts: TargetFacts,
  topmost?: TopmostCells,
): void {
  putEntries(database, [sourceEntry(known, facts, topmost), ...columnSetEntries(facts)]);
}

function putEntries(database: Database.Database, entries: readonly MetaEntry[]): void {
  const statement = database.prepare("INSERT OR REPLACE INTO octoload_meta VALUES (?, ?)");
  for (const entry of entries) statement.run(...entry);
}

function readEntries(database: Database.Database): Map<string, string> {
  const rows = database
    .prepare<[], { key: string; value: string }>("SELECT key, value FROM octoload_meta")
    .all();
  return new Map(rows.map(({ key, value }) => [key, value]));
}

function requireOurs(database: Database.Database, path: string, tables: readonly string[]): void {
  const id = database.pragma("application_id", { simple: true });
  if (id === APPLICATION_ID && tables.includes("octoload_meta")) return;
  const some = tables.slice(0, 3).join(", ");
  throw new OctoloadError(
    "TARGET_FOREIGN",
    `${path} is a database of something else: it has ${some}`,
  );
}
