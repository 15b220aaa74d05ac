import { afterEach, describe, expect, it } from "vitest";
import { OctoloadError } from "../../src/errors/octoload-error.js";
import { rejectionOf } from "../support/rejection-of.js";
import { DispatchCase } from "./dispatch-case.js";
import {
  answering,
  type Behaviour,
  failing,
  plain,
  ringOf,
  type SimulatedNode,
  writeFailure,
} from "./simulated-cluster.js";

const three = [[0, 1, 2]];

let one: DispatchCase;

afterEach(async () => {
  const closing = one.dispatcher.close();
  await one.pass(2_000, 50);
  await closing;
});

function errorOf(index = 0): OctoloadError | undefined {
  const [error] = one.settlements[index]?.errors ?? [];
  return error instanceof OctoloadError ? error : undefined;
}

describe("servers under load", () => {
  it.each([plain("overloaded"), plain("client-timeout"), writeFailure()])(
    "that fail everything are not given more than the budget ($reason)",
    async (failure) => {
      one = new DispatchCase(3, three, { outageTimeoutMs: 1e9 });
      for (const node of one.cluster.nodes) node.behave = failing(failure);
      one.sendMany(200);
      await one.pass(60_000, 10);
      // What was saved up (256), then 10 a second at most; rests of 5 s a node make it fewer.
      const sendings = one.cluster.nodes.reduce((sum, node) => sum + node.sendings, 0);
      expect(sendings).toBeLessThan(100);
      expect(one.dispatcher.stats().limit).toBe("failures");
      for (const node of one.cluster.nodes) node.behave = answering;
      await one.pass(20_000, 10);
      expect(one.done).toBe(200);
    },
  );

  it("that fail now and then keep going", async () => {
    one = new DispatchCase(3, three);
    let turn = 0;
    for (const node of one.cluster.nodes) {
      node.behave = () => (turn++ % 20 === 0 ? failing(plain("overloaded"))() : answering());
    }
    one.sendMany(500);
    await one.finish(30_000);
    expect(one.done).toBe(500);
    const { retries, nodes } = one.dispatcher.stats();
    const failures = nodes.reduce((sum, { failures }) => sum + (failures.overloaded ?? 0), 0);
    expect(retries).toBe(failures);
    expect(one.eventsOf("retries").length).toBeGreaterThan(0);
  });

  it("end the run when none ever acknowledges", async () => {
    one = new DispatchCase(3, three, { outageTimeoutMs: 30_000 });
    for (const node of one.cluster.nodes) node.behave = failing(plain("overloaded"));
    one.sendMany(5);
    await one.pass(32_000, 20);
    expect(errorOf()?.code).toBe("CASSANDRA_OUTAGE");
  });
});

describe("a frame that is at fault", () => {
  const isBad = (frame: Uint8Array) => frame.length === 13;

  function poison(failure: Extract<Behaviour, { kind: "fail" }>["failure"]) {
    for (const node of one.cluster.nodes) {
      node.behave = (frame) => (isBad(frame) ? failing(failure)() : answering());
    }
  }

  it("because it is invalid is refused at once, and only it", async () => {
    one = new DispatchCase(3, three);
    poison(plain("invalid", "Batch too large"));
    one.sendMany(20);
    const bad = one.send(0, 13);
    one.sendMany(20);
    await one.pass(100);
    expect(bad.outcomes).toMatchObject([
      { kind: "refused", failure: { message: "Batch too large" } },
    ]);
    expect(one.done).toBe(40);
    expect(one.dispatcher.stats().refusedFrames).toBe(1);
  });

  it("because servers give it up is refused after a few attempts beside others", async () => {
    one = new DispatchCase(3, three);
    poison(writeFailure());
    const bad = one.send(0, 13);
    for (let at = 0; at < 100; at += 1) {
      one.send();
      await one.pass(50, 10);
    }
    expect(bad.outcomes).toMatchObject([{ kind: "refused", failure: { reason: "write-failure" } }]);
    expect(one.done).toBe(100);
  });

  it("is refused too when it is the last", async () => {
    one = new DispatchCase(3, three);
    poison(plain("server-error"));
    one.sendMany(10);
    await one.finish(1_000);
    const bad = one.send(0, 13);
    await one.pass(20_000, 20);
    expect(bad.outcomes).toEqual([]);
    await one.pass(30_000, 20);
    expect(bad.outcomes).toMatchObject([{ kind: "refused" }]);
  });

  it("is not what is refused when nothing at all works", async () => {
    one = new DispatchCase(3, three);
    for (const node of one.cluster.nodes) node.behave = failing(writeFailure());
    one.sendMany(100);
    await one.pass(50_000, 20);
    expect(one.unsettled).toBe(100);
  });
});

describe("what ends a run", () => {
  function changeTables(nodes: readonly SimulatedNode[]) {
    for (const node of nodes) {
      node.behave = failing(plain("invalid", "unconfigured table octree_nodes"));
      node.schemaFault = "unconfigured table octree_nodes";
    }
  }

  it("is a table that is gone", async () => {
    one = new DispatchCase(3, three);
    changeTables(one.cluster.nodes);
    one.sendMany(50);
    await one.pass(100);
    expect(one.unsettled).toBe(0);
    expect(errorOf()?.code).toBe("CASSANDRA_SCHEMA_LOST");
    expect(one.done + one.dispatcher.stats().refusedFrames).toBe(0);
  });

  it("is not one node that has not heard of the tables", async () => {
    one = new DispatchCase(3, three);
    changeTables([one.cluster.node(1)]);
    one.sendMany(50);
    await one.finish(5_000);
    expect(one.done).toBe(50);
  });

  it("is a permission taken away", async () => {
    one = new DispatchCase(3, three);
    for (const node of one.cluster.nodes) node.behave = failing(plain("unauthorized", "no MODIFY"));
    one.sendMany(5);
    await one.pass(100);
    expect(errorOf()?.code).toBe("CASSANDRA_ACCESS_LOST");
  });

  it("is not a disk that is full: it waits", async () => {
    one = new DispatchCase(3, three);
    const full =
      "Guardrail replica_disk_usage violated: Write request failed because disk usage exceeds failure threshold";
    for (const node of one.cluster.nodes) node.behave = failing(plain("invalid", full));
    one.sendMany(5);
    await one.pass(5_000, 10);
    expect(one.unsettled).toBe(5);
    expect(one.eventsOf("paused")).toMatchObject([{ message: full }]);
    for (const node of one.cluster.nodes) node.behave = answering;
    await one.pass(8_000, 10);
    expect(one.done).toBe(5);
  });

  it("is the signal: what waits rejects at once, what is on the way settles", async () => {
    const controller = new AbortController();
    one = new DispatchCase(1, [[0]], { signal: controller.signal });
    one.cluster.node(0).behave = () => ({ kind: "answer", afterMs: 50 });
    one.sendMany(20);
    await one.pass(10);
    const sent = one.cluster.node(0).sendings;
    controller.abort(new Error("stop"));
    await one.pass(1);
    expect(one.unsettled).toBe(sent);
    await one.pass(100);
    expect([one.done, one.unsettled]).toEqual([sent, 0]);
    expect(one.cluster.node(0).sendings).toBe(sent);
  });
});

describe("another ring", () => {
  it("takes frames to nodes that joined and none to those that left", async () => {
    one = new DispatchCase(4, [[0, 1]]);
    one.cluster.node(0).behave = () => ({ kind: "answer", afterMs: 30 });
    one.cluster.node(1).behave = () => ({ kind: "answer", afterMs: 30 });
    one.sendMany(100);
    await one.pass(5);
    const before = one.cluster.node(0).sendings;
    one.dispatcher.useRing(ringOf([[1, 2, 3]]));
    one.sendMany(100);
    await one.finish(5_000);
    expect(one.done).toBe(200);
    expect(one.cluster.node(0).sendings).toBe(before);
    expect(one.cluster.node(3).sendings).toBeGreaterThan(10);
    expect(one.dispatcher.stats().nodes.map(({ node }) => node)).toEqual(["n1", "n2", "n3"]);
  });

  it("does not know the old one's replica sets, the old one does", async () => {
    const old = ringOf([[0], [1]]);
    one = new DispatchCase(2, [], { ring: old });
    one.dispatcher.useRing(ringOf([[0, 1]]));
    const error = await rejectionOf(one.dispatcher.send(new Uint8Array(5), 1, 1));
    expect(error.fault).toMatch(/replica set 1 is none/);
    const late = one.dispatcher.send(new Uint8Array(5), 1, 1, old);
    await one.pass(50);
    expect(await late).toEqual({ kind: "done" });
  });
});

describe("warnings", () => {
  it("about batch sizes are told of with their numbers, once a second", async () => {
    one = new DispatchCase(1, [[0]]);
    const message =
      "Batch for [ks.octree_nodes] is of size 7.000KiB, exceeding specified threshold of 5.000KiB by 2.000KiB.";
    one.cluster.node(0).warnings = [message];
    one.sendMany(100);
    await one.finish(900);
    expect(one.eventsOf("batch-warning")).toEqual([
      { kind: "batch-warning", sizeBytes: 7168, thresholdBytes: 5120, message },
    ]);
  });

  it("of other kinds are told of once, those that batches always bring never", async () => {
    one = new DispatchCase(1, [[0]]);
    let turn = 0;
    Object.defineProperty(one.cluster.node(0), "warnings", {
      get: () => [`something took ${turn++} ms`, "Unlogged batch covering 17 partitions detected"],
    });
    one.sendMany(50);
    await one.finish(1_000);
    expect(one.eventsOf("server-warning")).toEqual([
      { kind: "server-warning", node: "n0", message: "something took 0 ms" },
    ]);
  });
});
