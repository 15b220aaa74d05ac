import { nativeAddon } from "../native/addon.js";

/** Typical sizes of what is sorted beside the rows: native/derive/key_record.h, native/load/records.h. */
const KEY_RECORD_BYTES = 24;
const DERIVED_RECORD_BYTES = 17;
const ROW_HEAD_BYTES = 25;

/** Bytes on disk that a run's sorts take at most, by the size of its source. */
export async function estimateSpillBytes(
  memoryBytes: number,
  rows: number,
  sourceBytes: number,
  orders: number,
): Promise<number> {
  const rowBytes = Math.ceil(sourceBytes / Math.max(1, rows)) + ROW_HEAD_BYTES;
  const estimate = (share: number, payloadBytes: number) =>
    nativeAddon().estimateSortBytes(Math.floor(memoryBytes * share), rows, payloadBytes, true);
  const keys = await estimate(1 / 4, KEY_RECORD_BYTES);
  const derived = await estimate(1 / 2 / orders, DERIVED_RECORD_BYTES);
  const sorted = await estimate(3 / 4 / orders, rowBytes);
  return keys + orders * (derived + sorted);
}
