import type { SortedRun } from "../load/sorted-run.js";
import type { SinkOrder } from "../sink/sink.js";

interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Bytes of a position after its key: how many rows of that key were read. */
const EQUAL_KEYS_BYTES = 8;

export interface ShardBounds {
  /** A position; undefined: from the first row. */
  readonly lower?: Uint8Array;
  /** A key, exclusive; undefined: to the last row. */
  readonly upper?: Uint8Array;
}

/**
 * The part of a sorted order that is a shard's: cells [(i - 1) * n / count,
 * i * n / count) of `cells`, the same for every process that reads the source.
 */
export async function shardBounds(
  sorted: SortedRun,
  order: SinkOrder,
  shard: Shard | null,
  cells: number,
): Promise<ShardBounds | "empty"> {
  if (shard === null) return {};
  const { first, end } = shardRanks(shard, cells);
  if (first === end) return "empty";
  const lower = first === 0 ? undefined : await sorted.keyAt(order, first);
  const upper = end === cells ? undefined : await sorted.keyAt(order, end);
  return {
    ...(lower === undefined ? {} : { lower: positionBefore(lower) }),
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

function positionBefore(key: Uint8Array): Uint8Array {
  const position = new Uint8Array(key.length + EQUAL_KEYS_BYTES);
  position.set(key);
  return position;
}
