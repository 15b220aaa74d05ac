import type Database from "better-sqlite3";
import { Frame, type FrameSpec } from "../../encoding/frame.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { ColumnNames, ColumnSet, Layout, TargetFacts } from "../sink.js";
import { APPLICATION_ID, ENVELOPE_VERSION, SCHEMA_VERSION, tableOf } from "./schema.js";

/** What a target records of one of its sources. */
export interface RecordedSource {
  readonly name: string;
  readonly fingerprint: string;
  readonly table: string;
  readonly columnNames: ColumnNames;
  /** All columns of the table as the source orders them; empty: not known. */
  readonly columnOrder: readonly string[];
  /** Numbers of its column sets, those of earlier loads included. */
  readonly columnSets: readonly number[];
}

/** What a target records of itself. */
export interface TargetMeta {
  readonly layout: Layout;
  readonly frame: Frame;
  /** In the order they were added. */
  readonly sources: readonly RecordedSource[];
  /** All that envelopes of the target may name. */
  readonly columnSets: readonly ColumnSet[];
}

const SOURCE_KEY = "source:";
const COLUMN_SET_KEY = "column_set:";

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
  const entries = readEntries(database);
  requireVersion(path, "schema", entries.get("schema_version"), SCHEMA_VERSION);
  requireVersion(path, "envelope", entries.get("envelope_version"), ENVELOPE_VERSION);
  const layout = entries.get("layout");
  const frame = entries.get("frame");
  if ((layout !== "node" && layout !== "tile") || frame === undefined) {
    throw new OctoloadError("TARGET_SCHEMA", `${path}: octoload_meta is incomplete`);
  }
  if (!tables.includes(tableOf[layout])) {
    throw new OctoloadError("TARGET_SCHEMA", `${path}: the table ${tableOf[layout]} is missing`);
  }
  return {
    layout,
    frame: new Frame(JSON.parse(frame) as FrameSpec),
    sources: valuesOf<StoredSource>(entries, SOURCE_KEY)
      .sort((a, b) => a.added - b.added)
      .map(({ added: _, ...source }) => source),
    columnSets: valuesOf<ColumnSet>(entries, COLUMN_SET_KEY).sort((a, b) => a.number - b.number),
  };
}

/** Writes a new target's meta table; sources are recorded apart. */
export function writeMeta(database: Database.Database, layout: Layout, frame: Frame): void {
  const put = putter(database);
  put("schema_version", String(SCHEMA_VERSION));
  put("envelope_version", String(ENVELOPE_VERSION));
  put("layout", layout);
  put("frame", JSON.stringify(frame));
}

interface StoredSource extends RecordedSource {
  /** How many sources were there before. */
  readonly added: number;
}

/** Records the source of a load, in place of what an earlier load of the same name recorded. */
export function recordSource(
  database: Database.Database,
  known: Pick<TargetMeta, "sources">,
  facts: TargetFacts,
): void {
  const put = putter(database);
  const index = known.sources.findIndex(({ name }) => name === facts.sourceName);
  const numbers = facts.columnSets.map(({ number }) => number);
  const source: StoredSource = {
    name: facts.sourceName,
    fingerprint: facts.sourceFingerprint,
    table: facts.table,
    columnNames: facts.columnNames,
    columnOrder: facts.columnOrder ?? [],
    columnSets: [...new Set([...(known.sources[index]?.columnSets ?? []), ...numbers])],
    added: index === -1 ? known.sources.length : index,
  };
  put(`${SOURCE_KEY}${source.name}`, JSON.stringify(source));
  for (const set of facts.columnSets) put(`${COLUMN_SET_KEY}${set.number}`, JSON.stringify(set));
}

function putter(database: Database.Database): (key: string, value: string) => void {
  const statement = database.prepare("INSERT OR REPLACE INTO octoload_meta VALUES (?, ?)");
  return (key, value) => {
    statement.run(key, value);
  };
}

function readEntries(database: Database.Database): Map<string, string> {
  const rows = database
    .prepare<[], { key: string; value: string }>("SELECT key, value FROM octoload_meta")
    .all();
  return new Map(rows.map(({ key, value }) => [key, value]));
}

function valuesOf<T>(entries: ReadonlyMap<string, string>, prefix: string): T[] {
  return [...entries]
    .filter(([key]) => key.startsWith(prefix))
    .map(([, value]) => JSON.parse(value) as T);
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

function requireVersion(path: string, what: string, got: string | undefined, ours: number): void {
  if (got === String(ours)) return;
  throw new OctoloadError(
    "TARGET_SCHEMA",
    `${path} has ${what} version ${got ?? "(none)"}, but this octoload knows ${ours}`,
  );
}
