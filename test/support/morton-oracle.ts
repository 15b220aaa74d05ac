import type { FrameSpec, Triple } from "../../src/encoding/frame.js";
import type { Corner } from "../../src/encoding/morton-arrays.js";

/**
 * Morton encoding and decoding one bit at a time, in bigint: slow, and too
 * plain to be wrong in the same way as a kernel.
 */

export interface OracleCode {
  readonly status: number;
  /** undefined where the row is refused. */
  readonly code: bigint | undefined;
}

export interface OraclePoint {
  readonly status: number;
  /** NaN three times where the row is refused. */
  readonly point: Triple;
}

const badLevel = 8;
const badCode = 16;

/** The test of the frame is on t, in double arithmetic. */
export function isInside(t: number): boolean {
  return t >= 0 && t <= 1;
}

export function fractionOf(frame: FrameSpec, axis: 0 | 1 | 2, value: number): number {
  return (value - frame.min[axis]) / frame.size[axis];
}

/** `maxLevel`: 21 for whole codes, 26 for tile and cell. */
export function oracleEncode(
  frame: FrameSpec,
  point: Triple,
  level: number,
  maxLevel: number,
): OracleCode {
  const t = [0, 1, 2].map((axis) => fractionOf(frame, axis as 0 | 1 | 2, point[axis] ?? 0));
  let status = level > maxLevel ? badLevel : 0;
  for (const [axis, fraction] of t.entries()) {
    if (!isInside(fraction)) status += 2 ** axis;
  }
  return {
    status,
    code: status === 0 ? interleaveDigits(t.map((f) => digitsOf(f, level))) : undefined,
  };
}

/**
 * The first `level` binary digits of t, highest first, which are those of
 * floor(t * 2^level): doubling a double and taking 1 away are exact. For t = 1
 * all digits are 1, the last cell.
 */
function digitsOf(t: number, level: number): bigint[] {
  const digits: bigint[] = [];
  let rest = t;
  for (let i = 0; i < level; i += 1) {
    rest *= 2;
    digits.push(rest >= 1 ? 1n : 0n);
    if (rest >= 1) rest -= 1;
  }
  return digits;
}

function interleaveDigits([xs = [], ys = [], zs = []]: readonly bigint[][]): bigint {
  let code = 0n;
  for (const [i, x] of xs.entries()) {
    code = code * 8n + x + 2n * (ys[i] ?? 0n) + 4n * (zs[i] ?? 0n);
  }
  return code;
}

/** A key of tile and cell; a whole code is tile = code >> 15, cell = code & 0x7fff. */
export interface OracleKey {
  readonly tile: bigint;
  readonly cell: number;
}

export function oracleDecode(
  frame: FrameSpec,
  { tile, cell }: OracleKey,
  level: number,
  { corner, maxLevel }: { corner: Corner; maxLevel: number },
): OraclePoint {
  const nowhere: Triple = [Number.NaN, Number.NaN, Number.NaN];
  if (level > maxLevel) return { status: badLevel, point: nowhere };
  const code = tile * 32_768n + BigInt(cell);
  if (cell > 32_767 || code >= 8n ** BigInt(level)) return { status: badCode, point: nowhere };
  const at = (axis: 0 | 1 | 2) =>
    coordinateOf(frame.min[axis], frame.size[axis], indexOf(code, axis), level, corner);
  return { status: 0, point: [at(0), at(1), at(2)] };
}

function indexOf(code: bigint, axis: number): number {
  let index = 0n;
  for (let rest = code, unit = 1n; rest > 0n; rest /= 8n, unit *= 2n) {
    if ((rest / 2n ** BigInt(axis)) % 2n === 1n) index += unit;
  }
  return Number(index);
}

/** Each operation rounded once; the quotients are exact. */
function coordinateOf(
  min: number,
  size: number,
  index: number,
  level: number,
  corner: Corner,
): number {
  if (corner === "min") return min + size * (index / 2 ** level);
  if (corner === "max") return min + size * ((index + 1) / 2 ** level);
  return min + size * ((2 * index + 1) / 2 ** (level + 1));
}
