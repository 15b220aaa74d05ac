// octoload's hot cache, fed blocks from memory as a load would feed it.
//   node job-octoload.mjs '{"host", "port", "rows", "wtsUs", "keysPerCommand"}'
// keysPerCommand 0: as it is unless told otherwise
import { HotCache } from "../../dist/sink/redis/hot-cache.js";
import { printCost } from "../load/process-cost.mjs";
import { BLOCK_ROWS, makeBlocks, TTL_S } from "./hot-rows.mjs";

/** @type {{host: string, port: number, rows: number, wtsUs: string, keysPerCommand: number}} */
const { host, port, rows, wtsUs, keysPerCommand } = JSON.parse(process.argv[2] ?? "{}");
/** More are not offered until some are acknowledged: the cache would skip what it has no room for. */
const MAX_PENDING_ROWS = 4 * BLOCK_ROWS;
const DRAIN_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;

let wake = () => undefined;
const cache = await HotCache.connect(`redis://${host}:${port}?ttl=${TTL_S}`, {
  ...(keysPerCommand === 0 ? {} : { keysPerCommand }),
  onSettled: () => wake(),
});

/** @param {number} most */
async function untilPending(most) {
  while (cache.stats().pending > most) {
    await new Promise((/** @type {(value: undefined) => void} */ resolve) => {
      wake = () => {
        resolve(undefined);
        return undefined;
      };
    });
  }
}

const giveUpMs = performance.now() + CONNECT_TIMEOUT_MS;
while (!cache.isUp && performance.now() < giveUpMs) {
  await new Promise((resolve) => setTimeout(resolve, 5));
}
const blocks = makeBlocks(rows);
await printCost(async () => {
  for (const block of blocks) {
    await untilPending(MAX_PENDING_ROWS - block.rows);
    await cache.offer(block, null, BigInt(wtsUs));
  }
  await untilPending(0);
  return { rows };
});
const stats = await cache.drain(DRAIN_TIMEOUT_MS);
await cache.close();
if (stats.cached !== rows) throw new Error(`not all rows are cached: ${JSON.stringify(stats)}`);
