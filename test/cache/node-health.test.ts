import { expect, it } from "vitest";
import { NodeHealth } from "../../src/cache/node-health.js";

/** Timers that go off when they are told to. */
function manualTimers() {
  const waiting: { readonly ms: number; readonly callback: () => void }[] = [];
  return {
    waiting,
    after: (ms: number, callback: () => void) => {
      const timer = { ms, callback };
      waiting.push(timer);
      return () => {
        waiting.splice(waiting.indexOf(timer), 1);
      };
    },
    fire: async () => {
      waiting.shift()?.callback();
      await new Promise(setImmediate);
    },
  };
}

it("stays well while failures are not in a row", () => {
  const health = new NodeHealth(async () => true, manualTimers().after);
  for (let i = 0; i < 10; i += 1) {
    health.failed(2 * i, 2 * i);
    health.failed(2 * i + 1, 2 * i + 1);
    health.succeeded();
  }
  expect(health.isWell).toBe(true);
});

it("rests after three, longer each time, until a probe finds the node", async () => {
  const timers = manualTimers();
  const answers = [false, false, false, false, false, false, true];
  let probes = 0;
  const health = new NodeHealth(async () => answers[probes++] ?? true, timers.after);
  for (let i = 0; i < 10; i += 1) health.failed(i, i);
  expect(health.isWell).toBe(false);
  const rests: number[] = [];
  while (!health.isWell) {
    expect(timers.waiting).toHaveLength(1);
    rests.push(timers.waiting[0]?.ms ?? 0);
    await timers.fire();
  }
  expect(rests).toEqual([250, 500, 1000, 2000, 4000, 4000, 4000]);
  expect(probes).toBe(7);
  health.failed(20, 20);
  health.failed(21, 21);
  expect(health.isWell).toBe(true);
});

it("counts reads that were under way together as one failure", () => {
  const health = new NodeHealth(async () => true, manualTimers().after);
  for (const askedMs of [0, 1, 2, 3, 4]) health.failed(askedMs, 50);
  for (const askedMs of [30, 49]) health.failed(askedMs, 51);
  expect(health.isWell).toBe(true);
  health.failed(60, 110);
  expect(health.isWell).toBe(true);
  health.failed(111, 161);
  expect(health.isWell).toBe(false);
});

it("takes a probe that throws for one that finds nothing, and none once it is closed", async () => {
  const timers = manualTimers();
  const health = new NodeHealth(() => Promise.reject(new Error("no")), timers.after);
  for (let i = 0; i < 3; i += 1) health.failed(i, i);
  await timers.fire();
  expect([health.isWell, timers.waiting.length]).toEqual([false, 1]);
  health.close();
  expect(timers.waiting).toHaveLength(0);
  expect(health.isWell).toBe(false);
});
