import { describe, expect, it } from "vitest";
import { idealHitRate, zipfTrace } from "../../../bench/redis/zipf.mjs";

describe("zipfTrace", () => {
  it.each([1, 1.2])("asks for rank k in proportion to 1 / k^%s", (exponent) => {
    const [keys, reads] = [1000, 400_000];
    const trace = zipfTrace({ keys, reads, exponent, seed: 5 });
    const counts = new Float64Array(keys);
    for (const key of trace) counts[key] = (counts[key] ?? 0) + 1;
    const weights = Array.from({ length: keys }, (_, rank) => (rank + 1) ** -exponent);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    for (const rank of [0, 1, 4, 20]) {
      const share = (counts[rank] ?? 0) / reads;
      const expected = (weights[rank] ?? 0) / sum;
      // Five standard deviations of a binomial count.
      expect(Math.abs(share - expected)).toBeLessThan(5 * Math.sqrt(expected / reads));
    }
  });

  it("stays within the keys, and is the seed's", () => {
    const shape = { keys: 7, reads: 10_000, exponent: 1, seed: 1 };
    const trace = zipfTrace(shape);
    expect(new Set(trace)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
    expect(zipfTrace(shape)).toEqual(trace);
  });
});

describe("idealHitRate", () => {
  it("is the share of the keys asked for most", () => {
    const trace = Uint32Array.of(4, 4, 4, 9, 9, 1, 2, 3);
    expect(idealHitRate(trace, 1)).toBe(3 / 8);
    expect(idealHitRate(trace, 2)).toBe(5 / 8);
    expect(idealHitRate(trace, 0)).toBe(0);
    expect(idealHitRate(trace, 100)).toBe(1);
  });
});
