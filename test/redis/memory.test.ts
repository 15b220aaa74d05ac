import { expect, it } from "vitest";
import { entriesThatFit, measureEntryBytes, readMemory } from "../../src/redis/memory.js";
import { HotCache } from "../../src/sink/redis/hot-cache.js";
import { describeWithPrograms } from "../support/servers.js";
import { hotBatch, hotRows } from "./hot-rows.js";
import { useRedis } from "./use-redis.js";

describeWithPrograms(["redis-server", "redis-cli"], "a cache's memory", () => {
  const redis = useRedis("standalone");

  it("is measured by samples, near what the server really takes for an entry", async () => {
    const cache = await HotCache.connect(`redis://${redis.place}`, { env: {} });
    const [before] = await readMemory(cache.session);
    // A full table, as large as its number of entries, is what the estimate is of on average.
    const count = 48_000;
    for (let first = 0; first < count; first += 4000) {
      await cache.offer(hotBatch(hotRows(4000, BigInt(first))), null, 1_700_000_000_000_000n);
    }
    expect(await cache.drain(20_000)).toMatchObject({ cached: count });
    const [after] = await readMemory(cache.session);
    const real = ((after?.usedBytes ?? 0) - (before?.usedBytes ?? 0)) / count;
    const measured = (await measureEntryBytes(cache.session, cache.sampleKeys())) ?? 0;
    expect(measured / real).toBeGreaterThan(0.9);
    expect(measured / real).toBeLessThan(1.1);
    expect(await measureEntryBytes(cache.session, [Buffer.from("none")])).toBeNull();
    await cache.close();
  });

  it("is bounded by maxmemory and the budget, the smaller of both", async () => {
    await redis.client().config("SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru");
    const cache = await HotCache.connect(`redis://${redis.place}`, { env: {} });
    const [memory] = await readMemory(cache.session);
    expect(memory).toMatchObject({ maxBytes: 104_857_600, policy: "allkeys-lru" });
    await cache.close();
  });

  it.each([
    [null, null, 0, null],
    [1000, null, 0, 10],
    [null, 1000, 100, 9],
    [500, 1000, 100, 4],
    [50, 1000, 100, 0],
  ])(
    "budget %j, maxmemory %j, used %i: %j entries of 100 bytes",
    (budgetBytes, maxBytes, usedBytes, fit) => {
      const server = { node: "a:1", usedBytes, maxBytes, policy: "" };
      expect(entriesThatFit([server], { budgetBytes, entryBytes: 100 })).toBe(fit);
      const both = entriesThatFit([server, server], {
        budgetBytes: budgetBytes === null ? null : 2 * budgetBytes,
        entryBytes: 100,
      });
      expect(both).toBe(fit === null ? null : 2 * fit);
    },
  );
});
