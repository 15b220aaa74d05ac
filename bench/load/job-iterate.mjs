// The loop that a script would begin with: every row through better-sqlite3's
// iterate(), its code computed (in batches, the fastest way), rows counted.
//   node job-iterate.mjs SOURCE
import Database from "better-sqlite3";
import { encode } from "../../dist/index.js";
import { printCost } from "./process-cost.mjs";

/** @typedef {{X: number, Y: number, Z: number, Level: number}} Row */

const BATCH = 8192;
const [source = ""] = process.argv.slice(2);

await printCost(() => {
  const database = new Database(source, { readonly: true });
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
  for (const found of database.prepare("SELECT * FROM nodes").iterate()) {
    const row = /** @type {Row} */ (found);
    x[filled] = row.X;
    y[filled] = row.Y;
    z[filled] = row.Z;
    level[filled] = row.Level;
    filled += 1;
    if (filled === BATCH) flush();
  }
  flush();
  return { rows };
});
