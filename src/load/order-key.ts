import type { SinkOrder } from "../sink/sink.js";

/** Numbers and widths of native/load/order_key.h. */
const orders: Readonly<Record<SortOrder, { readonly number: number; readonly keyBytes: number }>> =
  {
    node: { number: 0, keyBytes: 16 },
    tile: { number: 1, keyBytes: 16 },
    "node-token": { number: 2, keyBytes: 24 },
    "tile-token": { number: 3, keyBytes: 24 },
    source: { number: 4, keyBytes: 16 },
  };

/** Bytes of a position after its key: how many rows of that key were read. */
const EQUAL_KEYS_BYTES = 8;

/** An order in which a run sorts: a sink's, or the source's own, in which only derived columns are. */
export type SortOrder = SinkOrder | "source";

export const sortOrders = Object.freeze(Object.keys(orders) as SortOrder[]);
export const sinkOrders = Object.freeze(
  sortOrders.filter((order): order is SinkOrder => order !== "source"),
);

export function orderNumber(order: SortOrder): number {
  return orders[order].number;
}

export function keyBytes(order: SortOrder): number {
  return orders[order].keyBytes;
}

/** At or below every row of this token, above every row of a lower one; of the token orders. */
export function tokenKey(token: bigint): Uint8Array {
  const key = new Uint8Array(orders["node-token"].keyBytes);
  // Signed tokens compare as unsigned words when their highest bit is turned.
  new DataView(key.buffer).setBigUint64(0, BigInt.asUintN(64, token) ^ (1n << 63n));
  return key;
}

/** Whether the order begins with the token of a partition key. */
export function hasTokens(order: SortOrder): order is "node-token" | "tile-token" {
  return order === "node-token" || order === "tile-token";
}

/** The position from which a delivery gives every row of the key and above. */
export function positionBefore(key: Uint8Array): Uint8Array {
  const position = new Uint8Array(key.length + EQUAL_KEYS_BYTES);
  position.set(key);
  return position;
}

/** The row that a position of the source's order is behind. */
export function sourcePosition(position: Uint8Array): { file: number; rowid: bigint } {
  const words = new DataView(position.buffer, position.byteOffset, position.byteLength);
  const rowid = BigInt.asIntN(64, words.getBigUint64(8) ^ (1n << 63n));
  return { file: Number(words.getBigUint64(0)), rowid };
}
