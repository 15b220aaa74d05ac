import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { HotCache, type HotCacheOptions } from "../../src/sink/redis/hot-cache.js";
import type { HotStats } from "../../src/sink/redis/hot-stats.js";
import { describeWithPrograms } from "../support/servers.js";
import { hotBatch, hotRows } from "./hot-rows.js";
import { useRedis } from "./use-redis.js";

const wts = 1_700_000_000_000_000n;
const opened: HotCache[] = [];

describeWithPrograms(
  ["redis-server", "redis-cli"],
  "a hot cache on a server that is harmed",
  () => {
    const redis = useRedis("standalone");

    beforeEach(async () => {
      await redis.client().flushall();
    });

    afterEach(async () => {
      for (const cache of opened.splice(0)) await cache.close();
      await redis.client().config("SET", "maxmemory", "0");
    });

    async function connect(options: HotCacheOptions = {}): Promise<HotCache> {
      const url = `redis://${redis.place}`;
      const cache = await HotCache.connect(url, { env: {}, replyTimeoutMs: 400, ...options });
      opened.push(cache);
      return cache;
    }

    /** Offers batches, as a load does, until the counts are so. What hangs ends by the test's timeout. */
    async function offerUntil(cache: HotCache, isEnough: (stats: HotStats) => boolean) {
      for (let first = 0n; !isEnough(cache.stats()); first += 500n) {
        await cache.offer(hotBatch(hotRows(500, first % 50_000n)), null, wts);
        await sleep(5);
      }
    }

    const isWhole = ({ offered, cached, older, skipped, pending }: HotStats) =>
      offered === cached + older + skipped + pending;

    it.each(["raw", "plain"] as const)(
      "skips while it is stopped, and goes on after: %s",
      async (link) => {
        const cache = await connect({ link });
        await offerUntil(cache, ({ cached }) => cached >= 1000);
        redis.servers.node(1).pause();
        try {
          await offerUntil(cache, ({ skippedBy }) => (skippedBy.timeout ?? 0) > 0);
          await offerUntil(cache, ({ skippedBy }) => (skippedBy["node-down"] ?? 0) > 2000);
          const { cached } = cache.stats();
          await cache.drain(200);
          expect(cache.stats()).toMatchObject({ cached, pending: 0 });
          expect(cache.isUp).toBe(false);
        } finally {
          redis.servers.node(1).resume();
        }
        const { cached } = cache.stats();
        await offerUntil(cache, (stats) => stats.cached > cached + 2000);
        const stats = await cache.drain(20_000);
        expect(stats.pending).toBe(0);
        expect(isWhole(stats)).toBe(true);
      },
    );

    it.each(["raw", "plain"] as const)(
      "skips while it is gone, and goes on in a new one: %s",
      async (link) => {
        const cache = await connect({ link });
        await offerUntil(cache, ({ cached }) => cached >= 1000);
        await redis.servers.node(1).kill();
        await offerUntil(cache, ({ skippedBy }) => (skippedBy["node-down"] ?? 0) > 2000);
        const { cached } = cache.stats();
        expect(isWhole(cache.stats())).toBe(true);
        // It comes back without data, and without the library.
        await redis.servers.node(1).start();
        await offerUntil(cache, (stats) => stats.cached > cached + 2000);
        const stats = await cache.drain(20_000);
        expect(stats).toMatchObject({ pending: 0 });
        expect(await redis.client().dbsize()).toBeGreaterThan(2000);
      },
    );

    it("rests when memory is full and nothing may be evicted", async () => {
      const cache = await connect();
      await redis.client().config("SET", "maxmemory-policy", "noeviction");
      await redis.client().config("SET", "maxmemory", "3mb");
      await offerUntil(cache, ({ skippedBy }) => (skippedBy["out-of-memory"] ?? 0) > 5000);
      const full = await cache.drain(20_000);
      expect(full.lastErrors["out-of-memory"]).toContain("OOM");
      expect(full).toMatchObject({ pending: 0, retries: 0 });
      expect(full.skipped).toBe(full.skippedBy["out-of-memory"]);
      await redis.client().config("SET", "maxmemory", "0");
      await offerUntil(cache, (stats) => stats.cached > full.cached + 2000);
    });

    it("lets the server evict where it may", async () => {
      const cache = await connect();
      await redis.client().config("SET", "maxmemory-policy", "allkeys-lru");
      await redis.client().config("SET", "maxmemory", "3mb");
      for (let first = 0n; first < 40_000n; first += 1000n) {
        await cache.offer(hotBatch(hotRows(1000, first)), null, wts);
      }
      const stats = await cache.drain(20_000);
      expect(stats).toMatchObject({ offered: 40_000, cached: 40_000, skipped: 0 });
      expect(await redis.client().dbsize()).toBeLessThan(40_000);
    });

    it("says that a server is read-only, which it has become", async () => {
      const cache = await connect();
      await redis.client().call("REPLICAOF", "127.0.0.1", "1");
      try {
        await cache.offer(hotBatch(hotRows(10)), null, wts);
        const stats = await cache.drain(20_000);
        expect(stats).toMatchObject({ skippedBy: { unavailable: 10 }, pending: 0 });
        expect(stats.lastErrors.unavailable).toContain("READONLY");
      } finally {
        await redis.client().call("REPLICAOF", "NO", "ONE");
      }
      const { cached } = cache.stats();
      await offerUntil(cache, (stats) => stats.cached > cached + 500);
    });

    it.each([
      ["-fcall", "'fcall'"],
      ["-hset", "can't run this command"],
    ])("counts rows that %s has made a user unable to write", async (right, text) => {
      const client = redis.client();
      await client.call("ACL", "SETUSER", "u", "reset", "on", ">pw", "~*", "+@all");
      const url = `redis://${redis.place}?username=u`;
      const cache = await HotCache.connect(url, { env: { OCTOLOAD_REDIS_PASSWORD: "pw" } });
      opened.push(cache);
      await client.call("ACL", "SETUSER", "u", right);
      await cache.offer(hotBatch(hotRows(100)), null, wts);
      const stats = await cache.drain(20_000);
      expect(stats).toMatchObject({ pending: 0, skippedBy: { "no-permission": 100 } });
      expect(stats.lastErrors["no-permission"]).toContain(text);
      await client.call("ACL", "SETUSER", "u", "+@all");
      await cache.offer(hotBatch(hotRows(100)), null, wts);
      expect(await cache.drain(20_000)).toMatchObject({ cached: 100, offered: 200 });
    });

    it("gives up what is not answered when there is no more time", async () => {
      const cache = await connect({ replyTimeoutMs: 60_000 });
      redis.servers.node(1).pause();
      try {
        await cache.offer(hotBatch(hotRows(1000)), null, wts);
        expect(await cache.drain(50)).toMatchObject({
          ...{ offered: 1000, pending: 0 },
          skippedBy: { "drain-timeout": 1000 },
        });
      } finally {
        redis.servers.node(1).resume();
      }
    });

    it("closes while the server is stopped", async () => {
      const cache = await connect();
      redis.servers.node(1).pause();
      try {
        await cache.offer(hotBatch(hotRows(1000)), null, wts);
        await cache.close();
        expect(cache.stats()).toMatchObject({ pending: 0, skippedBy: { closed: 1000 } });
      } finally {
        redis.servers.node(1).resume();
      }
    });
  },
);
