// Writes what hot_bench.cpp reads: an expression's definition, and the keys of a source's rows in
// the order of their tokens, which is as far from neighbours following each other as can be.
// Prints what it costs to do the same in JavaScript, looking at every coast and city a row.
//
//   node bench/native/hot-data.mjs EXPRESSION SOURCE.gpkg OUT.bin      needs the built package
import { writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { encodeTiles } from "../../dist/encoding/morton.js";
import { tileTokens } from "../../dist/encoding/token.js";
import { readHotData } from "../../dist/hot/hot-data.js";
import { parseHotRegions } from "../../dist/hot/hot-regions.js";

const RADIUS_KM = 6371.0088;
const NAIVE_ROWS = 200;

const [expression = "", source = "", out = ""] = process.argv.slice(2);
const { predicates } = parseHotRegions(expression);
const before = performance.now();
const data = readHotData(predicates);
console.log(`reading coasts and cities: ${Math.round(performance.now() - before)} ms`);
const keys = readKeys(source);
writeFileSync(out, Buffer.concat([...sections(data), ...sections(keys)]));
console.log(`${keys.levels.length} rows`);
measureNaive();

/** @param {string} path */
function readKeys(path) {
  const database = new Database(path, { readonly: true });
  const table = database.prepare("SELECT table_name FROM gpkg_contents").pluck().get();
  const select = database.prepare(`SELECT X, Y, Z, Level FROM "${table}"`).raw();
  const rows = /** @type {number[][]} */ (select.all());
  const column = (/** @type {number} */ i) => Float64Array.from(rows, (row) => row[i] ?? 0);
  const levels = Uint8Array.from(rows, (row) => row[3] ?? 0);
  const points = { x: column(0), y: column(1), z: column(2) };
  const { tiles, cells } = encodeTiles(points, levels);
  const tokens = tileTokens(levels, tiles);
  const order = Array.from(rows.keys()).sort(
    (a, b) => Number((tokens[a] ?? 0n) - (tokens[b] ?? 0n)) || a - b,
  );
  return {
    tiles: BigUint64Array.from(order, (i) => tiles[i] ?? 0n),
    cells: Uint16Array.from(order, (i) => cells[i] ?? 0),
    levels: Uint8Array.from(order, (i) => levels[i] ?? 0),
  };
}

/**
 * Each array as its length in bytes, eight of them, and its bytes.
 *
 * @param {object} arrays
 */
function sections(arrays) {
  return Object.values(arrays).flatMap((array) => {
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(array.byteLength));
    return [head, Buffer.from(array.buffer, array.byteOffset, array.byteLength)];
  });
}

function measureNaive() {
  const points = Array.from({ length: NAIVE_ROWS }, (_, i) => {
    return [((i * 137.508) % 360) - 180, ((i * 71.37) % 180) - 90];
  });
  const started = performance.now();
  let hot = 0;
  for (const [lon = 0, lat = 0] of points) {
    const coast = leastKm(data.coast, lon, lat);
    const city = leastKm(data.cities, lon, lat);
    if (coast <= 10 || city <= 5) hot += 1;
  }
  const ns = ((performance.now() - started) * 1e6) / NAIVE_ROWS;
  console.log(
    `JavaScript, every point of a coast and every city: ${Math.round(ns)} ns a row (${hot} hot)`,
  );
}

/** Haversine to each point. @param {Float64Array} degrees @param {number} lon @param {number} lat */
function leastKm(degrees, lon, lat) {
  const radians = Math.PI / 180;
  const cosLat = Math.cos(lat * radians);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < degrees.length; i += 2) {
    const east = Math.sin((((degrees[i] ?? 0) - lon) * radians) / 2);
    const otherLat = degrees[i + 1] ?? 0;
    const north = Math.sin(((otherLat - lat) * radians) / 2);
    const h = north * north + cosLat * Math.cos(otherLat * radians) * east * east;
    least = Math.min(least, h);
  }
  return 2 * RADIUS_KM * Math.asin(Math.sqrt(least));
}
