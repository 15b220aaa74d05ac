import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { arrivalTimes, randomsFrom, runOpenLoop } from "../../../bench/redis/open-loop.mjs";

describe("arrivalTimes", () => {
  it("come at the rate asked for, as a Poisson process does", () => {
    const count = 50_000;
    const times = arrivalTimes({ perSecond: 2000, count, seed: 1 });
    const gaps = Array.from(times, (time, i) => time - (i === 0 ? 0 : (times[i - 1] ?? 0)));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / count;
    expect(mean).toBeCloseTo(0.5, 2);
    // Of exponential gaps 1/e are longer than their mean.
    expect(gaps.filter((gap) => gap > mean).length / count).toBeCloseTo(Math.exp(-1), 2);
    expect(Math.min(...gaps.slice(0, 1000))).toBeGreaterThanOrEqual(0);
  });

  it("are the seed's", () => {
    const arrivals = { perSecond: 10, count: 20, seed: 3 };
    expect(arrivalTimes(arrivals)).toEqual(arrivalTimes(arrivals));
    expect(arrivalTimes(arrivals)).not.toEqual(arrivalTimes({ ...arrivals, seed: 4 }));
  });
});

describe("randomsFrom", () => {
  it("is even over [0, 1)", () => {
    const random = randomsFrom(9);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i += 1) {
      const tenth = Math.floor(random() * 10);
      counts[tenth] = (counts[tenth] ?? 0) + 1;
    }
    expect(counts).toHaveLength(10);
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe("runOpenLoop", () => {
  it("starts reads whatever became of earlier ones, and counts the wait from the intended start", async () => {
    const count = 40;
    let under = 0;
    let most = 0;
    const seen: number[] = [];
    const times = await runOpenLoop({ perSecond: 2000, count, seed: 1 }, async (index) => {
      seen.push(index);
      under += 1;
      most = Math.max(most, under);
      await sleep(50);
      under -= 1;
    });
    expect(seen).toEqual(Array.from({ length: count }, (_, i) => i));
    // All of them are under way before the first one ends, or it would be no open loop.
    expect(most).toBeGreaterThan(1);
    expect(times).toHaveLength(count);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(49);
  });

  it("counts what a busy client held up", async () => {
    const times = await runOpenLoop({ perSecond: 1000, count: 20, seed: 2 }, async (index) => {
      if (index > 0) return;
      const endMs = performance.now() + 200;
      while (performance.now() < endMs);
    });
    // The others were due while the first one kept the event loop.
    expect(times[1]).toBeGreaterThan(100);
  });

  it("fails with the read that fails", async () => {
    const read = () => Promise.reject(new Error("no answer"));
    await expect(runOpenLoop({ perSecond: 1000, count: 3, seed: 2 }, read)).rejects.toThrow(
      "no answer",
    );
  });
});
