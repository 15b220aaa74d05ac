// The server's ceiling: ready commands written to a bare socket. They are made before the clock starts.
//   node job-ceiling.mjs '{"host", "port", "rows", "wtsUs", "keysPerCommand"}'
// keysPerCommand 0: HSET and EXPIRE; else calls of the function that octoload has loaded, of so many keys.
import { putFunctionForm } from "../../dist/redis/put-form.js";
import { encodeEntries } from "../../dist/redis/resp.js";
import { printCost } from "../load/process-cost.mjs";
import { BareRedis } from "./bare-redis.mjs";
import { makeBlocks, PREFIX, TTL_S } from "./hot-rows.mjs";
import { plainCommands } from "./plain-commands.mjs";

/** @type {{host: string, port: number, rows: number, wtsUs: string, keysPerCommand: number}} */
const { host, port, rows, wtsUs, keysPerCommand } = JSON.parse(process.argv[2] ?? "{}");
/** Of the rows of one write. */
const CHUNK_ROWS = 1024;

/** @returns {Generator<import("./bare-redis.mjs").Ready>} */
function* calls() {
  const form = { ...putFunctionForm, keysPerCommand };
  const common = { form, prefix: PREFIX, wtsUs: BigInt(wtsUs), ttlS: TTL_S };
  for (const batch of makeBlocks(rows)) {
    for (let begin = 0; begin < batch.rows; begin += CHUNK_ROWS) {
      const end = Math.min(begin + CHUNK_ROWS, batch.rows);
      const { bytes, commands } = encodeEntries(batch, { ...common, begin, end });
      yield { bytes: Uint8Array.from(bytes), commands };
    }
  }
}

const ready = [...(keysPerCommand === 0 ? plainCommands(rows) : calls())];
const connection = await BareRedis.open(host, port);
await printCost(async () => {
  await connection.send(ready);
  return { rows };
});
connection.close();
