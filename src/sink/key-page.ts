/**
 * Keys as columns, `rows` of them: the bits of what a target holds, which need not be cells where
 * somebody else wrote it.
 */
export interface KeyPage {
  readonly rows: number;
  /** Of the partition key, in an order of tokens; else not looked at. */
  readonly tokens: BigInt64Array;
  /** code >> 15 */
  readonly tiles: BigUint64Array;
  /** code & 0x7fff */
  readonly cells: Uint16Array;
  readonly levels: Uint8Array;
}

/** Keys in a sink's order, each once. */
export interface KeySource {
  /** The next keys, which are the caller's until the next call; 0 rows: there are no more. */
  next(): Promise<KeyPage>;
}

/** Room for `rows` keys. */
export function makeKeyPage(rows: number): KeyPage {
  return {
    rows,
    tokens: new BigInt64Array(rows),
    tiles: new BigUint64Array(rows),
    cells: new Uint16Array(rows),
    levels: new Uint8Array(rows),
  };
}

/** A byte as a tinyint. */
export function signed8(byte: number): number {
  return (byte << 24) >> 24;
}

/** Two bytes as a smallint. */
export function signed16(half: number): number {
  return (half << 16) >> 16;
}
