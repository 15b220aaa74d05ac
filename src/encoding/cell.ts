import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { type Axis, axisNames } from "./frame.js";
import { MAX_LEVEL, requireLevel } from "./level.js";

/**
 * A single cell's Morton code as a bigint, at levels 0 to 26 (0 to 78 bits).
 *
 * x bit k of a cell's index is bit 3k of its code, y bit k bit 3k + 1, z bit k
 * bit 3k + 2 (Morton, "A computer oriented geodetic data base and a new
 * technique in file sequencing", IBM 1966). So a code's low three bits are the
 * octant within its parent, and its descendants are one contiguous range.
 */

/** The low 15 bits of a code (five levels) are the cell within its tile. */
const CELL_BITS = 15n;
const CELL_MASK = 0x7fff;
const MAX_TILE = (1n << (3n * BigInt(MAX_LEVEL) - CELL_BITS)) - 1n;

/** Levels whose bits one chunk of 30 holds, so that number arithmetic does the interleaving. */
const CHUNK_LEVELS = 10;
const CHUNK_BITS = 30n;
const CHUNK_MASK = (1n << CHUNK_BITS) - 1n;

const MAX_CODE = maxCode(MAX_LEVEL);

/** The highest code of a level: 8^level - 1. */
export function maxCode(level: number): bigint {
  requireLevel(level);
  return (1n << BigInt(3 * level)) - 1n;
}

/**
 * Refuses anything but a bigint from 0 to 8^level - 1.
 *
 * @throws OctoloadError ARG_TYPE, CODE_OUT_OF_RANGE, LEVEL_INVALID
 */
export function requireCode(code: unknown, level: number): asserts code is bigint {
  requireBigint("code", code, maxCode(level), `at level ${level}`);
}

/** The code one level up. The root's parent is the root: 0n. */
export function parent(code: bigint): bigint {
  requireCode(code, MAX_LEVEL);
  return code >> 3n;
}

/** The eight codes one level down, ascending, so that element i is octant i. */
export function children(code: bigint): bigint[] {
  requireBigint("code", code, MAX_CODE >> 3n, `, of a cell above level ${MAX_LEVEL}`);
  return Array.from({ length: 8 }, (_, i) => (code << 3n) | BigInt(i));
}

/** Which child of its parent a cell is, 0 to 7: bit 0 the high x half, bit 1 y, bit 2 z. */
export function octant(code: bigint): number {
  requireCode(code, MAX_LEVEL);
  return Number(code & 7n);
}

/** The code of the cell at `ancestorLevel` (0 to `level`) that holds a cell of `level`. */
export function ancestorAt(code: bigint, level: number, ancestorLevel: number): bigint {
  requireCode(code, level);
  requireLevel(ancestorLevel, "ancestorLevel", level);
  return code >> BigInt(3 * (level - ancestorLevel));
}

/** The lowest code at `deeperLevel` (`level` to 26) within a cell of `level`. */
export function firstDescendant(code: bigint, level: number, deeperLevel: number): bigint {
  return code << descendantBits(code, level, deeperLevel);
}

/** The highest code at `deeperLevel` (`level` to 26) within a cell of `level`. */
export function lastDescendant(code: bigint, level: number, deeperLevel: number): bigint {
  return ((code + 1n) << descendantBits(code, level, deeperLevel)) - 1n;
}

/**
 * A code as a tile (the bits above the low 15, at most 63) and a cell (0 to
 * 32767) in it. With `level`, codes above that level's highest are refused.
 */
export function tileCellOf(
  code: bigint,
  level: number = MAX_LEVEL,
): { tile: bigint; cell: number } {
  requireCode(code, level);
  return { tile: code >> CELL_BITS, cell: Number(code & BigInt(CELL_MASK)) };
}

/** The code of a tile (0 to 2^63 - 1) and a cell (0 to 32767) in it. */
export function codeOf(tile: bigint, cell: number): bigint {
  requireBigint("tile", tile, MAX_TILE, "");
  if (typeof cell !== "number") throw wrongType("cell", "a number", cell);
  if (!Number.isInteger(cell) || cell < 0 || cell > CELL_MASK) {
    throw outOfRange("cell", `an integer from 0 to ${CELL_MASK}`, cell);
  }
  return (tile << CELL_BITS) | BigInt(cell);
}

/** A cell's index on each axis, 0 to 2^level - 1. */
export function indicesOf(code: bigint, level: number): [number, number, number] {
  requireCode(code, level);
  let x = 0;
  let y = 0;
  let z = 0;
  for (let base = 0; base < level; base += CHUNK_LEVELS) {
    let chunk = Number((code >> BigInt(3 * base)) & CHUNK_MASK);
    for (let bit = base; chunk !== 0; bit++, chunk >>>= 3) {
      x |= (chunk & 1) << bit;
      y |= ((chunk >>> 1) & 1) << bit;
      z |= ((chunk >>> 2) & 1) << bit;
    }
  }
  return [x, y, z];
}

/** The code of the cell with these indices, each 0 to 2^level - 1. */
export function codeOfIndices(ix: number, iy: number, iz: number, level: number): bigint {
  requireLevel(level);
  requireIndex(0, ix, level);
  requireIndex(1, iy, level);
  requireIndex(2, iz, level);
  return interleave(ix, iy, iz);
}

/**
 * Interleaves three indices below 2^26, unchecked: codeOfIndices() for callers
 * whose indices are valid by construction.
 */
export function interleave(ix: number, iy: number, iz: number): bigint {
  let code = 0n;
  for (let base = CHUNK_LEVELS * 2; base >= 0; base -= CHUNK_LEVELS) {
    let chunk = 0;
    for (let bit = base + CHUNK_LEVELS - 1; bit >= base; bit--) {
      const octantBits = ((ix >>> bit) & 1) | (((iy >>> bit) & 1) << 1) | (((iz >>> bit) & 1) << 2);
      chunk = (chunk << 3) | octantBits;
    }
    code = (code << CHUNK_BITS) | BigInt(chunk);
  }
  return code;
}

function descendantBits(code: bigint, level: number, deeperLevel: number): bigint {
  requireCode(code, level);
  requireLevel(deeperLevel, "deeperLevel");
  if (deeperLevel < level) {
    throw new OctoloadError(
      "LEVEL_INVALID",
      `deeperLevel must be an integer from level ${level} to ${MAX_LEVEL}, got ${deeperLevel}`,
    );
  }
  return BigInt(3 * (deeperLevel - level));
}

function requireBigint(parameter: string, value: unknown, max: bigint, note: string): void {
  if (typeof value !== "bigint") throw wrongType(parameter, "a bigint", value);
  if (value < 0n || value > max) {
    throw outOfRange(parameter, `from 0 to ${max} ${note}`.trimEnd(), value);
  }
}

function requireIndex(axis: Axis, index: unknown, level: number): void {
  const parameter = `i${axisNames[axis]}`;
  if (typeof index !== "number") throw wrongType(parameter, "a number", index);
  const max = 2 ** level - 1;
  if (Number.isInteger(index) && index >= 0 && index <= max) return;
  throw outOfRange(parameter, `an integer from 0 to ${max} at level ${level}`, index);
}

function wrongType(parameter: string, expected: string, value: unknown): OctoloadError {
  return new OctoloadError(
    "ARG_TYPE",
    `${parameter} must be ${expected}, got ${describeValue(value)}`,
  );
}

function outOfRange(parameter: string, expected: string, value: bigint | number): OctoloadError {
  return new OctoloadError(
    "CODE_OUT_OF_RANGE",
    `${parameter} must be ${expected}, got ${describeValue(value)}`,
  );
}
