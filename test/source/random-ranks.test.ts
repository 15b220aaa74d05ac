import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomRanks } from "../../src/source/random-ranks.js";
import { runs } from "../support/seed.js";

describe("randomRanks", () => {
  it("is the same on any machine", () => {
    expect(randomRanks(8, 1_000_000, 12_345)).toStrictEqual([
      119541, 122652, 133078, 176117, 204815, 337033, 431458, 506878,
    ]);
  });

  it("gives so many different ranks, ascending", () => {
    const count = fc.integer({ min: 0, max: 60 });
    fc.assert(
      fc.property(count, count, fc.integer(), (wanted, total, seed) => {
        const ranks = randomRanks(wanted, total, seed);
        expect(ranks).toHaveLength(Math.min(wanted, total));
        expect(new Set(ranks).size).toBe(ranks.length);
        expect([...ranks].sort((left, right) => left - right)).toStrictEqual(ranks);
        expect(ranks.every((rank) => rank >= 0 && rank < total)).toBe(true);
      }),
      runs(300),
    );
  });

  it("draws every rank equally often", () => {
    const drawn = new Array<number>(20).fill(0);
    for (let seed = 0; seed < 4000; seed += 1) {
      for (const rank of randomRanks(5, 20, seed)) drawn[rank] = (drawn[rank] ?? 0) + 1;
    }
    // 4000 draws of 5 from 20: 1000 each, standard deviation 27.
    for (const times of drawn) expect(Math.abs(times - 1000)).toBeLessThan(5 * 27);
  });
});
