// What all loaders load, made by octoload itself: the rows of an embedded target
// as blocks in the order of either layout's tokens, and as CSV.
//   node job-rows.mjs SOURCE FOLDER

import { once } from "node:events";
import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { backfill } from "../../dist/backfill/backfill.js";
import { tileTokens, tokens } from "../../dist/encoding/token.js";
import { makeSinkBatch } from "../../dist/sink/sink-batch.js";
import { codeOf, envelopeOf, signedMaskOf, writeRows } from "./rows-file.mjs";

/**
 * @typedef {import("./rows-file.mjs").Layout} Layout
 * @typedef {import("./rows-file.mjs").SinkBatch} SinkBatch
 * @typedef {[bigint, bigint, bigint | null, number, bigint, Buffer, bigint]} StoredRow
 */

const [source = "", folder = ""] = process.argv.slice(2);
const SELECT =
  "SELECT morton_code, level, material_id, homogeneity, children_mask, compressed_data, last_modified FROM octree_nodes WHERE deleted = 0";
const VALUE_NAMES = "material_id,homogeneity,children_mask,compressed_data,last_modified";
const CHUNK_ROWS = 4096;

async function loadEmbedded() {
  const path = join(folder, "embedded.octree");
  const { report } = await backfill({
    sources: [source],
    to: [`sqlite:${path}`],
    runDir: join(folder, "run"),
  });
  if (report.outcome !== "done") throw new Error(`the embedded load ended: ${report.outcome}`);
  return path;
}

/**
 * @param {string} path
 * @returns {SinkBatch}
 */
function readEmbedded(path) {
  const database = new Database(path, { readonly: true });
  const { count, size } = /** @type {{count: number, size: number}} */ (
    database
      .prepare(
        "SELECT count(*) AS count, sum(length(compressed_data)) AS size FROM octree_nodes WHERE deleted = 0",
      )
      .get()
  );
  const batch = makeSinkBatch(count, size);
  const select = database.prepare(SELECT).safeIntegers().raw();
  let row = 0;
  for (const stored of select.iterate()) putRow(batch, row++, /** @type {StoredRow} */ (stored));
  database.close();
  return batch;
}

/**
 * @param {SinkBatch} batch
 * @param {number} row
 * @param {StoredRow} stored
 */
function putRow(batch, row, [code, level, material, homogeneity, mask, envelope, lastModified]) {
  batch.tiles[row] = code >> 15n;
  batch.cells[row] = Number(code & 0x7fffn);
  batch.levels[row] = Number(level);
  batch.materials[row] = Number(material ?? 0n);
  batch.noMaterials[row] = material === null ? 1 : 0;
  batch.homogeneities[row] = homogeneity;
  batch.masks[row] = Number(mask) & 0xff;
  batch.lastModified[row] = lastModified;
  const at = batch.offsets[row] ?? 0;
  batch.bytes.set(envelope, at);
  batch.offsets[row + 1] = at + envelope.length;
}

/**
 * @param {SinkBatch} batch
 * @param {Layout} layout
 * @returns {SinkBatch}
 */
function inTokenOrder(batch, layout) {
  const tokenOf =
    layout === "tile"
      ? tileTokens(batch.levels, batch.tiles)
      : tokens(BigUint64Array.from({ length: batch.rows }, (_, row) => codeOf(batch, row)));
  const order = Uint32Array.from({ length: batch.rows }, (_, row) => row);
  // Rows of a token come in the order of their key: the sort is stable, the embedded table's key is (code, level).
  order.sort((a, b) => {
    const [one = 0n, other = 0n] = [tokenOf[a], tokenOf[b]];
    if (one !== other) return one < other ? -1 : 1;
    return a - b;
  });
  return reordered(batch, order);
}

/**
 * @param {SinkBatch} batch
 * @param {Uint32Array} order
 */
function reordered(batch, order) {
  const sorted = makeSinkBatch(batch.rows, batch.bytes.length);
  for (const [row, from] of order.entries()) {
    sorted.tiles[row] = batch.tiles[from] ?? 0n;
    sorted.cells[row] = batch.cells[from] ?? 0;
    sorted.levels[row] = batch.levels[from] ?? 0;
    sorted.materials[row] = batch.materials[from] ?? 0;
    sorted.noMaterials[row] = batch.noMaterials[from] ?? 0;
    sorted.homogeneities[row] = batch.homogeneities[from] ?? 0;
    sorted.masks[row] = batch.masks[from] ?? 0;
    sorted.lastModified[row] = batch.lastModified[from] ?? 0n;
    const envelope = envelopeOf(batch, from);
    const at = sorted.offsets[row] ?? 0;
    sorted.bytes.set(envelope, at);
    sorted.offsets[row + 1] = at + envelope.length;
  }
  return sorted;
}

/**
 * @param {SinkBatch} batch
 * @param {Layout} layout
 */
async function writeCsv(batch, layout) {
  const keyNames = layout === "node" ? "morton_code,level" : "level,tile,cell";
  const header = `${keyNames},${VALUE_NAMES}\n`;
  writeFileSync(join(folder, `${layout}-one.csv`), header + csvLine(batch, layout, 0));
  const file = createWriteStream(join(folder, `${layout}.csv`));
  file.write(header);
  for (let begin = 0; begin < batch.rows; begin += CHUNK_ROWS) {
    let text = "";
    const end = Math.min(begin + CHUNK_ROWS, batch.rows);
    for (let row = begin; row < end; row += 1) text += csvLine(batch, layout, row);
    if (!file.write(text)) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
}

/**
 * @param {SinkBatch} batch
 * @param {Layout} layout
 * @param {number} row
 */
function csvLine(batch, layout, row) {
  const { levels, tiles, cells, materials, noMaterials, homogeneities, lastModified } = batch;
  const key =
    layout === "node"
      ? `${codeOf(batch, row)},${levels[row]}`
      : `${levels[row]},${tiles[row]},${cells[row]}`;
  const material = noMaterials[row] === 1 ? "" : materials[row];
  const envelope = envelopeOf(batch, row).toString("hex");
  return `${key},${material},${floatText(homogeneities[row] ?? 0)},${signedMaskOf(batch, row)},0x${envelope},${lastModified[row]}\n`;
}

/** @type {Map<number, string>} */
const floatTexts = new Map();

/**
 * The shortest text that is read back as this float32: DSBulk takes no other.
 *
 * @param {number} value
 */
function floatText(value) {
  const known = floatTexts.get(value);
  if (known !== undefined) return known;
  let digits = 1;
  while (Math.fround(Number(value.toPrecision(digits))) !== value) digits += 1;
  const text = String(Number(value.toPrecision(digits)));
  floatTexts.set(value, text);
  return text;
}

const embedded = readEmbedded(await loadEmbedded());
for (const layout of /** @type {const} */ (["node", "tile"])) {
  const sorted = inTokenOrder(embedded, layout);
  writeRows(join(folder, `${layout}.rows`), sorted);
  await writeCsv(sorted, layout);
}
const tiles = new Set(
  Array.from(embedded.tiles, (tile, row) => (tile << 5n) | BigInt(embedded.levels[row] ?? 0)),
);
const { rows } = embedded;
console.log(
  JSON.stringify({
    rows,
    envelopeBytes: embedded.bytes.length / rows,
    rowsOfTile: rows / tiles.size,
  }),
);
