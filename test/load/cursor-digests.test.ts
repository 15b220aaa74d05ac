import fc from "fast-check";
import { expect, it } from "vitest";
import { DigestSet, RANGE_LEVEL } from "../../src/encoding/digest-set.js";
import { CursorDigests, sumOfParts } from "../../src/load/cursor-digests.js";
import { runs } from "../support/seed.js";

function setOf(ranges: readonly number[], digest: number): DigestSet {
  const distinct = [...new Set(ranges)].sort((a, b) => a - b);
  const hex = (value: number) => value.toString(16).padStart(64, "0");
  return DigestSet.fromJson({
    rangeLevel: RANGE_LEVEL,
    rows: distinct.length,
    root: hex(digest * distinct.length),
    ranges: distinct.map((range) => ({ range, rows: 1, sum: hex(digest) })),
  });
}

it("what is saved adds up to all rows, whenever a process ends, and stays small", () => {
  const batch = fc.array(fc.nat(4095), { minLength: 1, maxLength: 900, size: "max" });
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 40, size: "max" }), fc.nat(40), (batches, stop) => {
      let saved: Uint8Array[] = [];
      let sum = DigestSet.empty;
      let cursor = new CursorDigests(saved);
      let written = 0;
      for (const [i, ranges] of batches.entries()) {
        if (i === stop) cursor = new CursorDigests(saved);
        const set = setOf(ranges, i + 1);
        const { bytes, isWhole } = cursor.add(set);
        saved = isWhole ? [bytes] : [...saved, bytes];
        written += bytes.length;
        sum = sum.plus(set);
        expect(sumOfParts(saved).equals(sum)).toBe(true);
        const kept = saved.reduce((total, { length }) => total + length, 0);
        expect(kept).toBeLessThanOrEqual(sum.byteLength + Math.max(65_536, sum.byteLength));
      }
      const parts = batches.reduce((total, ranges) => total + 48 * new Set(ranges).size, 0);
      expect(written).toBeLessThanOrEqual(3 * parts);
    }),
    runs(40),
  );
});
