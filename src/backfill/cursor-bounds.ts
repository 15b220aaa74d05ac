import { OctoloadError } from "../errors/octoload-error.js";
import { hasTokens, tokenKey } from "../load/order-key.js";
import type { SortedRun } from "../load/sorted-run.js";
import type { SinkOrder } from "../sink/sink.js";
import { type KeyInterval, type Shard, shardBounds, shardRanks } from "./shard-bounds.js";

/** Before every token that a key has: what hashes to it is given the largest. */
export const MIN_TOKEN = -(2n ** 63n);
const TOKENS = 2n ** 64n;

export interface CursorPlan {
  readonly order: SinkOrder;
  /** Cursors of the sink. */
  readonly count: number;
  readonly shard: Shard | null;
  /** In the whole order. */
  readonly cells: number;
}

/**
 * What each of a sink's cursors reads: even intervals of the tokens, so that nodes that own even
 * shares of them are all busy; in an order without tokens, even numbers of cells. Of a shard each
 * reads what lies in its own interval. Every process that reads the source gets the same ones.
 */
export async function cursorBounds(
  sorted: Pick<SortedRun, "keyAt">,
  { order, count, shard, cells }: CursorPlan,
): Promise<(KeyInterval | "empty")[]> {
  const bounds = cells === 0 ? "empty" : await shardBounds(sorted, order, shard, cells);
  if (bounds === "empty") return Array.from({ length: count }, () => bounds);
  const cuts = hasTokens(order) ? tokenCuts(count) : await rankCuts(sorted, order, count, cells);
  return Array.from({ length: count }, (_, cursor) =>
    intersect(bounds, cuts[cursor - 1], cuts[cursor]),
  );
}

/** The keys where all cursors but the first begin. */
function tokenCuts(count: number): Uint8Array[] {
  return evenTokens(count).map(tokenKey);
}

/** The first token of each of `count` even intervals but the first. */
export function evenTokens(count: number): bigint[] {
  return Array.from(
    { length: count - 1 },
    (_, i) => MIN_TOKEN + (TOKENS * BigInt(i + 1)) / BigInt(count),
  );
}

async function rankCuts(
  sorted: Pick<SortedRun, "keyAt">,
  order: SinkOrder,
  count: number,
  cells: number,
): Promise<Uint8Array[]> {
  const cuts: Uint8Array[] = [];
  for (let index = 1; index < count; ++index) {
    const key = await sorted.keyAt(order, shardRanks({ index, count }, cells).end);
    if (key === undefined) throw new OctoloadError("INTERNAL", `there are not ${cells} cells`);
    cuts.push(key);
  }
  return cuts;
}

function intersect(
  bounds: KeyInterval,
  cutBelow: Uint8Array | undefined,
  cutAbove: Uint8Array | undefined,
): KeyInterval | "empty" {
  const lower = extreme(bounds.lower, cutBelow, 1);
  const upper = extreme(bounds.upper, cutAbove, -1);
  if (lower !== undefined && upper !== undefined && Buffer.compare(lower, upper) >= 0) {
    return "empty";
  }
  return {
    ...(lower === undefined ? {} : { lower }),
    ...(upper === undefined ? {} : { upper }),
  };
}

/** The greater (1) or the lesser (-1) of two keys, of which either may be missing. */
function extreme(
  a: Uint8Array | undefined,
  b: Uint8Array | undefined,
  sign: 1 | -1,
): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Buffer.compare(a, b) * sign >= 0 ? a : b;
}
