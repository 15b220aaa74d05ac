// The script that a user would write: rows from iterate(), codes computed in
// batches, one prepared INSERT a row into a table with the same key. It derives
// nothing, wraps nothing and keeps only some columns: less work than a backfill.
// Durability as the embedded sink's: WAL, synchronous FULL, 16384 rows a
// transaction.
//   node job-insert.mjs SOURCE TARGET
import Database from "better-sqlite3";
import { encode } from "../../dist/index.js";
import { printCost } from "./process-cost.mjs";

/** @typedef {{X: number, Y: number, Z: number, Level: number, MaterialId: number | null, Metadata: string, Created: string}} Row */

const BATCH = 16_384;
const [source = "", target = ""] = process.argv.slice(2);

function openTarget() {
  const database = new Database(target);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.pragma("cache_size = -32768");
  database.exec(
    "CREATE TABLE octree_nodes(morton_code INTEGER, level INTEGER, material_id INTEGER, homogeneity REAL, children_mask INTEGER, compressed_data BLOB, last_modified INTEGER, PRIMARY KEY(morton_code, level)) WITHOUT ROWID",
  );
  return database;
}

await printCost(() => {
  const database = openTarget();
  const insert = database.prepare("INSERT INTO octree_nodes VALUES (?, ?, ?, 1.0, 0, ?, ?)");
  const insertAll = database.transaction(
    (/** @type {readonly Row[]} */ rows, /** @type {BigUint64Array} */ codes) => {
      for (const [i, { Level, MaterialId, Metadata, Created }] of rows.entries()) {
        insert.run(codes[i], Level, MaterialId, Buffer.from(Metadata), Date.parse(Created));
      }
    },
  );
  let count = 0;
  /** @type {Row[]} */
  let rows = [];
  const flush = () => {
    const column = (/** @type {"X" | "Y" | "Z"} */ name) =>
      Float64Array.from(rows, (row) => row[name]);
    const points = { x: column("X"), y: column("Y"), z: column("Z") };
    const { codes } = encode(
      points,
      Uint8Array.from(rows, ({ Level }) => Level),
    );
    insertAll(rows, codes);
    count += rows.length;
    rows = [];
  };
  const reader = new Database(source, { readonly: true });
  for (const row of reader.prepare("SELECT * FROM nodes").iterate()) {
    rows.push(/** @type {Row} */ (row));
    if (rows.length === BATCH) flush();
  }
  flush();
  database.pragma("wal_checkpoint(TRUNCATE)");
  database.close();
  return { rows: count };
});
