import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { FrameDispatcher } from "../../src/cassandra/dispatch/frame-dispatcher.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeOnCassandra } from "../support/servers.js";
import { DispatchKeyspace, sendAll } from "./dispatch-keyspace.js";

describeOnCassandra("frames through a dispatcher", ({ host, port }) => {
  let target: DispatchKeyspace;
  let dispatcher: FrameDispatcher;

  beforeEach(async () => {
    target = await DispatchKeyspace.open(`${host}:${port}`, 1);
    dispatcher = await target.dispatcher();
  });

  afterEach(async () => {
    await dispatcher.close();
    await target.close();
  });

  it("are all acknowledged, and the rows are there", async () => {
    const outcomes = await sendAll(dispatcher, target.frames(20_000));
    expect(outcomes.every(({ kind }) => kind === "done")).toBe(true);
    expect(await target.countRows()).toBe(20_000);
    const { frames, rows, refusedFrames, nodes, repairs } = dispatcher.stats();
    expect([frames, rows, refusedFrames]).toEqual([outcomes.length, 20_000, 0]);
    expect(nodes[0]?.latencyP50Ms).toBeGreaterThan(0);
    expect(repairs).toEqual([]);
  });

  it("bring the warning about large batches, with its numbers", async () => {
    await sendAll(dispatcher, target.frames(64, { envelopeBytes: 400 }));
    const [warning] = target.events.filter(({ kind }) => kind === "batch-warning");
    expect(warning).toMatchObject({ thresholdBytes: 5 * 1024 });
    expect(warning?.kind === "batch-warning" && warning.sizeBytes).toBeGreaterThan(12_000);
    expect(target.events.filter(({ kind }) => kind === "server-warning")).toEqual([]);
  });

  it("that are too large for a batch are refused, beside others that are not", async () => {
    const large = target.frames(32, { first: 100_000, envelopeBytes: 3_000 });
    const outcomes = await sendAll(dispatcher, [...large, ...target.frames(320)]);
    expect(outcomes[0]).toMatchObject({ kind: "refused", failure: { message: "Batch too large" } });
    expect(outcomes.slice(1).every(({ kind }) => kind === "done")).toBe(true);
  });

  it("that are longer than the server takes are refused", async () => {
    const large = target.frames(1, { first: 100_000, envelopeBytes: 17_000_000, maxRows: 1 });
    const [outcome] = await sendAll(dispatcher, [...large, ...target.frames(320)]);
    expect(outcome).toMatchObject({
      ...{ kind: "refused", failure: { message: expect.stringContaining("too big") } },
    });
  });

  it("end when the table is dropped", async () => {
    await sendAll(dispatcher, target.frames(320));
    await target.execute("DROP TABLE {ks}.octree_nodes");
    const error = await rejectionOf(sendAll(dispatcher, target.frames(3_200)));
    expect(error.code).toBe("CASSANDRA_SCHEMA_LOST");
    expect(error.fault).toMatch(/octree_nodes/);
  });

  it("end when a column is dropped, and not when one is added", async () => {
    await target.execute("ALTER TABLE {ks}.octree_nodes ADD note text");
    await sendAll(dispatcher, target.frames(320));
    expect(dispatcher.stats().reprepares).toBeGreaterThan(0);
    await target.execute("ALTER TABLE {ks}.octree_nodes DROP material_id");
    const error = await rejectionOf(sendAll(dispatcher, target.frames(3_200)));
    expect(error.code).toBe("CASSANDRA_SCHEMA_LOST");
  });

  it("make way for live reads, whose latency is measured", async () => {
    await dispatcher.close();
    const { keyspace } = target;
    // No server is that fast: the load has to fall to its least.
    const protect = { maxP99Ms: 0.01, keyspace, layout: "node" } as const;
    dispatcher = await target.dispatcher({ protect });
    const loading = sendAll(dispatcher, target.frames(64_000)).catch(() => undefined);
    const hasSlowedDown = () => {
      const { limit, readP99Ms } = dispatcher.stats();
      return limit === "protect-p99" && readP99Ms !== null;
    };
    for (let tries = 0; tries < 200 && !hasSlowedDown(); tries += 1) await sleep(100);
    expect(dispatcher.stats().limit).toBe("protect-p99");
    expect(dispatcher.stats().readP99Ms).toBeGreaterThan(0.1);
    await dispatcher.close();
    await loading;
  });
});
