import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HotAdmission } from "../../src/hot-feed/hot-admission.js";

const PRIORITIES = 256;

function totalsOf(priorities: Uint8Array): Uint32Array {
  const totals = new Uint32Array(PRIORITIES);
  for (const priority of priorities) totals[priority] = (totals[priority] ?? 0) + 1;
  return totals;
}

/** Offers batches, and tells the priorities that were taken, in order. */
function take(admission: HotAdmission, rows: Uint8Array, batchRows: number): number[] {
  const taken: number[] = [];
  for (let begin = 0; begin < rows.length; begin += batchRows) {
    const batch = rows.slice(begin, begin + batchRows);
    const hot = batch.filter((priority) => priority > 0).length;
    const refused = admission.admit(batch, totalsOf(batch));
    const left = batch.filter((priority) => priority > 0);
    expect(left.length).toBe(hot - refused);
    taken.push(...left);
  }
  return taken;
}

describe("HotAdmission", () => {
  it("takes every hot row where there is room without bound", () => {
    const admission = new HotAdmission({
      ...{ expected: new Float64Array(PRIORITIES), rows: 6, capacity: null, isShuffled: false },
    });
    expect(take(admission, Uint8Array.of(0, 1, 255, 0, 7, 3), 2)).toEqual([1, 255, 7, 3]);
    expect(admission.lowestPriority).toBe(1);
  });

  it("takes the hottest where what comes is as expected, and as many as fit", () => {
    const rows = fc.uint8Array({ minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(rows, fc.nat(500), fc.integer({ min: 1, max: 50 }), (all, capacity, batch) => {
        const expected = totalsOf(all);
        const facts = { expected, rows: all.length, capacity, isShuffled: false };
        const taken = take(new HotAdmission(facts), all, batch);
        const hottest = [...all]
          .filter((p) => p > 0)
          .sort((a, b) => b - a)
          .slice(0, capacity);
        expect(taken.sort((a, b) => b - a)).toEqual(hottest);
      }),
      { seed: 20261122 },
    );
  });

  it("never takes more than fit, whatever was expected", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: PRIORITIES, maxLength: PRIORITIES }),
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(100),
        fc.boolean(),
        (expected, all, capacity, isShuffled) => {
          const admission = new HotAdmission({ expected, rows: 300, capacity, isShuffled });
          expect(take(admission, all, 32).length).toBeLessThanOrEqual(capacity);
        },
      ),
      { seed: 20261122 },
    );
  });

  it("learns from rows in no order of place, where the estimate was wrong", () => {
    // Expected: nothing hot but at 200. What comes: a tenth at 200, a tenth at 100.
    const expected = new Float64Array(PRIORITIES);
    expected[200] = 1_000_000;
    const facts = { expected, rows: 1_000_000, capacity: 150_000, isShuffled: true };
    const admission = new HotAdmission(facts);
    expect(admission.lowestPriority).toBe(200);
    const rows = Uint8Array.from({ length: 10_000 }, (_, i) => [200, 100][i % 10] ?? 0);
    for (let i = 0; i < 100; i += 1) take(admission, rows.slice(), 1000);
    expect(admission.lowestPriority).toBe(100);
    expect(admission.taken).toBeGreaterThan(130_000);
    expect(admission.taken).toBeLessThanOrEqual(150_000);
  });

  it("takes more when entries turn out to be smaller", () => {
    const all = new Uint8Array(1000).fill(9);
    const facts = { expected: totalsOf(all), rows: 1000, capacity: 10, isShuffled: false };
    const admission = new HotAdmission(facts);
    expect(take(admission, all.slice(0, 500), 50).length).toBe(10);
    admission.setCapacity(400);
    expect(take(admission, all.slice(500), 50).length).toBe(390);
    expect(admission.expectedRows).toBe(400);
  });
});
