import { type KeyPage, signed8, signed16 } from "./key-page.js";
import type { SinkOrder } from "./sink.js";

/** Below, above or 0: how key i of `a` stands to key j of `b`. */
export type CompareKeys = (a: KeyPage, i: number, b: KeyPage, j: number) => number;

/**
 * A sink's order of keys, for those that are no cells too: a partition key compares by its bytes, a
 * clustering key as the signed number that it is.
 */
export function keyComparison(order: SinkOrder): CompareKeys {
  return comparisons[order];
}

const comparisons: Readonly<Record<SinkOrder, CompareKeys>> = {
  node: byNode,
  tile: byTile,
  "node-token": (a, i, b, j) => byToken(a, i, b, j) || byNode(a, i, b, j),
  "tile-token": (a, i, b, j) => byToken(a, i, b, j) || byTile(a, i, b, j),
};

function byToken(a: KeyPage, i: number, b: KeyPage, j: number): number {
  return compare(a.tokens[i] ?? 0n, b.tokens[j] ?? 0n);
}

function byNode(a: KeyPage, i: number, b: KeyPage, j: number): number {
  return (
    compare(a.tiles[i] ?? 0n, b.tiles[j] ?? 0n) ||
    (a.cells[i] ?? 0) - (b.cells[j] ?? 0) ||
    signed8(a.levels[i] ?? 0) - signed8(b.levels[j] ?? 0)
  );
}

function byTile(a: KeyPage, i: number, b: KeyPage, j: number): number {
  return (
    (a.levels[i] ?? 0) - (b.levels[j] ?? 0) ||
    compare(a.tiles[i] ?? 0n, b.tiles[j] ?? 0n) ||
    signed16(a.cells[i] ?? 0) - signed16(b.cells[j] ?? 0)
  );
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
