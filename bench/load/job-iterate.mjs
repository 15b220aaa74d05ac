// The loop that a script would begin with: every row through better-sqlite3's
// iterate(), its code computed, rows counted.
//   node job-iterate.mjs SOURCE one|batch    codes one by one, or 8192 at a time
import Database from "better-sqlite3";
import { encode, encodePoint } from "../../dist/index.js";
import { printCost } from "./process-cost.mjs";

/** @typedef {{X: number, Y: number, Z: number, Level: number}} Row */

const BATCH = 8192;
const [source = "", way = "one"] = process.argv.slice(2);

/** @returns {IterableIterator<Row>} */
function openRows() {
  const database = new Database(source, { readonly: true });
  const rows = database.prepare("SELECT * FROM nodes").iterate();
  return /** @type {IterableIterator<Row>} */ (rows);
}

function encodeOneByOne() {
  let rows = 0;
  for (const { X, Y, Z, Level } of openRows()) {
    if (encodePoint(X, Y, Z, Level) >= 0n) rows += 1;
  }
  return { rows };
}

function encodeInBatches() {
  const x = new Float64Array(BATCH);
  const y = new Float64Array(BATCH);
  const z = new Float64Array(BATCH);
  const level = new Uint8Array(BATCH);
  let rows = 0;
  let filled = 0;
  const flush = () => {
    const end = filled;
    const batch = { x: x.subarray(0, end), y: y.subarray(0, end), z: z.subarray(0, end) };
    rows += encode(batch, level.subarray(0, end)).codes.length;
    filled = 0;
  };
  for (const row of openRows()) {
    x[filled] = row.X;
    y[filled] = row.Y;
    z[filled] = row.Z;
    level[filled] = row.Level;
    filled += 1;
    if (filled === BATCH) flush();
  }
  flush();
  return { rows };
}

await printCost(way === "one" ? encodeOneByOne : encodeInBatches);
