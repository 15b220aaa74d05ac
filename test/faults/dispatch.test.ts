import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type CassandraServers, startCassandra } from "../../scripts/cluster/cassandra.mjs";
import type { FrameDispatcher } from "../../src/cassandra/dispatch/frame-dispatcher.js";
import { DispatchKeyspace, type ReadyFrame } from "../cassandra/dispatch-keyspace.js";
import { describeWithPrograms } from "../support/servers.js";

const IN_FLIGHT = 200;

/** Each frame once, so many at a time, until all are acknowledged or refused. */
async function load(dispatcher: FrameDispatcher, frames: readonly ReadyFrame[]): Promise<string[]> {
  const outcomes: string[] = [];
  let next = 0;
  const worker = async () => {
    for (let frame = frames[next++]; frame !== undefined; frame = frames[next++]) {
      const { kind } = await dispatcher.send(frame.bytes, frame.rows, frame.replicaSet);
      outcomes.push(kind);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return outcomes;
}

describeWithPrograms(["java", "mvn"], "a load into three nodes, one of which,", () => {
  let servers: CassandraServers;
  let target: DispatchKeyspace;

  beforeAll(async () => {
    servers = await startCassandra({
      nodes: 3,
      isShortLived: true,
      yaml: { max_mutation_size: "1MiB" },
    });
  }, 240_000);

  afterAll(() => servers?.stop(), 60_000);

  // A keyspace each: a table emptied by TRUNCATE got rows back, it seems from hints on their way.
  beforeEach(async () => {
    const points = servers.contactPoints.map((address) => `${address}:${servers.port}`);
    target = await DispatchKeyspace.open(points.join(","), 3);
  }, 60_000);

  afterEach(() => target?.close(), 60_000);

  /**
   * Loads rows while something happens to a node, and more until it is over.
   *
   * @param act may wait for `underWay`, after which requests are on their way to all nodes
   */
  async function loadDuring(act: (underWay: () => Promise<void>) => Promise<void>): Promise<void> {
    const dispatcher = await target.dispatcher({ requestTimeoutMs: 3_000 });
    let isOver = false;
    const waiting: (() => void)[] = [];
    const underWay = () => new Promise<void>((resolve) => waiting.push(resolve));
    const acting = act(underWay).finally(() => {
      isOver = true;
    });
    let rows = 0;
    const part = 16_000;
    while (!isOver) {
      const loading = load(dispatcher, target.frames(part, { first: rows }));
      for (const resolve of waiting.splice(0)) resolve();
      const outcomes = await loading;
      expect(outcomes.every((kind) => kind === "done")).toBe(true);
      rows += part;
      // Rows enough, and not so many that counting them is the test.
      await sleep(500);
    }
    await acting;
    const stats = dispatcher.stats();
    await dispatcher.close();
    expect([stats.rows, stats.refusedFrames]).toEqual([rows, 0]);
    expect(stats.retries).toBeGreaterThan(0);
    expect(await target.countRows()).toBe(rows);
  }

  it("has a mutation limit refuses a row above it, and the row alone", async () => {
    const dispatcher = await target.dispatcher();
    const [large] = target.frames(1, { first: 1_000, envelopeBytes: 1_500_000, maxRows: 1 });
    if (large === undefined) throw new Error("a row is a frame");
    const outcome = dispatcher.send(large.bytes, large.rows, large.replicaSet);
    let isSettled = false;
    const settled = outcome.finally(() => {
      isSettled = true;
    });
    for (let at = 0; !isSettled && at < 100; at += 1) {
      await load(dispatcher, target.frames(640));
      await sleep(100);
    }
    expect(await settled).toMatchObject({ kind: "refused" });
    expect(dispatcher.stats()).toMatchObject({ refusedFrames: 1 });
    await dispatcher.close();
  }, 120_000);

  it("is frozen for some seconds: every row is acknowledged and there", async () => {
    await loadDuring(async () => {
      await sleep(2_000);
      servers.node(2).pause();
      await sleep(8_000);
      servers.node(2).resume();
      await sleep(4_000);
    });
  }, 240_000);

  it("is killed and comes back: every row is acknowledged and there", async () => {
    await loadDuring(async (underWay) => {
      await sleep(2_000);
      await underWay();
      await servers.node(3).kill("SIGKILL");
      await servers.node(3).start();
      await servers.waitUntilWhole();
      await sleep(4_000);
    });
    expect(target.events.map(({ kind }) => kind)).toContain("node-down");
    expect(target.events.map(({ kind }) => kind)).toContain("node-up");
  }, 300_000);
});
