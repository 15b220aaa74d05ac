import { nativeAddon } from "../native/addon.js";
import { keyBytes, type SortOrder } from "./order-key.js";

/** Typical sizes of what is sorted beside the rows: native/derive/key_record.h, native/load/records.h. */
const KEY_RECORD_BYTES = 24;
const DERIVED_RECORD_BYTES = 17;
const ROW_HEAD_BYTES = 25;
const PREORDER_KEY_BYTES = 16;

/** Bytes on disk that a run's sorts take at most, by the size of its source. */
export async function estimateSpillBytes(
  memoryBytes: number,
  rows: number,
  sourceBytes: number,
  orders: readonly SortOrder[],
): Promise<number> {
  const rowBytes = Math.ceil(sourceBytes / Math.max(1, rows)) + ROW_HEAD_BYTES;
  const estimate = (key: number, share: number, payloadBytes: number) =>
    nativeAddon().estimateSortBytes(key, Math.floor(memoryBytes * share), rows, payloadBytes, true);
  let bytes = await estimate(PREORDER_KEY_BYTES, 1 / 4, KEY_RECORD_BYTES);
  for (const order of orders) {
    bytes += await estimate(keyBytes(order), 1 / 2 / orders.length, DERIVED_RECORD_BYTES);
    if (order === "source") continue;
    bytes += await estimate(keyBytes(order), 3 / 4 / orders.length, rowBytes);
  }
  return bytes;
}
