// Point reads at fixed times, and how long each took.
//   node job-point-reads.mjs '{"source", "target", "host", "port", "way", "keys", "arrivals"}'
// way: cached, octoload's reader of what it has put into the cache before; hgetall, ioredis alone
// of the same; uncached, the reader of places that the cache has not seen, each once.
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { createCachedReader } from "../../dist/cache/cached-reader.js";
import { buildHotIndex } from "../../dist/hot/build-hot-index.js";
import { parseHotRegions } from "../../dist/hot/hot-regions.js";
import { openTarget } from "../../dist/target/open-target.js";
import { latenciesOf } from "../cassandra/latencies.mjs";
import { readPlaces } from "../cassandra/read-queries.mjs";
import { randomsFrom, runOpenLoop } from "./open-loop.mjs";

/**
 * @typedef {object} PointReads
 * @property {string} source
 * @property {string} target
 * @property {string} host
 * @property {number} port
 * @property {"cached" | "hgetall" | "uncached"} way
 * @property {number} keys of the source's rows, the first so many
 * @property {import("./open-loop.mjs").Arrivals} arrivals
 *
 * @typedef {Pick<import("../cassandra/read-queries.mjs").Place, "code" | "level">} Place
 * @typedef {(place: Place) => Promise<boolean>} Read resolves to whether it was as it should be
 */

/** @type {PointReads} */
const options = JSON.parse(process.argv[2] ?? "{}");
const { source, host, port, way, keys, arrivals } = options;
/** For the compiler, and the server's. */
const WARM_UP = 2000;
const AT_ONCE = 16;
const MAX_PASSES = 20;
const PAUSE_MS = 500;

/** @returns {{read: Read, close: () => unknown}} */
function openIoredis() {
  const redis = new Redis({ host, port });
  return {
    read: async ({ code, level }) => {
      const entry = await redis.hgetall(`octree:${level}:${code}`);
      return entry.homogeneity !== undefined;
    },
    close: () => redis.disconnect(),
  };
}

/** @param {"hit" | "miss"} expected */
async function openReader(expected) {
  const target = await openTarget(options.target);
  const hot = await buildHotIndex(parseHotRegions("level>=0"));
  const reader = await createCachedReader({ target, hot, cache: `redis://${host}:${port}` });
  return {
    read: async (/** @type {Place} */ { code, level }) => {
      const { row, cached } = await reader.getNode(code, level);
      return row !== null && cached === expected;
    },
    close: async () => {
      reader.close();
      await target.close();
    },
  };
}

/**
 * @param {Read} read
 * @param {readonly Place[]} some
 * @returns {Promise<number>} how many were as they should be
 */
async function readAll(read, some) {
  let asExpected = 0;
  for (let at = 0; at < some.length; at += AT_ONCE) {
    const answers = await Promise.all(some.slice(at, at + AT_ONCE).map(read));
    asExpected += answers.filter((answer) => answer).length;
  }
  return asExpected;
}

/**
 * Until the cache has all: on a busy machine some are not put there in time.
 *
 * @param {Read} read
 */
async function fillCache(read) {
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    if ((await readAll(read, places)) === places.length) return;
    // A reader that found the cache slow leaves it alone for a while.
    await sleep(PAUSE_MS);
  }
  throw new Error(`the cache did not have all ${places.length} entries after ${MAX_PASSES} passes`);
}

/**
 * Client CPU a read: at fixed times the event loop is never idle.
 *
 * @param {Read} read
 */
async function cpuOfReads(read) {
  const before = process.cpuUsage();
  await readAll(read, places);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / places.length;
}

const places = readPlaces(source, keys);
const { read, close } =
  way === "hgetall" ? openIoredis() : await openReader(way === "cached" ? "hit" : "miss");
const warmUp = Math.min(WARM_UP, places.length >> 1);
if (way === "cached") await fillCache(read);
await readAll(read, places.slice(0, warmUp));
const cpuUs = way === "uncached" ? null : await cpuOfReads(read);
const random = randomsFrom(arrivals.seed + 1);
let asExpected = 0;
const times = await runOpenLoop(arrivals, async (index) => {
  // Uncached: none of them twice.
  const place = way === "uncached" ? warmUp + index : Math.floor(random() * places.length);
  if (await read(places[place] ?? { code: 0n, level: 0 })) asExpected += 1;
});
await close();
console.log(JSON.stringify({ ...latenciesOf(times, asExpected), cpuUs }));
