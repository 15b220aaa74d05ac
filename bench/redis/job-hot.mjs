// Which rows are hot: CPU a row, by the call that a load makes, a sink's batch at a time.
//   node job-hot.mjs '{"source", "expression", "repeats"}'      source: a generated GeoPackage
import Database from "better-sqlite3";
import { encodeTiles } from "../../dist/encoding/morton.js";
import { tileTokens } from "../../dist/encoding/token.js";
import { buildHotIndex } from "../../dist/hot/build-hot-index.js";
import { parseHotRegions } from "../../dist/hot/hot-regions.js";
import { makeSinkBatch } from "../../dist/sink/sink-batch.js";
import { BLOCK_ROWS } from "./hot-rows.mjs";

/**
 * @typedef {import("../../dist/sink/sink-batch.js").SinkBatch} SinkBatch
 * @typedef {{level: number, tile: bigint, cell: number}} Key
 */

/** @type {{source: string, expression: string, repeats: number}} */
const { source, expression, repeats } = JSON.parse(process.argv[2] ?? "{}");
const UNIFORM_ROWS = 500_000;
const CODE_STEP = 0x9e3779b97f4a7c15n;

/** The rows of a source by token: as far from neighbours following each other as can be. */
function earthKeys() {
  const database = new Database(source, { readonly: true });
  const table = database.prepare("SELECT table_name FROM gpkg_contents").pluck().get();
  const select = database.prepare(`SELECT X, Y, Z, Level FROM "${table}"`).raw();
  const rows = /** @type {number[][]} */ (select.all());
  database.close();
  const column = (/** @type {number} */ at) => Float64Array.from(rows, (row) => row[at] ?? 0);
  const levels = Uint8Array.from(column(3));
  const { tiles, cells } = encodeTiles({ x: column(0), y: column(1), z: column(2) }, levels);
  const tokens = tileTokens(levels, tiles);
  const order = [...rows.keys()].sort((a, b) => {
    const [one = 0n, other = 0n] = [tokens[a], tokens[b]];
    if (one !== other) return one < other ? -1 : 1;
    return a - b;
  });
  return order.map((at) => ({
    level: levels[at] ?? 0,
    tile: tiles[at] ?? 0n,
    cell: cells[at] ?? 0,
  }));
}

/**
 * Evenly over longitude, latitude and height.
 *
 * @param {number} level
 */
function uniformKeys(level) {
  return Array.from({ length: UNIFORM_ROWS }, (_, i) => {
    const code = BigInt.asUintN(3 * level, (BigInt(i) * CODE_STEP) >> 7n);
    return { level, tile: code >> 15n, cell: Number(code & 0x7fffn) };
  });
}

/**
 * @param {readonly Key[]} keys
 * @returns {SinkBatch[]}
 */
function blocksOf(keys) {
  return Array.from({ length: Math.ceil(keys.length / BLOCK_ROWS) }, (_, block) => {
    const some = keys.slice(block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS);
    const batch = makeSinkBatch(some.length, 0);
    for (const [i, { level, tile, cell }] of some.entries()) {
      batch.levels[i] = level;
      batch.tiles[i] = tile;
      batch.cells[i] = cell;
    }
    return batch;
  });
}

const beganMs = performance.now();
const index = await buildHotIndex(parseHotRegions(expression));
const buildMs = performance.now() - beganMs;

/**
 * @param {string} name
 * @param {readonly Key[]} keys
 */
async function measure(name, keys) {
  const blocks = blocksOf(keys);
  const priorities = new Uint8Array(BLOCK_ROWS);
  let hot = 0;
  const usPerRow = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    hot = 0;
    const before = process.cpuUsage();
    for (const block of blocks) {
      const totals = await index.classifyAsync(block, priorities.subarray(0, block.rows));
      hot += block.rows - (totals[0] ?? 0);
    }
    const { user, system } = process.cpuUsage(before);
    usPerRow.push((user + system) / keys.length);
  }
  return { name, rows: keys.length, hotShare: hot / keys.length, usPerRow };
}

const rows = [
  await measure("a generated Earth by token", earthKeys()),
  await measure("places everywhere, level 9", uniformKeys(9)),
  await measure("places everywhere, level 20", uniformKeys(20)),
];
console.log(JSON.stringify({ buildMs, indexMib: index.byteLength / 2 ** 20, rows }));
