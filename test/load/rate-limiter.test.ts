import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RateLimiter } from "../../src/load/rate-limiter.js";
import { ManualClock } from "../support/manual-clock.js";
import { runs } from "../support/seed.js";

function start() {
  const clock = new ManualClock();
  const limiter = new RateLimiter(clock);
  const admitted: string[] = [];
  const ask = (name: string, rows: number, signal?: AbortSignal) => {
    return limiter.acquire(rows, signal).then(() => admitted.push(name));
  };
  /** Lets promises settle after time has passed. */
  const pass = async (ms: number) => {
    clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, limiter, admitted, ask, pass };
}

describe("RateLimiter", () => {
  it("lets everything pass without a rate", async () => {
    const { limiter, clock } = start();
    for (let i = 0; i < 100; i++) await limiter.acquire(1_000_000);
    expect(limiter.isHolding).toBe(false);
    expect(clock.timerCount).toBe(0);
  });

  it("makes a batch wait until the one before is paid for", async () => {
    const { limiter, admitted, ask, pass } = start();
    limiter.setRate(100);
    await ask("a", 50);
    const waiting = ask("b", 50);
    await pass(499);
    expect(admitted).toEqual(["a"]);
    expect(limiter.isHolding).toBe(true);
    await pass(1);
    expect(admitted).toEqual(["a", "b"]);
    await waiting;
  });

  it("admits in the order of asking, small batches behind a large one too", async () => {
    const { limiter, admitted, ask, pass } = start();
    limiter.setRate(10);
    const all = [ask("a", 10), ask("large", 100), ask("small", 1)];
    await pass(1000);
    expect(admitted).toEqual(["a", "large"]);
    await pass(10_000);
    expect(admitted).toEqual(["a", "large", "small"]);
    await Promise.all(all);
  });

  it("applies a new rate to the batches already waiting", async () => {
    const { limiter, admitted, ask, pass } = start();
    limiter.setRate(1);
    const all = [ask("a", 1000), ask("b", 1000)];
    await pass(1000);
    expect(admitted).toEqual(["a"]);
    limiter.setRate(1_000_000);
    await pass(1);
    expect(admitted).toEqual(["a", "b"]);
    await Promise.all(all);
  });

  it("lets go at once when the limit is taken away", async () => {
    const { limiter, admitted, ask, pass } = start();
    limiter.setRate(1);
    const all = [ask("a", 1000), ask("b", 1000), ask("c", 1000)];
    limiter.setRate(null);
    await pass(0);
    expect(admitted).toEqual(["a", "b", "c"]);
    await Promise.all(all);
  });

  it("holds everything during a pause, whatever the rate, and goes on after it", async () => {
    const { limiter, clock, admitted, ask, pass } = start();
    limiter.setPaused(true);
    const all = [ask("a", 1), ask("b", 1)];
    limiter.setRate(1000);
    limiter.setRate(null);
    await pass(100_000);
    expect(admitted).toEqual([]);
    expect(clock.timerCount).toBe(0);
    limiter.setPaused(false);
    await pass(0);
    expect(admitted).toEqual(["a", "b"]);
    await Promise.all(all);
  });

  it("saves up a tenth of a second at most", async () => {
    const { limiter, admitted, ask, pass } = start();
    limiter.setRate(1000);
    await pass(60_000);
    const all = [ask("a", 100), ask("b", 1), ask("c", 1)];
    await pass(0);
    expect(admitted).toEqual(["a", "b"]);
    await pass(1);
    expect(admitted).toEqual(["a", "b", "c"]);
    await Promise.all(all);
  });

  it("refuses an aborted signal and forgets a batch that is aborted while it waits", async () => {
    const { limiter, admitted, ask, pass } = start();
    limiter.setRate(10);
    await ask("a", 10);
    const controller = new AbortController();
    const aborted = limiter.acquire(1000, controller.signal);
    const next = ask("b", 1);
    controller.abort(new Error("stop"));
    await expect(aborted).rejects.toThrow("stop");
    await expect(limiter.acquire(1, controller.signal)).rejects.toThrow("stop");
    await pass(1000);
    expect(admitted).toEqual(["a", "b"]);
    await next;
  });

  it("keeps to the rate over any course of batches", async () => {
    const batches = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(batches, fc.integer({ min: 1, max: 100_000 }), async (sizes, rate) => {
        const { clock, limiter, pass } = start();
        limiter.setRate(rate);
        const startsMs: number[] = [];
        const all = sizes.map((rows) =>
          limiter.acquire(rows).then(() => startsMs.push(clock.nowMs())),
        );
        while (limiter.isHolding) await pass(1000 / rate + 50);
        await Promise.all(all);
        // A batch starts when those before it have taken their time at the rate, and no later
        // than the clock's step and the timers' rounding up.
        let rows = 0;
        for (const [i, startMs] of startsMs.entries()) {
          expect(startMs).toBeGreaterThanOrEqual((rows / rate) * 1000 - 1e-6);
          rows += sizes[i] ?? 0;
        }
      }),
      runs(50),
    );
  });
});
