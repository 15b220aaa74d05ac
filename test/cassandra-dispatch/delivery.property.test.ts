import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../support/seed.js";
import { DispatchCase } from "./dispatch-case.js";
import { type Behaviour, plain, unavailable, writeFailure } from "./simulated-cluster.js";

const NODES = 4;
const replicaSets = [
  [0, 1, 2],
  [1, 2, 3],
  [0, 2, 3],
  [0, 1, 3],
];

const failure = fc.constantFrom(
  plain("client-timeout"),
  plain("overloaded"),
  plain("connection-lost"),
  plain("bootstrapping"),
  plain("server-error"),
  plain("truncating"),
  unavailable(),
  writeFailure(),
);

const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  { weight: 6, arbitrary: answer() },
  { weight: 2, arbitrary: failing() },
  { weight: 1, arbitrary: fc.constant<Behaviour>({ kind: "silent" }) },
);

function answer(): fc.Arbitrary<Behaviour> {
  return fc.integer({ min: 1, max: 40 }).map((afterMs) => ({ kind: "answer", afterMs }));
}

function failing(): fc.Arbitrary<Behaviour> {
  return fc
    .record({ afterMs: fc.integer({ min: 1, max: 40 }), failure })
    .map((facts) => ({ kind: "fail", ...facts }));
}

const step = fc.oneof(
  fc.record({
    kind: fc.constant("send" as const),
    count: fc.integer({ min: 1, max: 30 }),
    replicaSet: fc.nat(replicaSets.length - 1),
    bytes: fc.integer({ min: 1, max: 3_000 }),
  }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 400 }) }),
  fc.record({
    kind: fc.constant("power" as const),
    node: fc.nat(NODES - 1),
    isUp: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("behave" as const),
    node: fc.nat(NODES - 1),
    cycle: fc.array(behaviour, { minLength: 1, maxLength: 5 }),
  }),
);

const bounds = { maxInFlightRequests: 8, maxInFlightBytes: 10_000 };

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function play(one: DispatchCase, action: Step): Promise<void> {
  switch (action.kind) {
    case "send":
      one.sendMany(action.count, action.replicaSet, action.bytes);
      return;
    case "pass":
      await one.pass(action.ms, 5);
      return;
    case "power":
      one.cluster.node(action.node).isUp = action.isUp;
      return;
    case "behave": {
      const { cycle, node } = action;
      let turn = 0;
      one.cluster.node(node).behave = () => cycle[turn++ % cycle.length] ?? { kind: "silent" };
    }
  }
}

/** All nodes are well again, and stay so. */
async function recover(one: DispatchCase): Promise<void> {
  for (const node of one.cluster.nodes) {
    node.isUp = true;
    node.behave = () => ({ kind: "answer", afterMs: 3 });
  }
  await one.finish(120_000, 20);
}

function checkSettled(one: DispatchCase): void {
  expect(one.unsettled).toBe(0);
  expect(one.cluster.faults).toEqual([]);
  for (const { outcomes, errors } of one.settlements) {
    expect(errors).toEqual([]);
    expect(outcomes.length).toBe(1);
  }
  const stats = one.dispatcher.stats();
  expect(stats.frames + stats.refusedFrames).toBe(one.settlements.length);
  expect(stats.waitingFrames).toBe(0);
  for (const { inFlightRequests, inFlightBytes } of stats.nodes) {
    expect([inFlightRequests, inFlightBytes]).toEqual([0, 0]);
  }
}

function checkWindows(one: DispatchCase): void {
  for (const { maxInFlight, maxInFlightBytes } of one.cluster.nodes) {
    expect(maxInFlight).toBeLessThanOrEqual(bounds.maxInFlightRequests);
    expect(maxInFlightBytes).toBeLessThanOrEqual(bounds.maxInFlightBytes);
  }
}

describe("a dispatcher, whatever its nodes do", () => {
  it("settles each frame exactly once, loses none and keeps to its windows", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const one = new DispatchCase(NODES, replicaSets, { ...bounds, outageTimeoutMs: 1e9 });
        for (const action of steps) await play(one, action);
        await recover(one);
        checkSettled(one);
        checkWindows(one);
        await one.dispatcher.drain();
        await one.dispatcher.close();
        expect(one.clock.timerCount).toBe(0);
      }),
      runs(100),
    );
  });

  it("settles each frame exactly once too when it is ended in the middle", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const controller = new AbortController();
        const one = new DispatchCase(NODES, replicaSets, { ...bounds, signal: controller.signal });
        for (const action of steps) await play(one, action);
        controller.abort(new Error("ended"));
        await one.finish(5_000, 20);
        expect(one.unsettled).toBe(0);
        expect(one.cluster.faults).toEqual([]);
        for (const { outcomes, errors } of one.settlements) {
          expect(outcomes.length + errors.length).toBe(1);
        }
        await one.dispatcher.close();
        expect(one.clock.timerCount).toBe(0);
      }),
      runs(60),
    );
  });

  it("sends again no more than the budget allows", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(behaviour, { minLength: 1, maxLength: 8 }), async (cycle) => {
        const one = new DispatchCase(NODES, replicaSets, { ...bounds, outageTimeoutMs: 1e9 });
        let turn = 0;
        for (const node of one.cluster.nodes) {
          node.behave = () => cycle[turn++ % cycle.length] ?? { kind: "silent" };
        }
        const seconds = 30;
        for (let at = 0; at < seconds * 10; at += 1) {
          if (one.unsettled < 40) one.sendMany(40, at % replicaSets.length);
          await one.pass(100, 20);
        }
        const { retries, frames } = one.dispatcher.stats();
        expect(retries).toBeLessThanOrEqual(64 + 0.2 * frames + 10 * seconds + probesIn(seconds));
        await recover(one);
        await one.dispatcher.close();
      }),
      runs(30),
    );
  });
});

/** A paused replica set is tried with one frame, less and less often until it works. */
function probesIn(seconds: number): number {
  return replicaSets.length * seconds * 10;
}
