import type { Levels } from "../native/addon.js";
import { engine } from "./kernel.js";
import type {
  Batch,
  BatchOptions,
  CodeArrays,
  DecodeOptions,
  PointArrays,
  Points,
  TileArrays,
} from "./morton-arrays.js";
import { decodeCall, encodeCall, encodeTilesCall, runCall, runCallOnPool } from "./morton-call.js";

/**
 * Points to whole Morton codes, levels 0 to 21.
 *
 * A row outside the frame or of a level above 21 gets a status and the code
 * 2^64 - 1; it never stops the batch.
 *
 * @param level one for all rows, or a Uint8Array with one a row.
 * @throws OctoloadError ARG_TYPE, ARG_LENGTH, ARG_RANGE, ARG_DETACHED, ARG_SHARED,
 * ARG_RESIZABLE, ARG_OVERLAP; LEVEL_INVALID for one level; FRAME_INVALID.
 */
export function encode(
  points: Points,
  level: Levels,
  options: BatchOptions<CodeArrays> = {},
): Batch<CodeArrays> {
  return runCall(engine(), encodeCall(points, level, options));
}

/**
 * As encode(), on libuv's pool. The arrays must stay as they are until the
 * promise settles; transferring them meanwhile loses the result, no more.
 */
export async function encodeAsync(
  points: Points,
  level: Levels,
  options: BatchOptions<CodeArrays> = {},
): Promise<Batch<CodeArrays>> {
  return runCallOnPool(engine(), encodeCall(points, level, options));
}

/** As encode(), to the pair of tile and cell, levels 0 to 26. */
export function encodeTiles(
  points: Points,
  level: Levels,
  options: BatchOptions<TileArrays> = {},
): Batch<TileArrays> {
  return runCall(engine(), encodeTilesCall(points, level, options));
}

/** As encodeTiles(), on libuv's pool; see encodeAsync(). */
export async function encodeTilesAsync(
  points: Points,
  level: Levels,
  options: BatchOptions<TileArrays> = {},
): Promise<Batch<TileArrays>> {
  return runCallOnPool(engine(), encodeTilesCall(points, level, options));
}

/**
 * Whole codes, levels 0 to 21, to a point of their cells: the centre, or the
 * lowest or highest corner. A code above its level's range gets a status and NaN.
 *
 * @throws OctoloadError as encode().
 */
export function decode(
  codes: BigUint64Array,
  level: Levels,
  options: DecodeOptions = {},
): Batch<PointArrays> {
  return runCall(engine(), decodeCall({ codes }, level, options));
}

/** As decode(), on libuv's pool; see encodeAsync(). */
export async function decodeAsync(
  codes: BigUint64Array,
  level: Levels,
  options: DecodeOptions = {},
): Promise<Batch<PointArrays>> {
  return runCallOnPool(engine(), decodeCall({ codes }, level, options));
}

/** As decode(), from the pair of tile and cell, levels 0 to 26. */
export function decodeTiles(
  tiles: BigUint64Array,
  cells: Uint16Array,
  level: Levels,
  options: DecodeOptions = {},
): Batch<PointArrays> {
  return runCall(engine(), decodeCall({ tiles, cells }, level, options));
}

/** As decodeTiles(), on libuv's pool; see encodeAsync(). */
export async function decodeTilesAsync(
  tiles: BigUint64Array,
  cells: Uint16Array,
  level: Levels,
  options: DecodeOptions = {},
): Promise<Batch<PointArrays>> {
  return runCallOnPool(engine(), decodeCall({ tiles, cells }, level, options));
}
