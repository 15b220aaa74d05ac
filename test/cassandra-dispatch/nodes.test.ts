import { afterEach, describe, expect, it } from "vitest";
import { OctoloadError } from "../../src/errors/octoload-error.js";
import { DispatchCase } from "./dispatch-case.js";
import { answering, failing, unavailable } from "./simulated-cluster.js";

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

describe("nodes in good health", () => {
  it("share the frames evenly", async () => {
    one = new DispatchCase(3, three);
    for (let at = 0; at < 30; at += 1) {
      one.sendMany(10);
      await one.pass(5);
    }
    await one.finish(1_000);
    expect(one.done).toBe(300);
    for (const { sendings } of one.cluster.nodes) expect(sendings).toBeGreaterThan(80);
  });

  it("get more the faster they are", async () => {
    one = new DispatchCase(2, [[0, 1]]);
    one.cluster.node(1).behave = () => ({ kind: "answer", afterMs: 40 });
    for (let at = 0; at < 200; at += 1) {
      if (one.unsettled < 40) one.sendMany(20);
      await one.pass(5);
    }
    expect(one.cluster.node(0).sendings).toBeGreaterThan(3 * one.cluster.node(1).sendings);
  });

  it("take frames in the order they came", async () => {
    one = new DispatchCase(1, [[0]]);
    const order: number[] = [];
    const sendings = Array.from({ length: 50 }, async (_, at) => {
      await one.dispatcher.send(new Uint8Array(10), 1, 0);
      order.push(at);
    });
    await one.pass(500);
    await Promise.all(sendings);
    expect(order).toEqual(Array.from({ length: 50 }, (_, at) => at));
  });

  it("do not let a busy one hold up frames for others", async () => {
    one = new DispatchCase(2, [[0], [1]]);
    one.cluster.node(0).behave = () => ({ kind: "silent" });
    one.sendMany(20, 0);
    const others = one.sendMany(20, 1);
    await one.pass(100);
    expect(others.every(({ outcomes }) => outcomes.length === 1)).toBe(true);
  });
});

describe("a node that does not answer", () => {
  it("gets one frame at a time, seldom, and the others do its work", async () => {
    one = new DispatchCase(3, three);
    const stopped = one.cluster.node(1);
    stopped.behave = () => ({ kind: "silent" });
    const keepBusy = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 50) {
        if (one.unsettled < 100) one.sendMany(100);
        await one.pass(50, 5);
      }
    };
    await keepBusy(20_000);
    expect(stopped.sendings).toBeLessThan(25);
    expect(one.done).toBeGreaterThan(3_000);
    stopped.behave = answering;
    await keepBusy(8_000);
    const [before, doneBefore] = [stopped.sendings, one.done];
    await keepBusy(5_000);
    expect(stopped.sendings - before).toBeGreaterThan((one.done - doneBefore) / 5);
    await one.finish(10_000);
    expect(one.unsettled).toBe(0);
    expect(one.dispatcher.stats().refusedFrames).toBe(0);
  });

  it("because it is down is told of, with how long", async () => {
    one = new DispatchCase(3, three);
    one.cluster.node(2).isUp = false;
    await one.pass(1_000);
    expect(one.eventsOf("node-down")).toEqual([{ kind: "node-down", node: "n2" }]);
    one.sendMany(60);
    await one.finish(1_000);
    expect(one.done).toBe(60);
    expect(one.cluster.node(2).sendings).toBe(0);
    one.cluster.node(2).isUp = true;
    await one.pass(400);
    const [event] = one.eventsOf("node-up");
    expect(event?.node).toBe("n2");
    expect(event?.downMs).toBeGreaterThanOrEqual(800);
    one.sendMany(2_000);
    await one.finish(1_000);
    expect(one.cluster.node(2).sendings).toBeGreaterThan(200);
  });

  it("is to be repaired when it was away longer than hints are kept", async () => {
    one = new DispatchCase(3, three);
    one.cluster.node(0).isUp = false;
    await one.pass(3 * 3600_000 - 1_000, 50_000);
    expect(one.dispatcher.stats().repairs).toEqual([]);
    await one.pass(100_000, 50_000);
    expect(one.dispatcher.stats().repairs).toMatchObject([
      { node: "n0", command: "nodetool repair -pr ks" },
    ]);
  });
});

describe("owners that are all down", () => {
  it("are stood in for by other nodes, which coordinate too", async () => {
    one = new DispatchCase(3, [[0], [1, 2]]);
    one.cluster.node(0).isUp = false;
    await one.pass(300);
    one.sendMany(10, 0);
    await one.finish(1_000);
    expect(one.done).toBe(10);
  });

  it("make their frames wait, and go on by themselves", async () => {
    one = new DispatchCase(2, [[0, 1]]);
    for (const node of one.cluster.nodes) node.isUp = false;
    one.sendMany(10);
    await one.pass(30_000, 20);
    expect(one.unsettled).toBe(10);
    expect(one.eventsOf("paused")).toMatchObject([{ nodes: ["n0", "n1"] }]);
    expect(one.dispatcher.stats().limit).toBe("paused");
    one.cluster.node(1).isUp = true;
    await one.pass(1_000);
    expect(one.done).toBe(10);
    expect(one.eventsOf("resumed").length).toBe(1);
  });

  it("end the run when it takes too long", async () => {
    one = new DispatchCase(2, [[0, 1]], { outageTimeoutMs: 20_000 });
    for (const node of one.cluster.nodes) node.isUp = false;
    one.sendMany(10);
    await one.pass(19_000, 20);
    expect(one.unsettled).toBe(10);
    await one.pass(2_000, 20);
    expect(errorOf()?.code).toBe("CASSANDRA_OUTAGE");
    expect(errorOf()?.fault).toMatch(/rows of n0, n1 could not be written for 20 s/);
    expect(one.unsettled).toBe(0);
    const late = one.send();
    await one.pass(10);
    expect(late.errors).toEqual([errorOf()]);
  });

  it("do not count the time in which this process was stopped", async () => {
    one = new DispatchCase(2, [[0, 1]], { outageTimeoutMs: 20_000 });
    for (const node of one.cluster.nodes) node.isUp = false;
    one.send();
    await one.pass(1_000, 20);
    for (let at = 0; at < 5; at += 1) {
      // As SIGSTOP does it: no timer goes off, then all do at once.
      one.clock.skip(60_000);
      await one.pass(500, 20);
    }
    expect(one.unsettled).toBe(1);
  });
});

describe("too few replicas", () => {
  it("pause their rows alone, are probed seldom, and go on by themselves", async () => {
    const sets = [
      [0, 1, 2],
      [1, 2, 3],
    ];
    one = new DispatchCase(4, sets, { outageTimeoutMs: 1e9 });
    for (const node of one.cluster.nodes) {
      node.behave = (frame) => (frame.length === 7 ? failing(unavailable())() : answering());
    }
    one.sendMany(50, 0, 7);
    one.sendMany(50, 1, 100);
    await one.pass(60_000, 10);
    expect(one.done).toBe(50);
    const sendings = one.cluster.nodes.reduce((sum, node) => sum + node.sendings, 0);
    expect(sendings).toBeLessThan(50 + 100 + 40);
    expect(one.eventsOf("paused")).toMatchObject([
      { nodes: ["n0", "n1", "n2"], message: "Cannot achieve consistency level LOCAL_QUORUM" },
    ]);
    for (const node of one.cluster.nodes) node.behave = answering;
    await one.pass(8_000, 10);
    expect(one.done).toBe(100);
    expect(one.eventsOf("resumed").length).toBe(1);
  });

  it("as one coordinator alone sees it are asked of another", async () => {
    one = new DispatchCase(3, three);
    one.cluster.node(0).behave = failing(unavailable());
    one.sendMany(30);
    await one.finish(1_000);
    expect(one.done).toBe(30);
    expect(one.eventsOf("paused")).toEqual([]);
  });

  it("end the run when it takes too long", async () => {
    one = new DispatchCase(3, three, { outageTimeoutMs: 20_000 });
    for (const node of one.cluster.nodes) node.behave = failing(unavailable());
    one.sendMany(3);
    await one.pass(25_000, 20);
    expect(errorOf()?.code).toBe("CASSANDRA_OUTAGE");
    expect(errorOf()?.fault).toMatch(/Cannot achieve consistency level/);
  });
});
