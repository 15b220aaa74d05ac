import type { SortedRun } from "../load/sorted-run.js";
import type { SinkOrder } from "../sink/sink.js";

export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Part of a sorted order, by its keys. */
export interface KeyInterval {
  /** Inclusive; undefined: from the first row. */
  readonly lower?: Uint8Array;
  /** Exclusive; undefined: to the last row. */
  readonly upper?: Uint8Array;
}

/**
 * The part of a sorted order that is a shard's: cells [(i - 1) * n / count,
 * i * n / count) of `cells`, the same for every process that reads the source.
 */
export async function shardBounds(
  sorted: Pick<SortedRun, "keyAt">,
  order: SinkOrder,
  shard: Shard | null,
  cells: number,
): Promise<KeyInterval | "empty"> {
  if (shard === null) return {};
  const { first, end } = shardRanks(shard, cells);
  if (first === end) return "empty";
  const lower = first === 0 ? undefined : await sorted.keyAt(order, first);
  const upper = end === cells ? undefined : await sorted.keyAt(order, end);
  return {
    ...(lower === undefined ? {} : { lower }),
    ...(upper === undefined ? {} : { upper }),
  };
}

/** Of the cells in a sink's order, those of a shard. */
export function shardRanks(
  { index, count }: Shard,
  cells: number,
): { readonly first: number; readonly end: number } {
  const cut = (part: number) => Math.floor((cells * part) / count);
  return { first: cut(index - 1), end: cut(index) };
}
