// The rows that every loader is given, finished: a sink's block in a file.
import { readFileSync, writeFileSync } from "node:fs";
import { viewSinkBatch } from "../../dist/sink/sink-batch.js";

/**
 * @typedef {import("../../dist/sink/sink-batch.js").SinkBatch} SinkBatch
 * @typedef {"node" | "tile"} Layout
 */

/**
 * @param {string} path
 * @param {SinkBatch} batch
 */
export function writeRows(path, batch) {
  writeFileSync(path, new Uint8Array(batch.block));
}

/**
 * @param {string} path
 * @returns {SinkBatch}
 */
export function readRows(path) {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  return viewSinkBatch(buffer.slice(byteOffset, byteOffset + byteLength));
}

/**
 * The Morton code of a row.
 *
 * @param {SinkBatch} batch
 * @param {number} row
 */
export function codeOf({ tiles, cells }, row) {
  return ((tiles[row] ?? 0n) << 15n) | BigInt(cells[row] ?? 0);
}

/**
 * The envelope of a row, not copied.
 *
 * @param {SinkBatch} batch
 * @param {number} row
 */
export function envelopeOf({ bytes, offsets }, row) {
  const begin = offsets[row] ?? 0;
  const end = offsets[row + 1] ?? 0;
  return Buffer.from(bytes.buffer, bytes.byteOffset + begin, end - begin);
}

/**
 * As the server keeps it.
 *
 * @param {SinkBatch} batch
 * @param {number} row
 */
export function signedMaskOf({ masks }, row) {
  return ((masks[row] ?? 0) << 24) >> 24;
}
