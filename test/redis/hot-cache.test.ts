import { afterEach, beforeEach, expect, it } from "vitest";
import { HotCache, type HotCacheOptions } from "../../src/sink/redis/hot-cache.js";
import { describeWithPrograms } from "../support/servers.js";
import { hashOf, hotBatch, hotRows, keyOf } from "./hot-rows.js";
import { useRedis } from "./use-redis.js";

const wts = 1_700_000_000_000_000n;
const opened: HotCache[] = [];

describeWithPrograms(["redis-server", "redis-cli"], "a hot cache on one server", () => {
  const redis = useRedis("standalone");

  beforeEach(async () => {
    await redis.client().flushall();
  });

  afterEach(async () => {
    for (const cache of opened.splice(0)) await cache.close();
  });

  async function connect(query = "", options: HotCacheOptions = {}): Promise<HotCache> {
    const cache = await HotCache.connect(`redis://${redis.place}${query}`, { env: {}, ...options });
    opened.push(cache);
    return cache;
  }

  it.each<[string, HotCacheOptions]>([
    ["a Function over ioredis' sockets", {}],
    ["a Function for one key each", { keysPerCommand: 1 }],
    ["a Function for many keys", { keysPerCommand: 1024 }],
    ["a script over ioredis' sockets", { form: "script" }],
    ["a script for several keys", { form: "script", keysPerCommand: 5 }],
    ["a Function by ioredis' pipelines", { link: "plain" }],
    ["a script by ioredis' pipelines", { link: "plain", form: "script" }],
  ])("writes rows by %s as another client reads them", async (_how, options) => {
    const rows = hotRows(3000);
    const cache = await connect("", options);
    await cache.offer(hotBatch(rows), null, wts);
    expect(await cache.drain(20_000)).toMatchObject({
      ...{ offered: 3000, cached: 3000, older: 0, skipped: 0, pending: 0, retries: 0 },
    });
    for (const row of rows.filter((_, i) => i % 97 < 2)) {
      expect(await redis.client().hgetall(keyOf(row))).toEqual(hashOf(row, wts));
    }
    expect(await redis.client().dbsize()).toBe(3000);
    const ttl = await redis.client().ttl("octree:18:0");
    expect(ttl).toBeGreaterThan(3500);
    expect(ttl).toBeLessThanOrEqual(3600);
  });

  it("takes the selected rows alone", async () => {
    const rows = hotRows(100);
    const cache = await connect("?ttl=60");
    const select = Uint8Array.from(rows, (_, i) => (i % 3 === 0 ? 1 : 0));
    await cache.offer(hotBatch(rows), select, wts);
    expect(await cache.drain(20_000)).toMatchObject({ offered: 34, cached: 34 });
    expect(await redis.client().exists("octree:18:3", "octree:18:4")).toBe(1);
    expect(await redis.client().ttl("octree:18:3")).toBeLessThanOrEqual(60);
  });

  it.each<[string, HotCacheOptions]>([
    ["a Function", {}],
    ["a Function for one key each", { keysPerCommand: 1 }],
    ["a script", { form: "script" }],
  ])("leaves newer entries alone and replaces others as a whole: %s", async (_how, options) => {
    const rows = hotRows(50);
    const cache = await connect("", options);
    const client = redis.client();
    const put = (i: number, time: string) =>
      client.hset(`octree:18:${i}`, { wts: time, material_id: "77", stranger: "x" });
    await put(0, `${wts + 1n}`);
    await put(1, `${wts}`);
    await put(2, `${wts - 1n}`);
    // Longer, though smaller as text; beyond what a double tells apart; no number.
    await put(3, "9223372036854775807");
    await put(4, "9007199254740993000");
    await put(5, "999");
    await put(6, "soon");
    await client.hset("octree:18:7", "material_id", "77");
    await cache.offer(hotBatch(rows), null, wts);
    expect(await cache.drain(20_000)).toMatchObject({ cached: 47, older: 3, skipped: 0 });
    for (const i of [0, 3, 4]) {
      expect(await client.hget(`octree:18:${i}`, "stranger")).toBe("x");
    }
    for (const i of [1, 2, 5, 6, 7]) {
      const row = rows[i];
      if (row === undefined) throw new Error("no such row");
      expect(await client.hgetall(keyOf(row))).toEqual(hashOf(row, wts));
    }
  });

  it("tells 64-bit times apart that doubles do not", async () => {
    const rows = hotRows(3);
    const cache = await connect();
    // 2^53: the next number is no double.
    const time = 9_007_199_254_740_992n;
    await redis.client().hset("octree:18:0", "wts", `${time + 1n}`);
    await redis.client().hset("octree:18:1", "wts", `${time}`);
    await redis.client().hset("octree:18:2", "wts", `${time - 1n}`);
    await cache.offer(hotBatch(rows), null, time);
    expect(await cache.drain(20_000)).toMatchObject({ cached: 2, older: 1 });
    expect(await redis.client().hget("octree:18:0", "wts")).toBe(`${time + 1n}`);
  });

  it.each([1, 8])("counts keys of another type, %i keys a command", async (keysPerCommand) => {
    const cache = await connect("", { keysPerCommand });
    await redis.client().set("octree:18:3", "a string");
    await redis.client().rpush("octree:18:11", "a list");
    await redis.client().hset("octree:18:12", "wts", `${wts + 1n}`);
    await cache.offer(hotBatch(hotRows(20)), null, wts);
    expect(await cache.drain(20_000)).toMatchObject({
      ...{ cached: 17, older: 1, skipped: 2 },
      skippedBy: { "wrong-type": 2 },
    });
    expect(await redis.client().get("octree:18:3")).toBe("a string");
  });

  it.each(["", "a b:", "{tag}:", "ключ:", 'quo"te\\:', "cr\r\nlf:", "nul\0:", "*3\r\n$1\r\n", "%"])(
    "takes the prefix %j",
    async (prefix) => {
      const rows = hotRows(10);
      const cache = await connect(`?prefix=${encodeURIComponent(prefix)}`);
      await cache.offer(hotBatch(rows), null, wts);
      expect(await cache.drain(20_000)).toMatchObject({ cached: 10 });
      const row = rows[9];
      if (row === undefined) throw new Error("no such row");
      expect(await redis.client().hgetall(keyOf(row, prefix))).toEqual(hashOf(row, wts));
    },
  );

  it("writes into the database that the URL names", async () => {
    const cache = await connect("/3");
    await cache.offer(hotBatch(hotRows(10)), null, wts);
    expect(await cache.drain(20_000)).toMatchObject({ cached: 10 });
    expect(await redis.client().dbsize()).toBe(0);
    expect(await redis.client().info("keyspace")).toContain("db3:keys=10");
  });

  it("loads its library anew when somebody removes it meanwhile", async () => {
    const cache = await connect();
    await cache.offer(hotBatch(hotRows(10)), null, wts);
    await cache.drain(20_000);
    await redis.client().call("FUNCTION", "FLUSH");
    await cache.offer(hotBatch(hotRows(2000, 100n)), null, wts);
    const stats = await cache.drain(20_000);
    expect(stats).toMatchObject({ cached: 2010, skipped: 0 });
    expect(stats.retries).toBeGreaterThan(0);
  });

  it("loads its script anew when somebody removes it meanwhile", async () => {
    const cache = await connect("", { form: "script", link: "plain" });
    await cache.offer(hotBatch(hotRows(10)), null, wts);
    await cache.drain(20_000);
    await redis.client().script("FLUSH");
    await cache.offer(hotBatch(hotRows(500, 100n)), null, wts);
    expect(await cache.drain(20_000)).toMatchObject({ cached: 510, skipped: 0 });
  });

  it("skips what is beyond its queue, at once, and counts it", async () => {
    const cache = await connect("", { maxQueueBytes: 100_000, maxInFlightBytes: 10_000 });
    const batch = hotBatch(hotRows(5000));
    for (let i = 0; i < 20; i++) await cache.offer(batch, null, wts);
    const stats = await cache.drain(20_000);
    expect(stats.offered).toBe(100_000);
    expect(stats.skippedBy["queue-full"]).toBeGreaterThan(0);
    expect(stats.cached + stats.skipped).toBe(100_000);
    expect(stats.cached).toBeGreaterThan(0);
  });

  it("counts rows that are none, and takes no more once it is closed", async () => {
    const cache = await connect();
    const batch = hotBatch(hotRows(10));
    batch.levels[3] = 99;
    await cache.offer(batch, null, wts);
    expect(cache.stats()).toMatchObject({ skippedBy: { "not-encoded": 10 }, pending: 0 });
    await cache.close();
    await cache.offer(hotBatch(hotRows(10)), null, wts);
    expect(cache.stats()).toMatchObject({ offered: 20, skippedBy: { closed: 10 } });
  });

  it("tells of what is settled", async () => {
    const told: number[] = [];
    const cache = await connect("", { onSettled: ({ cached }) => told.push(cached) });
    await cache.offer(hotBatch(hotRows(4000)), null, wts);
    await cache.drain(20_000);
    await new Promise(setImmediate);
    expect(told.at(-1)).toBe(4000);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });
});
