// HSET of four fields and EXPIRE, a node: what programs without write times send.
import { keyOf, plainFields, rowAt, TTL_S } from "./hot-rows.mjs";

/** @typedef {import("./bare-redis.mjs").Ready} Ready */

const CHUNK_ROWS = 512;

/**
 * The commands of the first so many rows, ready to be sent.
 *
 * @param {number} rows
 * @returns {Generator<Ready>}
 */
export function* plainCommands(rows) {
  for (let begin = 0; begin < rows; begin += CHUNK_ROWS) {
    const end = Math.min(begin + CHUNK_ROWS, rows);
    let text = "";
    for (let index = begin; index < end; index += 1) {
      const row = rowAt(index);
      const key = keyOf(row);
      text += commandText(["HSET", key, ...plainFields(row)]);
      text += commandText(["EXPIRE", key, TTL_S]);
    }
    yield { bytes: Buffer.from(text), commands: 2 * (end - begin) };
  }
}

/** @param {readonly (string | number)[]} words of ASCII */
function commandText(words) {
  const bulks = words.map((word) => `$${String(word).length}\r\n${word}\r\n`);
  return `*${words.length}\r\n${bulks.join("")}`;
}
