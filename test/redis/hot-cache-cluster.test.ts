import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { afterEach, beforeEach, expect, it } from "vitest";
import { slotOfKey } from "../../src/redis/resp.js";
import { HotCache, type HotCacheOptions } from "../../src/sink/redis/hot-cache.js";
import type { HotStats } from "../../src/sink/redis/hot-stats.js";
import { describeWithPrograms } from "../support/servers.js";
import { hashOf, hotBatch, hotRows, keyOf } from "./hot-rows.js";
import { useRedis } from "./use-redis.js";

const wts = 1_700_000_000_000_000n;
const opened: HotCache[] = [];

describeWithPrograms(["redis-server", "redis-cli"], "a hot cache on a cluster", () => {
  const redis = useRedis("cluster");

  beforeEach(async () => {
    await redis.servers.waitUntilWhole();
    for (const client of await masters()) await client.flushall();
  });

  afterEach(async () => {
    for (const cache of opened.splice(0)) await cache.close();
  });

  async function masters(): Promise<Redis[]> {
    const clients = redis.servers.nodes.map((_, i) => redis.client(i + 1));
    const roles = await Promise.all(clients.map((client) => client.info("replication")));
    return clients.filter((_, i) => roles[i]?.includes("role:master"));
  }

  async function connect(options: HotCacheOptions = {}, query = ""): Promise<HotCache> {
    const url = `redis+cluster://${redis.servers.contactPoints.slice(0, 2).join(",")}${query}`;
    const cache = await HotCache.connect(url, { env: {}, replyTimeoutMs: 1000, ...options });
    opened.push(cache);
    return cache;
  }

  async function offerUntil(cache: HotCache, isEnough: (stats: HotStats) => boolean) {
    for (let first = 0n; !isEnough(cache.stats()); first += 500n) {
      await cache.offer(hotBatch(hotRows(500, first % 20_000n)), null, wts);
      await sleep(5);
    }
  }

  async function keyCounts(): Promise<number[]> {
    return Promise.all((await masters()).map((client) => client.dbsize()));
  }

  it.each<[string, HotCacheOptions]>([
    ["a Function over ioredis' sockets", {}],
    ["a script over ioredis' sockets", { form: "script" }],
    ["a Function by ioredis' pipelines", { link: "plain" }],
  ])("sends each row to its slot's master by %s", async (_how, options) => {
    const rows = hotRows(6000);
    const cache = await connect({ ...options, keysPerCommand: 16 });
    await cache.offer(hotBatch(rows), null, wts);
    expect(await cache.drain(20_000)).toMatchObject({ cached: 6000, skipped: 0, retries: 0 });
    const counts = await keyCounts();
    expect(counts).toHaveLength(3);
    expect(Math.min(...counts)).toBeGreaterThan(1500);
    expect(counts.reduce((sum, count) => sum + count)).toBe(6000);
    const row = rows[4242];
    if (row === undefined) throw new Error("no such row");
    const found = await Promise.all(
      (await masters()).map((client) => client.hgetall(keyOf(row)).catch(() => null)),
    );
    expect(found).toContainEqual(hashOf(row, wts));
  });

  it("keeps together what a prefix with a hash tag says is one", async () => {
    const cache = await connect({}, `?prefix=${encodeURIComponent("a{tag}b:")}`);
    await cache.offer(hotBatch(hotRows(500)), null, wts);
    expect(await cache.drain(20_000)).toMatchObject({ cached: 500, retries: 0 });
    expect((await keyCounts()).toSorted((a, b) => a - b)).toEqual([0, 0, 500]);
  });

  it("follows slots that move while it writes, also key by key", async () => {
    const [from, to] = [redis.client(1), redis.client(2)];
    const [fromId, toId] = await Promise.all([from, to].map((one) => one.cluster("MYID")));
    const row = hotRows(1, 4711n)[0];
    if (row === undefined) throw new Error("no such row");
    const rows = hotRows(20_000);
    const slot = slotOwnedBy(
      rows.map((one) => keyOf(one)),
      0,
      5460,
    );
    const inSlot = rows.filter((one) => slotOfKey(keyOf(one)) === slot);
    expect(inSlot.length).toBeGreaterThan(0);
    const cache = await connect();
    await cache.offer(hotBatch(inSlot.slice(0, 1)), null, wts - 1n);
    await cache.drain(20_000);

    // What is there stays with the old master; the rest is ASKed of the new one.
    await to.cluster("SETSLOT", slot, "IMPORTING", `${fromId}`);
    await from.cluster("SETSLOT", slot, "MIGRATING", `${toId}`);
    await cache.offer(hotBatch(inSlot), null, wts);
    const during = await cache.drain(20_000);
    expect(during).toMatchObject({ cached: inSlot.length + 1, skipped: 0 });
    expect(await from.cluster("COUNTKEYSINSLOT", slot)).toBe(1);
    expect(await to.cluster("COUNTKEYSINSLOT", slot)).toBe(inSlot.length - 1);

    const keys = await from.cluster("GETKEYSINSLOT", slot, 100);
    const { address, port } = redis.servers.node(2).state;
    await from.call("MIGRATE", address, port, "", 0, 5000, "KEYS", ...keys);
    for (const client of [to, from, redis.client(3)]) {
      await client.cluster("SETSLOT", slot, "NODE", `${toId}`);
    }
    await cache.offer(hotBatch(inSlot), null, wts + 1n);
    const after = await cache.drain(20_000);
    expect(after).toMatchObject({ cached: 2 * inSlot.length + 1, skipped: 0 });
    expect(await to.cluster("COUNTKEYSINSLOT", slot)).toBe(inSlot.length);

    await to.cluster("SETSLOT", slot, "MIGRATING", `${fromId}`);
    await from.cluster("SETSLOT", slot, "IMPORTING", `${toId}`);
    const back = await to.cluster("GETKEYSINSLOT", slot, 100);
    const home = redis.servers.node(1).state;
    await to.call("MIGRATE", home.address, home.port, "", 0, 5000, "KEYS", ...back);
    for (const client of [from, to, redis.client(3)]) {
      await client.cluster("SETSLOT", slot, "NODE", `${fromId}`);
    }
  });

  it("goes on at the replica that takes a dead master's place", async () => {
    const cache = await connect();
    await offerUntil(cache, ({ cached }) => cached >= 2000);
    await redis.servers.node(2).kill();
    await offerUntil(cache, ({ skipped }) => skipped > 0);
    // All three parts of the keys are written again: none of a batch's rows is skipped.
    let wasWhole = false;
    for (let round = 0; !wasWhole; round++) {
      const { cached } = cache.stats();
      await cache.offer(hotBatch(hotRows(900, BigInt(round))), null, wts);
      wasWhole = (await cache.drain(10_000)).cached === cached + 900;
    }
    const stats = cache.stats();
    expect(stats.offered).toBe(stats.cached + stats.older + stats.skipped);
    await redis.servers.node(2).start();
    await redis.servers.waitUntilWhole();
  }, 120_000);

  it("follows a master that hands over to its replica, and skips no row", async () => {
    const cache = await connect();
    await offerUntil(cache, ({ cached }) => cached >= 1000);
    const replicas: Redis[] = [];
    for (const [i] of redis.servers.nodes.entries()) {
      const client = redis.client(i + 1);
      if ((await client.info("replication")).includes("role:slave")) replicas.push(client);
    }
    const [replica] = replicas;
    await cache.drain(20_000);
    const before = cache.stats();
    await replica?.cluster("FAILOVER");
    while (!(await replica?.info("replication"))?.includes("role:master")) await sleep(20);
    await cache.offer(hotBatch(hotRows(9000)), null, wts);
    const after = await cache.drain(20_000);
    expect(after.cached).toBe(before.cached + 9000);
    expect(after.skipped).toBe(before.skipped);
  }, 120_000);

  it("goes on when all nodes were gone", async () => {
    const cache = await connect();
    await offerUntil(cache, ({ cached }) => cached >= 1000);
    const { nodes } = redis.servers;
    await Promise.all(nodes.map((node) => node.kill()));
    await offerUntil(cache, ({ skippedBy }) => (skippedBy["node-down"] ?? 0) > 3000);
    expect(cache.isUp).toBe(false);
    await Promise.all(nodes.map((node) => node.start()));
    const { cached } = cache.stats();
    await offerUntil(cache, (stats) => stats.cached > cached + 3000);
    const stats = await cache.drain(20_000);
    expect(stats.offered).toBe(stats.cached + stats.older + stats.skipped);
    await redis.servers.waitUntilWhole();
  }, 120_000);

  it("writes to the other nodes while one is stopped", async () => {
    const cache = await connect({ replyTimeoutMs: 300 });
    await offerUntil(cache, ({ cached }) => cached >= 1000);
    const [third] = [redis.servers.node(3)];
    third.pause();
    try {
      await offerUntil(cache, ({ skippedBy }) => (skippedBy.timeout ?? 0) > 0);
      const { cached } = cache.stats();
      await offerUntil(cache, (stats) => stats.cached > cached + 2000);
    } finally {
      third.resume();
    }
    await cache.drain(20_000);
  }, 120_000);
});

/** A slot from first to last that one of the keys, and another one, is of. */
function slotOwnedBy(keys: readonly string[], first: number, last: number): number {
  const counts = new Map<number, number>();
  for (const key of keys) {
    const slot = slotOfKey(key);
    const count = (counts.get(slot) ?? 0) + 1;
    counts.set(slot, count);
    if (count > 2 && slot >= first && slot <= last) return slot;
  }
  throw new Error("no slot has three of the keys");
}
