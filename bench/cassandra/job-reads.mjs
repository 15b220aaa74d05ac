// Point, nearest and box queries, one after another, and how long each took.
//   node job-reads.mjs '{"source", "target" | "indexed", "count"}'
// target: URL of an octoload target; indexed: a copy of the source with an index.
import Database from "better-sqlite3";
import { openTarget } from "../../dist/target/open-target.js";
import { latenciesOf } from "./latencies.mjs";
import { BOX_LEVELS, cellBounds, NEAREST_LEVEL, readPlaces } from "./read-queries.mjs";

/**
 * @typedef {import("./read-queries.mjs").Place} Place
 * @typedef {(place: Place) => number | Promise<number>} Query number of rows found
 *
 * @typedef {object} Store
 * @property {Record<"point" | "nearest" | "box", Query>} queries
 * @property {() => unknown} close
 *
 * @typedef {import("./latencies.mjs").Latencies} Latencies
 */

const WARM_UP = 500;
/** @type {{source: string, target?: string, indexed?: string, count: number}} */
const { source, target, indexed, count } = JSON.parse(process.argv[2] ?? "{}");

/**
 * @param {string} url
 * @returns {Promise<Store>}
 */
async function openOctoload(url) {
  const opened = await openTarget(url);
  const box = async (/** @type {Place} */ place) => {
    let rows = 0;
    for await (const row of opened.getBox(place.box, { levels: BOX_LEVELS })) {
      if (row !== undefined) rows += 1;
    }
    return rows;
  };
  return {
    queries: {
      point: async ({ code, level }) => ((await opened.getCell(code, level)) === undefined ? 0 : 1),
      nearest: async ({ point }) =>
        (await opened.getNearest(...point, NEAREST_LEVEL)) === undefined ? 0 : 1,
      box,
    },
    close: () => opened.close(),
  };
}

/**
 * The prepared statements of a program that has the source and an index on level and position.
 *
 * @param {string} path
 * @returns {Store}
 */
function openSource(path) {
  const database = new Database(path, { readonly: true });
  const select = database.prepare(
    "SELECT * FROM nodes WHERE Level = ? AND X >= ? AND X < ? AND Y >= ? AND Y < ? AND Z >= ? AND Z < ?",
  );
  const find = (/** @type {Place["box"]} */ box, /** @type {number} */ level) => {
    const [low, high] = cellBounds(box, level);
    return select.all(level, low[0], high[0], low[1], high[1], low[2], high[2]).length;
  };
  const pointBox = (/** @type {Place} */ { point }) => ({ min: point, max: point });
  return {
    queries: {
      point: (place) => find(pointBox(place), place.level),
      nearest: (place) => {
        for (let level = NEAREST_LEVEL; level >= 0; level -= 1) {
          const rows = find(pointBox(place), level);
          if (rows > 0) return rows;
        }
        return 0;
      },
      box: ({ box }) => {
        let rows = 0;
        for (let level = BOX_LEVELS[0]; level <= BOX_LEVELS[1]; level += 1)
          rows += find(box, level);
        return rows;
      },
    },
    close: () => database.close(),
  };
}

/**
 * @param {Query} query
 * @param {readonly Place[]} places
 * @returns {Promise<Latencies>}
 */
async function measure(query, places) {
  for (const place of places.slice(0, WARM_UP)) await query(place);
  const times = new Float64Array(places.length);
  let rows = 0;
  for (const [i, place] of places.entries()) {
    const startMs = performance.now();
    rows += await query(place);
    times[i] = performance.now() - startMs;
  }
  return latenciesOf(times, rows);
}

const places = readPlaces(source, count);
const store = target === undefined ? openSource(indexed ?? "") : await openOctoload(target);
/** @type {Record<string, Latencies>} */
const latencies = {};
for (const [name, query] of Object.entries(store.queries)) {
  latencies[name] = await measure(query, places);
}
await store.close();
console.log(JSON.stringify(latencies));
