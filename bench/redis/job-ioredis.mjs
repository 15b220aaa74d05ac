// What a program written on ioredis alone does, as well as it can be written, fed from memory.
//   node job-ioredis.mjs '{"host", "port", "rows", "wtsUs", "keysPerCommand", "rowsOfPipeline", "window"}'
// keysPerCommand 0: HSET and EXPIRE; else calls of the function that octoload has loaded, of so many keys.
import { Redis } from "ioredis";
import { PUT_FUNCTION } from "../../dist/redis/put-function.js";
import { printCost } from "../load/process-cost.mjs";
import { keyOf, rowAt, TTL_S } from "./hot-rows.mjs";

/**
 * @typedef {import("./hot-rows.mjs").HotRow} HotRow
 * @typedef {ReturnType<Redis["pipeline"]>} Pipeline
 *
 * @typedef {object} IoredisOptions
 * @property {string} host
 * @property {number} port
 * @property {number} rows
 * @property {string} wtsUs
 * @property {number} keysPerCommand
 * @property {number} rowsOfPipeline
 * @property {number} window pipelines in flight
 */

/** @type {IoredisOptions} */
const { host, port, rows, wtsUs, keysPerCommand, rowsOfPipeline, window } = JSON.parse(
  process.argv[2] ?? "{}",
);
const redis = new Redis({ host, port, lazyConnect: true });

/**
 * @param {Pipeline} pipeline
 * @param {HotRow} row
 */
function addPlain(pipeline, row) {
  const key = keyOf(row);
  const { material, homogeneity, mask, lastModified } = row;
  // Written out: an object of fields, or spread arguments, cost more.
  if (material === null) {
    pipeline.hset(
      key,
      "homogeneity",
      homogeneity,
      "children_mask",
      mask,
      "last_modified",
      lastModified,
    );
  } else {
    pipeline.hset(
      key,
      "material_id",
      material,
      "homogeneity",
      homogeneity,
      "children_mask",
      mask,
      "last_modified",
      lastModified,
    );
  }
  pipeline.expire(key, TTL_S);
}

/**
 * @param {Pipeline} pipeline
 * @param {readonly HotRow[]} group
 */
function addCall(pipeline, group) {
  const args = [PUT_FUNCTION, group.length, ...group.map(keyOf), wtsUs, TTL_S];
  for (const { material, homogeneity, mask, lastModified } of group) {
    args.push(lastModified, homogeneity, mask, material ?? "");
  }
  pipeline.call("FCALL", args);
}

/** @param {readonly HotRow[]} some */
async function send(some) {
  const pipeline = redis.pipeline();
  if (keysPerCommand === 0) {
    for (const row of some) addPlain(pipeline, row);
  } else {
    for (let at = 0; at < some.length; at += keysPerCommand) {
      addCall(pipeline, some.slice(at, at + keysPerCommand));
    }
  }
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}

await redis.connect();
const all = Array.from({ length: rows }, (_, index) => rowAt(index));
await printCost(async () => {
  let next = 0;
  const worker = async () => {
    while (next < all.length) {
      const begin = next;
      next += rowsOfPipeline;
      await send(all.slice(begin, next));
    }
  };
  await Promise.all(Array.from({ length: window }, worker));
  return { rows };
});
redis.disconnect();
