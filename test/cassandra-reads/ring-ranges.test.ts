import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  shareOf,
  splitRange,
  splitRing,
  spread,
  type TokenRange,
} from "../../src/cassandra/ring-ranges.js";
import { runs } from "../support/seed.js";

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const anyToken = fc.oneof(
  fc.bigInt(MIN, MAX),
  fc.constantFrom(MIN, MIN + 1n, -1n, 0n, MAX - 1n, MAX),
);
const anyRing = fc
  .uniqueArray(anyToken, { maxLength: 50 })
  .map((tokens) => BigInt64Array.from(tokens).sort());

function expectChain(ranges: readonly TokenRange[], after: bigint, last: bigint): void {
  let at = after;
  for (const range of ranges) {
    expect(range.after).toBe(at);
    expect(range.last > range.after).toBe(true);
    at = range.last;
  }
  expect(at).toBe(last);
}

describe("splitRing", () => {
  it("covers the ring once, and no range crosses a boundary", () => {
    fc.assert(
      fc.property(anyRing, fc.integer({ min: 1, max: 300 }), (boundaries, parts) => {
        const ranges = splitRing({ boundaries }, parts);
        expectChain(ranges, MIN, MAX);
        const crossed = ranges.filter(({ after, last }) =>
          boundaries.some((token) => after < token && token < last),
        );
        expect(crossed).toEqual([]);
        expect(ranges.length).toBeLessThanOrEqual(parts + 2 * boundaries.length + 2);
      }),
      runs(200),
    );
  });

  it("splits evenly where nothing stands against it", () => {
    const ranges = splitRing({ boundaries: BigInt64Array.of(5n) }, 256);
    const shares = ranges.map(shareOf);
    expect(ranges.length).toBe(256);
    expect(Math.max(...shares)).toBeLessThan(1.01 / 256);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  });
});

describe("splitRange", () => {
  it("makes no empty range of a narrow one", () => {
    expect(splitRange({ after: 7n, last: 8n }, 2)).toEqual([{ after: 7n, last: 8n }]);
    const ranges = splitRange({ after: -2n, last: 3n }, 3);
    expectChain(ranges, -2n, 3n);
    expect(ranges).toHaveLength(3);
  });
});

describe("spread", () => {
  it("keeps every range, and readers begin far apart", () => {
    const numbers = Array.from({ length: 10 }, (_, i) => i);
    const order = spread(numbers, 4);
    expect(order.toSorted((a, b) => a - b)).toEqual(numbers);
    expect(order.slice(0, 4)).toEqual([0, 3, 6, 9]);
    expect(spread([], 4)).toEqual([]);
  });
});
