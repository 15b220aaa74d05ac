import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { timeTickLabel, timeTicks, valueTicks } from "../../src/report/axis.js";
import { runs } from "../support/seed.js";

describe("valueTicks", () => {
  it("are round and reach the top", () => {
    expect(valueTicks(0)).toEqual([0, 1]);
    expect(valueTicks(5)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(valueTicks(1_234_567)).toEqual([0, 500_000, 1_000_000, 1_500_000]);
  });

  it("are few and evenly spaced for any value", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e12, noNaN: true }), (most) => {
        const ticks = valueTicks(most);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(6);
        expect(ticks.at(-1) ?? 0).toBeGreaterThanOrEqual(most * (1 - 1e-8));
      }),
      runs(300),
    );
  });
});

describe("timeTicks", () => {
  it("are round times in the unit of their distance", () => {
    const labels = (endMs: number) => {
      const ticks = timeTicks(endMs);
      return ticks.map((tick) => timeTickLabel(tick, ticks));
    };
    expect(labels(100)).toEqual(["0", "0.02 s", "0.04 s", "0.06 s", "0.08 s", "0.1 s"]);
    expect(labels(25_220)).toEqual(["0", "5 s", "10 s", "15 s", "20 s", "25 s"]);
    expect(labels(600_000)).toEqual(["0", "2 min", "4 min", "6 min", "8 min", "10 min"]);
    expect(labels(36_000_000)).toEqual(["0", "2 h", "4 h", "6 h", "8 h", "10 h"]);
  });

  it("are few and within the time for any length", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e10 }), (endMs) => {
        const ticks = timeTicks(endMs);
        expect(ticks.length).toBeLessThanOrEqual(7);
        expect(ticks.at(-1) ?? 0).toBeLessThanOrEqual(endMs);
      }),
      runs(300),
    );
  });
});
