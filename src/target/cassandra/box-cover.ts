import { indicesOf } from "../../encoding/cell.js";
import type { Box } from "../../encoding/cover.js";
import { coverBox } from "../../encoding/cover.js";
import type { Frame, Triple } from "../../encoding/frame.js";
import { type CodeRange, coarsen, type IndexBox, rangesOf } from "../../encoding/index-box.js";
import { encodePoint } from "../../encoding/point.js";

/** Neighbouring cells of one partition of layout tile, both ends included. */
export interface TileSpan {
  readonly tile: bigint;
  readonly firstCell: number;
  readonly lastCell: number;
}

/** A tile is five levels: the cells of 32 x 32 x 32 indices. */
const TILE_LEVELS = 5;
const TILE_SIDE = 2 ** TILE_LEVELS;
/** Beyond that, one read of more cells is cheaper than several of fewer. */
const MAX_SPANS_A_TILE = 16;

/**
 * The cells of a level that a box touches.
 *
 * @throws OctoloadError BOX_INVALID, OUT_OF_FRAME
 */
export function indexBoxOf(box: Box, level: number, frame: Frame): IndexBox {
  coverBox(box, 0, { frame }); // refuses a bad box in words of its own
  const indices = (corner: Triple) => indicesOf(encodePoint(...corner, level, frame), level);
  return { low: indices(box.min), high: indices(box.max), level };
}

/** How many cells; beyond 2^53 rounded. */
export function cellCount({ low, high }: IndexBox): number {
  return low.reduce((count, from, axis) => count * ((high[axis] ?? from) - from + 1), 1);
}

export function isInBox({ low, high, level }: IndexBox, code: bigint): boolean {
  const indices = indicesOf(code, level);
  return indices.every((i, axis) => i >= (low[axis] ?? 0) && i <= (high[axis] ?? 0));
}

/** The codes of a box, ascending. */
export function* codesOf(box: IndexBox): Generator<bigint, void> {
  for (const { first, last } of rangesOf(box, cellCount(box)) ?? []) {
    for (let code = first; code <= last; code++) yield code;
  }
}

/** The tiles that a box touches, as the cells of the level that tiles are of. */
export function tileBoxOf(box: IndexBox): IndexBox {
  return coarsen(box, Math.max(0, box.level - TILE_LEVELS));
}

/** What to read of layout tile, in the order of codes; it may hold some cells beside the box. */
export function* tileSpans(box: IndexBox): Generator<TileSpan, void> {
  const tiles = tileBoxOf(box);
  for (const tile of codesOf(tiles)) {
    for (const { first, last } of rangesInTile(box, tiles.level, tile)) {
      yield { tile, firstCell: Number(first), lastCell: Number(last) };
    }
  }
}

/** Of a coarser level where the cells' own ranges are too many. */
function rangesInTile(box: IndexBox, tileLevel: number, tile: bigint): CodeRange[] {
  const local = clipToTile(box, tileLevel, tile);
  for (let level = local.level; level > 0; level--) {
    const ranges = rangesOf(coarsen(local, level), MAX_SPANS_A_TILE);
    if (ranges === undefined) continue;
    const bits = BigInt(3 * (local.level - level));
    return ranges.map(({ first, last }) => ({
      first: first << bits,
      last: ((last + 1n) << bits) - 1n,
    }));
  }
  return [{ first: 0n, last: (1n << BigInt(3 * local.level)) - 1n }];
}

/** The part of a box in one tile, by indices within it. */
function clipToTile({ low, high, level }: IndexBox, tileLevel: number, tile: bigint): IndexBox {
  const tileIndices = indicesOf(tile, tileLevel);
  const clip = (corner: Triple, axis: 0 | 1 | 2) => {
    const within = corner[axis] - tileIndices[axis] * TILE_SIDE;
    return Math.max(0, Math.min(TILE_SIDE - 1, within));
  };
  const clipped = (corner: Triple): Triple => [clip(corner, 0), clip(corner, 1), clip(corner, 2)];
  return { low: clipped(low), high: clipped(high), level: level - tileLevel };
}
