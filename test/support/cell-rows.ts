import fc from "fast-check";
import type { CellRow } from "../../src/backup/cell-row.js";

const timeUs = fc.bigInt({ min: 1n, max: 4_000_000_000_000_000n });
const float32 = fc.float({ min: Math.fround(0.001), max: 1, noNaN: true });

const anyValues = fc.tuple(
  fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  fc.option(float32),
  fc.option(fc.integer({ min: -128, max: 127 })),
  fc.option(fc.uint8Array({ maxLength: 300, size: "max" })),
  fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
);

const anyTimes = fc.oneof(
  timeUs.map((time) => ({
    times: Array.from({ length: 5 }, () => time),
    expiries: [0, 0, 0, 0, 0],
  })),
  fc.record({
    times: fc.array(timeUs, { minLength: 5, maxLength: 5 }),
    expiries: fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1, max: 4e9, noNaN: true })), {
      minLength: 5,
      maxLength: 5,
    }),
  }),
);

/** Any row that Cassandra can hold, cells of any time and expiry; what is NULL has neither. */
export const anyCellRow: fc.Arbitrary<CellRow> = fc
  .record({
    level: fc.integer({ min: 0, max: 26 }),
    tile: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    cell: fc.integer({ min: 0, max: 32_767 }),
    values: anyValues,
    written: anyTimes,
  })
  .map(({ written: { times, expiries }, values, ...key }) => ({
    ...key,
    values,
    writeTimesUs: values.map((value, i) => (value === null ? null : (times[i] ?? null))),
    expiriesS: values.map((value, i) => (value === null ? 0 : (expiries[i] ?? 0))),
  }));

/** A row with an envelope of `bytes` bytes, written at one time. */
export function plainCellRow(index: number, bytes: number): CellRow {
  const envelope = Buffer.alloc(bytes, index);
  return {
    level: 12,
    tile: BigInt(index),
    cell: index % 32_768,
    values: [index, 1, -1, envelope, 0n],
    writeTimesUs: [7n, 7n, 7n, 7n, 7n],
    expiriesS: [0, 0, 0, 0, 0],
  };
}

/** As deep equality needs it: whichever kind of array an envelope is in. */
export function shownRow({ values, ...row }: CellRow) {
  return {
    ...row,
    values: values.map((value) => {
      return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
    }),
  };
}
