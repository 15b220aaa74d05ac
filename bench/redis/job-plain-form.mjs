// What newer-wins costs: octoload's encoder and reader with HSET and EXPIRE instead of its function.
// No sink does this, since it lets an older value replace a newer one.
//   node job-plain-form.mjs '{"host", "port", "rows", "wtsUs"}'
import { once } from "node:events";
import { connect } from "node:net";
import { EntryBuffer } from "../../dist/redis/entry-buffer.js";
import { ReplyReader } from "../../dist/redis/reply-reader.js";
import { encodeEntriesAsync } from "../../dist/redis/resp.js";
import { printCost } from "../load/process-cost.mjs";
import { makeBlocks, PREFIX, TTL_S } from "./hot-rows.mjs";

/** @type {{host: string, port: number, rows: number, wtsUs: string}} */
const { host, port, rows, wtsUs } = JSON.parse(process.argv[2] ?? "{}");
const CHUNK_BYTES = 65_536;
const BUFFERS = 3;

const socket = connect({ host, port });
await once(socket, "connect");
socket.setNoDelay(true);
const reader = new ReplyReader();
let expected = 0;
let answered = 0;
/** @type {(error: Error | undefined) => void} */
let onAnswers = () => undefined;
socket.on("data", (chunk) => {
  const { count, others } = reader.push(chunk);
  answered += count;
  onAnswers(others.length > 0 ? new Error("the server refused a command") : undefined);
});

/** @param {number} most answers that may be owed */
function untilOwed(most) {
  return new Promise((/** @type {(value: undefined) => void} */ resolve, reject) => {
    onAnswers = (error) => {
      if (error !== undefined) reject(error);
      else if (expected - answered <= most) resolve(undefined);
    };
    onAnswers(undefined);
  });
}

const blocks = makeBlocks(rows);
const buffers = Array.from({ length: BUFFERS }, () => new EntryBuffer());
const options = { form: /** @type {const} */ ({ kind: "plain" }), prefix: PREFIX, ttlS: TTL_S };
await printCost(async () => {
  /** @type {number[]} */
  const commandsOf = [];
  for (const [i, block] of blocks.entries()) {
    // A buffer is used again when what it held is answered.
    await untilOwed(commandsOf.slice(Math.max(0, i - BUFFERS + 1)).reduce((a, b) => a + b, 0));
    const out = buffers[i % BUFFERS] ?? new EntryBuffer();
    const { bytes, commands } = await encodeEntriesAsync(block, {
      ...options,
      wtsUs: BigInt(wtsUs),
      out,
    });
    expected += commands;
    commandsOf.push(commands);
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      if (!socket.write(bytes.subarray(at, at + CHUNK_BYTES))) await once(socket, "drain");
    }
  }
  await untilOwed(0);
  return { rows };
});
socket.destroy();
