/** Rows of layout node and ready BATCH frames of them, written in plain JavaScript. */
import { tokens } from "../../src/encoding/token.js";

export const KEYSPACE = "octoload_spike";
export const TABLE = `${KEYSPACE}.octree_nodes`;
export const INSERT = `INSERT INTO ${TABLE} (morton_code, level, material_id, homogeneity, children_mask, compressed_data, last_modified) VALUES (?, ?, ?, ?, ?, ?, ?)`;
export const createTable = `CREATE TABLE ${TABLE} (morton_code bigint, level tinyint, material_id int, homogeneity float, children_mask tinyint, compressed_data blob, last_modified bigint, PRIMARY KEY (morton_code, level))`;

/** With keys and the small columns: rows of 120 bytes. */
const BLOB_BYTES = 94;
const LEVEL = 18;
const LOCAL_QUORUM = 6;

/** One BATCH, its rows, and the token of the first of them. */
export interface RowFrame {
  readonly bytes: Buffer;
  readonly keys: BigInt64Array;
  readonly token: bigint;
}

/** Distinct Morton codes in the order of their tokens, as a load sends them. */
export function sortedKeys(count: number): BigInt64Array {
  const keys = BigInt64Array.from({ length: count }, (_, index) => BigInt(index) * 7_919n);
  const tokenOf = tokens(keys);
  const order = Uint32Array.from(keys.keys());
  order.sort((one, other) => ((tokenOf[one] ?? 0n) < (tokenOf[other] ?? 0n) ? -1 : 1));
  return BigInt64Array.from(order, (index) => keys[index] ?? 0n);
}

/** Unlogged batches (CQL binary protocol v4, section 4.1.7), stream id 0, one write time. */
export function batchFrames(
  keys: BigInt64Array,
  statementId: Buffer,
  rowsOfBatch: number,
): RowFrame[] {
  const tokenOf = tokens(keys);
  const blob = Buffer.alloc(BLOB_BYTES, 0xa5);
  const frames: RowFrame[] = [];
  for (let start = 0; start < keys.length; start += rowsOfBatch) {
    const part = keys.subarray(start, start + rowsOfBatch);
    frames.push({
      bytes: batchFrame(part, statementId, blob),
      keys: part,
      token: tokenOf[start] ?? 0n,
    });
  }
  return frames;
}

function batchFrame(keys: BigInt64Array, statementId: Buffer, blob: Buffer): Buffer {
  const rows = [...keys].map((key) => rowOf(key, statementId, blob));
  const begin = Buffer.from([1, keys.length >> 8, keys.length & 0xff]);
  const end = Buffer.alloc(2 + 1 + 8);
  end.writeUInt16BE(LOCAL_QUORUM);
  end.writeUInt8(0x20, 2);
  end.writeBigInt64BE(1_700_000_000_000_000n, 3);
  const header = Buffer.from([4, 0, 0, 0, 13, 0, 0, 0, 0]);
  const frame = Buffer.concat([header, begin, ...rows, end]);
  frame.writeInt32BE(frame.length - header.length, 5);
  return frame;
}

function rowOf(key: bigint, statementId: Buffer, blob: Buffer): Buffer {
  const fixed = Buffer.alloc(4 + 8 + 4 + 1 + 4 + 4 + 4 + 4 + 4 + 1 + 4);
  let at = fixed.writeInt32BE(8);
  at = fixed.writeInt8(LEVEL, fixed.writeInt32BE(1, fixed.writeBigInt64BE(key, at)));
  at = fixed.writeInt32BE(7, fixed.writeInt32BE(4, at));
  at = fixed.writeFloatBE(0.5, fixed.writeInt32BE(4, at));
  at = fixed.writeInt8(-1, fixed.writeInt32BE(1, at));
  fixed.writeInt32BE(blob.length, at);
  const modified = Buffer.alloc(12);
  modified.writeInt32BE(8);
  modified.writeBigInt64BE(1_700_000_000_000n, 4);
  const head = [Buffer.from([1]), shortOf(statementId.length), statementId, shortOf(7)];
  return Buffer.concat([...head, fixed, blob, modified]);
}

function shortOf(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

/** One row's values as the driver's own batches take them. */
export function driverRow(key: bigint, blob: Buffer): unknown[] {
  return [key.toString(), LEVEL, 7, 0.5, -1, blob, "1700000000000"];
}
