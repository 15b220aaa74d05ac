import type { Layout } from "../sink.js";

/** "octl": says whose the file is, to `file` and to us. */
export const APPLICATION_ID = 0x6f63746c;
export const SCHEMA_VERSION = 1;

/**
 * Measured with rows of 200 bytes appended in key order: larger pages split less often, and beyond
 * 16 KiB nothing is gained. The cache holds a batch: one that spills locks readers out early.
 */
const PAGE_BYTES = 16_384;
const CACHE_KIB = 32_768;

export const tableOf: Readonly<Record<Layout, string>> = {
  node: "octree_nodes",
  tile: "octree_tiles",
};

/** Columns of the primary key, in its order. */
export const keysOf: Readonly<Record<Layout, readonly string[]>> = {
  node: ["morton_code", "level"],
  tile: ["level", "tile", "cell"],
};

const values = [
  "material_id",
  "homogeneity",
  "children_mask",
  "compressed_data",
  "last_modified",
] as const;

/**
 * WITHOUT ROWID: rows lie in the order of their key, so that a sink's rows are appended and a
 * region is a range read.
 */
export function createTables(layout: Layout): string {
  const key = keysOf[layout];
  return `
    CREATE TABLE ${tableOf[layout]} (
      ${key.map((column) => `${column} INTEGER NOT NULL`).join(", ")},
      material_id INTEGER,
      homogeneity REAL NOT NULL,
      children_mask INTEGER NOT NULL,
      compressed_data BLOB NOT NULL,
      last_modified INTEGER NOT NULL,
      write_time INTEGER NOT NULL,
      deleted INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (${key.join(", ")})
    ) WITHOUT ROWID;
    CREATE TABLE octoload_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE octoload_state (
      scope TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
      changed_at INTEGER NOT NULL, changed_by TEXT NOT NULL,
      PRIMARY KEY (scope, key)
    ) WITHOUT ROWID;
    PRAGMA application_id = ${APPLICATION_ID};`;
}

/**
 * For octoload_put (native/sqlite/put.cpp): writes a batch so that the newest write time wins. At
 * equal times a row replaces itself, as when a batch is sent again, but does not undo a delete:
 * Cassandra prefers the delete too.
 */
export function putStatement(layout: Layout): string {
  const table = tableOf[layout];
  const columns = [...keysOf[layout], ...values];
  const updates = [...values, "write_time"].map((column) => `${column} = excluded.${column}`);
  return `INSERT INTO ${table} (${columns.join(", ")}, write_time)
    SELECT ${columns.join(", ")}, ?2 FROM octoload_rows(?1) WHERE true
    ON CONFLICT (${keysOf[layout].join(", ")}) DO UPDATE SET ${updates.join(", ")}, deleted = 0
    WHERE excluded.write_time > ${table}.write_time
      OR (excluded.write_time = ${table}.write_time AND ${table}.deleted = 0)`;
}

/** Takes effect only in a file without content. */
export const newFilePragmas = [`page_size = ${PAGE_BYTES}`];

/**
 * A batch is acknowledged when its commit has returned, and then a power cut does not lose it: FULL
 * syncs the journal before the target is touched, the target, and the journal's end.
 *
 * A rollback journal, because rows are appended: a new page is written once, where a write-ahead
 * log writes it twice and reads it back (a quarter more time, half of it the kernel's). Readers
 * wait for a commit's milliseconds, and a commit for readers; neither waits for a whole load.
 */
export const writerPragmas = [
  "journal_mode = TRUNCATE",
  "synchronous = FULL",
  `cache_size = -${CACHE_KIB}`,
];
