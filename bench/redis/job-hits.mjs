// How often the cache has what is asked for, over a trace, beginning with an empty cache.
//   node job-hits.mjs '{"source", "target", "host", "port", "trace", "held"}'
// held: how many keys the cache has room for. Without a trace: reads the first `held` keys.
import { createCachedReader } from "../../dist/cache/cached-reader.js";
import { buildHotIndex } from "../../dist/hot/build-hot-index.js";
import { parseHotRegions } from "../../dist/hot/hot-regions.js";
import { openTarget } from "../../dist/target/open-target.js";
import { readPlaces } from "../cassandra/read-queries.mjs";
import { idealHitRate, zipfTrace } from "./zipf.mjs";

/**
 * @typedef {object} HitOptions
 * @property {string} source
 * @property {string} target
 * @property {string} host
 * @property {number} port
 * @property {{keys: number, reads: number, exponent: number, seed: number}} [trace]
 * @property {number} held
 */

/** @type {HitOptions} */
const options = JSON.parse(process.argv[2] ?? "{}");
const { host, port, held } = options;
/** Reads that are under way: a service's users. */
const AT_ONCE = 64;
/** What is measured is not how fast it is. */
const DEADLINE_MS = 1000;

const trace =
  options.trace === undefined
    ? Uint32Array.from({ length: held }, (_, key) => key)
    : zipfTrace(options.trace);
const places = readPlaces(options.source, options.trace?.keys ?? held);
const target = await openTarget(options.target);
const hot = await buildHotIndex(parseHotRegions("level>=0"));
const reader = await createCachedReader({
  ...{ target, hot, cache: `redis://${host}:${port}`, deadlineMs: DEADLINE_MS },
});

let next = 0;
async function user() {
  while (next < trace.length) {
    const place = places[trace[next++] ?? 0];
    if (place !== undefined) await reader.getNode(place.code, place.level);
  }
}

const beganMs = performance.now();
await Promise.all(Array.from({ length: AT_ONCE }, user));
const seconds = (performance.now() - beganMs) / 1000;
const { outcomes } = reader.stats();
reader.close();
await target.close();
console.log(
  JSON.stringify({
    reads: trace.length,
    hitRate: outcomes.hit / trace.length,
    ideal: idealHitRate(trace, held),
    seconds,
    outcomes,
  }),
);
