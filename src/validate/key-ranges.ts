import type { TokenRange } from "../cassandra/ring-ranges.js";
import { tokenKey } from "../load/order-key.js";
import type { RowRange, RowReader } from "../target/row-reader.js";

/** Ranges that are too small cost more to begin than to read, too large ones to lose. */
const ROWS_A_RANGE = 30_000;
const RANGES = { fewest: 16, most: 1024 };
const MAX_TOKEN = 2n ** 63n - 1n;
const MIN_TOKEN = -(2n ** 63n);

/** Keys of a part of the order; undefined: from its beginning, or to its end. */
export interface KeyBounds {
  readonly lower: Uint8Array | undefined;
  readonly upper: Uint8Array | undefined;
}

/** @param rows about as many as there are */
export function rangesOf(reader: RowReader, rows: number): readonly RowRange[] {
  const wanted = Math.ceil(rows / ROWS_A_RANGE);
  return reader.ranges(Math.max(RANGES.fewest, Math.min(RANGES.most, wanted)));
}

export function boundsOf(tokens: TokenRange | null): KeyBounds {
  if (tokens === null) return { lower: undefined, upper: undefined };
  const { after, last } = tokens;
  return {
    lower: after === MIN_TOKEN ? undefined : tokenKey(after + 1n),
    upper: last === MAX_TOKEN ? undefined : tokenKey(last + 1n),
  };
}

/** In words. */
export function rangeName({ tokens }: Pick<RowRange, "tokens">): string {
  return tokens === null ? "all rows" : `tokens after ${tokens.after} up to ${tokens.last}`;
}
