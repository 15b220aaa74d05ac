import fc from "fast-check";
import { expect } from "vitest";
import type { Frame, Triple } from "../../src/encoding/frame.js";
import type { Corner, Points } from "../../src/encoding/morton-arrays.js";
import { anyFrame, anyPoint } from "./arbitrary-points.js";
import { bitsOf } from "./doubles.js";
import {
  type OracleCode,
  type OracleKey,
  type OraclePoint,
  oracleDecode,
  oracleEncode,
} from "./morton-oracle.js";

/** Rows, and how the batch is to hold them. */
export interface PointBatch {
  readonly frame: Frame;
  readonly rows: readonly { readonly point: Triple; readonly level: number }[];
  /** One for all rows, in place of each row's own; at most 21. */
  readonly oneLevel: number | undefined;
  /** Elements a row in one interleaved array; 0: three arrays. */
  readonly stride: number;
  /** The arrays begin this many elements into their buffers. */
  readonly offset: number;
}

const rowLevel = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 26 }) },
  { weight: 1, arbitrary: fc.constantFrom(22, 27, 64, 128, 255) },
);
const oneLevel = fc.option(fc.integer({ min: 0, max: 21 }), { nil: undefined, freq: 2 });
/** As often 40 as 1: blocks of every kernel's width, and what is left over. */
const upTo40 = { maxLength: 40, size: "max" } as const;
const offset = fc.integer({ min: 0, max: 3 });

export const anyPointBatch: fc.Arbitrary<PointBatch> = anyFrame.chain((frame) =>
  fc.record({
    frame: fc.constant(frame),
    rows: fc.array(fc.record({ point: anyPoint(frame), level: rowLevel }), upTo40),
    oneLevel,
    stride: fc.constantFrom(0, 0, 0, 3, 4, 5, 6, 7, 8),
    offset,
  }),
);

function shifted<View extends { subarray(begin: number): View }>(view: View, by: number): View {
  return view.subarray(by);
}

/** The batch's points; interleaved, what lies between rows is NaN and after the last is nothing. */
export function pointsOf({ rows, stride, offset }: PointBatch): Points {
  if (stride === 0) {
    const axis = (i: 0 | 1 | 2) => {
      const values = rows.map(({ point }) => point[i]);
      return shifted(Float64Array.of(...Array(offset).fill(Number.NaN), ...values), offset);
    };
    return { x: axis(0), y: axis(1), z: axis(2) };
  }
  const xyz = new Float64Array(offset + Math.max(0, rows.length * stride - (stride - 3)));
  xyz.fill(Number.NaN);
  for (const [row, { point }] of rows.entries()) xyz.set(point, offset + row * stride);
  return stride === 3 ? { xyz: shifted(xyz, offset) } : { xyz: shifted(xyz, offset), stride };
}

export function levelsOf({
  rows,
  oneLevel,
  offset,
}: Pick<PointBatch, "oneLevel" | "offset"> & {
  readonly rows: readonly { readonly level: number }[];
}): number | Uint8Array {
  if (oneLevel !== undefined) return oneLevel;
  return shifted(Uint8Array.of(...Array(offset).fill(0), ...rows.map((row) => row.level)), offset);
}

/** What the oracle says to a batch, row by row. */
export function oracleCodes(batch: PointBatch, maxLevel: number): OracleCode[] {
  return batch.rows.map(({ point, level }) =>
    oracleEncode(batch.frame, point, batch.oneLevel ?? level, maxLevel),
  );
}

/** Keys to decode, good ones and bad. */
export interface KeyBatch {
  readonly frame: Frame;
  readonly rows: readonly (OracleKey & { readonly level: number })[];
  readonly oneLevel: number | undefined;
  readonly offset: number;
  readonly corner: Corner;
}

/** A code of its level, or any bits at all. */
const keyRow = rowLevel.chain((level) => {
  const top = 8n ** BigInt(Math.min(level, 26));
  const code = fc.oneof(
    { weight: 8, arbitrary: fc.bigInt({ min: 0n, max: top - 1n }) },
    { weight: 1, arbitrary: fc.constantFrom(0n, top - 1n, top, top * 2n - 1n) },
    { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 79n - 1n }) },
  );
  const cellBit = fc.constantFrom(0, 0, 0, 0, 0x8000);
  return fc.tuple(code, cellBit).map(([whole, bit]) => ({
    level,
    tile: whole >> 15n,
    cell: Number(whole & 0x7fffn) | bit,
  }));
});

export const anyKeyBatch: fc.Arbitrary<KeyBatch> = fc.record({
  frame: anyFrame,
  rows: fc.array(keyRow, upTo40),
  oneLevel,
  offset,
  corner: fc.constantFrom("min", "center", "max"),
});

export function oraclePoints(batch: KeyBatch, maxLevel: number): OraclePoint[] {
  const { corner } = batch;
  return batch.rows.map((key) =>
    oracleDecode(batch.frame, key, batch.oneLevel ?? key.level, { corner, maxLevel }),
  );
}

export function tilesOf({ rows, offset }: KeyBatch): BigUint64Array {
  return shifted(BigUint64Array.of(...Array(offset).fill(0n), ...rows.map((r) => r.tile)), offset);
}

export function cellsOf({ rows, offset }: KeyBatch): Uint16Array {
  return shifted(Uint16Array.of(...Array(offset).fill(0), ...rows.map((r) => r.cell)), offset);
}

/** Three arrays against points; doubles by their bits. */
export function expectPoints(
  { x, y, z }: { x: Float64Array; y: Float64Array; z: Float64Array },
  points: readonly OraclePoint[],
): void {
  const actual = points.map((_, row) => [x[row], y[row], z[row]].map((v) => bitsOf(v ?? 0)));
  expect(actual).toEqual(points.map(({ point }) => point.map(bitsOf)));
}
