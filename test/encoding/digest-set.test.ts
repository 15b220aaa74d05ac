import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DigestSet,
  RANGE_LEVEL,
  type RangeDigest,
  rangeOf,
} from "../../src/encoding/digest-set.js";
import { refusalOf } from "../support/refusal-of.js";
import { runs } from "../support/seed.js";

const MODULUS = 1n << 256n;
const hex = (sum: bigint) => (sum % MODULUS).toString(16).padStart(64, "0");

/** Digests of single rows by range; few ranges, so that sets meet. */
const anyRows = fc.array(
  fc.record({
    range: fc.oneof(fc.nat(5), fc.nat(4095)),
    digest: fc.oneof(fc.bigInt(0n, MODULUS - 1n), fc.constantFrom(0n, 1n, MODULUS - 1n)),
  }),
  { maxLength: 40 },
);

type Rows = readonly { readonly range: number; readonly digest: bigint }[];

function plainRanges(rows: Rows): RangeDigest[] {
  const numbers = [...new Set(rows.map(({ range }) => range))].sort((a, b) => a - b);
  return numbers.map((range) => {
    const own = rows.filter((row) => row.range === range);
    return { range, rows: own.length, sum: hex(own.reduce((sum, row) => sum + row.digest, 0n)) };
  });
}

function setOf(rows: Rows): DigestSet {
  const root = hex(rows.reduce((sum, { digest }) => sum + digest, 0n));
  const ranges = plainRanges(rows);
  return DigestSet.fromJson({ rangeLevel: RANGE_LEVEL, rows: rows.length, root, ranges });
}

describe("sets of digests", () => {
  it("add up and subtract as their rows do", () => {
    fc.assert(
      fc.property(anyRows, anyRows, (a, b) => {
        const both = setOf(a).plus(setOf(b));
        expect(both.toJSON()).toEqual(setOf([...a, ...b]).toJSON());
        expect(both.equals(setOf(b).plus(setOf(a)))).toBe(true);
        expect(both.minus(setOf(b)).equals(setOf(a))).toBe(true);
        expect(both.minus(both).equals(DigestSet.empty)).toBe(true);
        expect(both.ranges).toEqual(plainRanges([...a, ...b]));
      }),
      runs(200),
    );
  });

  it("come back from bytes and JSON, wherever the bytes lie", () => {
    fc.assert(
      fc.property(anyRows, fc.nat(7), (rows, shift) => {
        const set = setOf(rows);
        const moved = new Uint8Array(set.bytes.length + shift);
        moved.set(set.bytes, shift);
        expect(DigestSet.fromBytes(moved.subarray(shift)).equals(set)).toBe(true);
        const json = JSON.parse(JSON.stringify(set));
        expect(DigestSet.fromJson(json).equals(set)).toBe(true);
        expect(set.bytes.length).toBe(48 * set.rangeCount);
      }),
      runs(100),
    );
  });

  it("tell in which ranges they differ", () => {
    const rows = [3, 5, 7].map((range) => ({ range, digest: BigInt(range) }));
    const other = [...rows.slice(1, 2), { range: 7, digest: 8n }, { range: 9, digest: 1n }];
    expect(setOf(rows).differingRanges(setOf(other))).toEqual([3, 7, 9]);
    expect(setOf(rows).differingRanges(setOf(rows))).toEqual([]);
    expect(setOf(rows).equals(setOf(other))).toBe(false);
  });

  it("refuse what is none, and rows that they do not have", () => {
    const one = setOf([{ range: 1, digest: 5n }]);
    const two = setOf([{ range: 1, digest: 6n }]);
    const invalid = ["DIGEST_INVALID"];
    const code = (action: () => unknown) => [refusalOf(action).code];
    expect(code(() => one.minus(two))).toEqual(invalid);
    expect(code(() => DigestSet.empty.minus(one))).toEqual(invalid);
    expect(code(() => DigestSet.fromBytes(new Uint8Array(47)))).toEqual(invalid);
    expect(code(() => DigestSet.fromBytes(new Uint8Array(48)))).toEqual(invalid);
    const json = one.toJSON();
    const sum = json.ranges[0]?.sum ?? "";
    for (const wrong of [
      { ...json, rangeLevel: 6 },
      { ...json, rows: 2 },
      { ...json, root: two.root },
      { ...json, ranges: [{ range: 1, rows: 1, sum: sum.slice(1) }] },
      { ...json, ranges: [...json.ranges, ...json.ranges], rows: 2 },
      { ...json, ranges: [{ range: 4096, rows: 1, sum }] },
    ]) {
      expect(code(() => DigestSet.fromJson(wrong))).toEqual(invalid);
    }
  });

  it("number ranges by the min corner's cell of level 4", () => {
    expect(rangeOf(0n, 0)).toBe(0);
    expect(rangeOf(7n, 1)).toBe(7 << 9);
    expect(rangeOf(4095n, 4)).toBe(4095);
    expect(rangeOf(4095n * 8n ** 22n + 5n, 26)).toBe(4095);
    expect(rangeOf(4001n * 64n + 63n, 6)).toBe(4001);
  });
});
