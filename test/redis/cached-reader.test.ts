import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import {
  type CachedReader,
  type CachedReaderOptions,
  createCachedReader,
} from "../../src/cache/cached-reader.js";
import type { HotIndex } from "../../src/hot/hot-index.js";
import { EmbeddedTarget } from "../../src/target/embedded-target.js";
import { loadTarget, targetPaths } from "../support/loaded-target.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeWithPrograms } from "../support/servers.js";
import {
  type CountedTarget,
  cold,
  countReads,
  hot,
  hotIndex,
  hotWithoutMaterial,
  missing,
} from "./cached-rows.js";
import { useRedis } from "./use-redis.js";

const wts = 1_700_000_000_000_000n;
const { newPath } = targetPaths();
const opened: (CachedReader | EmbeddedTarget)[] = [];

describeWithPrograms(["redis-server", "redis-cli"], "cached reads", () => {
  const redis = useRedis("standalone");
  let index: HotIndex;
  let counted: CountedTarget;

  beforeAll(async () => {
    index = await hotIndex();
  });

  beforeEach(async () => {
    await redis.client().flushall();
    const path = newPath();
    loadTarget(path, [hot, hotWithoutMaterial, cold]);
    const target = EmbeddedTarget.open(path, null);
    opened.push(target);
    counted = countReads(target);
  });

  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  });

  async function open(changes: Partial<CachedReaderOptions> = {}): Promise<CachedReader> {
    const reader = await createCachedReader({
      ...{ target: counted.target, cache: `redis://${redis.place}`, hot: index, env: {} },
      // Of a machine that does other things as well.
      deadlineMs: 2000,
      ...changes,
    });
    opened.push(reader);
    return reader;
  }

  const keyOf = ({ level, code }: { level: number; code: bigint }) => `octree:${level}:${code}`;
  const read = (reader: CachedReader, { level, code }: { level: number; code: bigint }) =>
    reader.getNode(code, level);

  it.each([
    ["with material", hot],
    ["without", hotWithoutMaterial],
  ])("come from the target once, then from Redis, the same: %s", async (_what, row) => {
    const reader = await open();
    const first = await read(reader, row);
    expect(first).toMatchObject({ source: "embedded", cached: "miss" });
    expect(first.row).toEqual({
      ...{ level: 18, mortonCode: row.code, materialId: row.material },
      homogeneity: Math.fround(row.homogeneity ?? 1),
      ...{ childrenMask: row.mask ?? 0, lastModified: row.lastModified, writeTimeUs: wts },
    });
    expect(await read(reader, row)).toEqual({ source: "redis", cached: "hit", row: first.row });
    expect(counted.reads).toBe(1);
    expect(await redis.client().ttl(keyOf(row))).toBeGreaterThan(3500);
    expect(reader.stats()).toMatchObject({
      outcomes: { miss: 1, hit: 1 },
      targetReads: 1,
      puts: { written: 1, older: 0, failed: 0 },
    });
  });

  it("leave Redis alone where a position is not hot, or a whole row is asked for", async () => {
    const reader = await open();
    for (let i = 0; i < 2; i += 1) {
      const answer = await read(reader, cold);
      expect(answer).toMatchObject({ source: "embedded", cached: "bypass" });
      expect(answer.row).toMatchObject({ materialId: 3 });
    }
    const whole = await reader.getCell(hot.code, hot.level);
    expect(whole).toMatchObject({ source: "embedded", row: { materialId: -7, values: {} } });
    expect(await redis.client().dbsize()).toBe(0);
    expect(reader.stats().outcomes).toMatchObject({ bypass: 2, miss: 0 });
  });

  it("remember for a while that a row is not there, until it is put", async () => {
    const reader = await open({ negativeTtlSeconds: 17 });
    expect(await read(reader, missing)).toEqual({ source: "embedded", cached: "miss", row: null });
    expect(await read(reader, missing)).toEqual({ source: "redis", cached: "negative", row: null });
    expect(counted.reads).toBe(1);
    const ttl = await redis.client().ttl(keyOf(missing));
    expect(ttl).toBeGreaterThan(10);
    expect(ttl).toBeLessThanOrEqual(17);
    const row = {
      ...{ level: missing.level, mortonCode: missing.code, materialId: 4, homogeneity: 1 },
      ...{ childrenMask: 0, lastModified: 0n, writeTimeUs: 5n },
    };
    expect(await reader.recordWrite(row)).toBe("written");
    expect(await read(reader, missing)).toEqual({ source: "redis", cached: "hit", row });
    expect(Object.keys(await redis.client().hgetall(keyOf(missing))).sort()).toEqual([
      ...["children_mask", "homogeneity", "last_modified", "material_id", "wts"],
    ]);
    expect(await redis.client().ttl(keyOf(missing))).toBeGreaterThan(3500);
  });

  it("do not, where they are told so", async () => {
    const reader = await open({ negativeTtlSeconds: 0 });
    for (let i = 0; i < 2; i += 1) {
      expect(await read(reader, missing)).toMatchObject({ source: "embedded", cached: "miss" });
    }
    expect(await redis.client().dbsize()).toBe(0);
  });

  it("do not put what they read over what was written meanwhile", async () => {
    const reader = await open();
    let letGo = () => undefined as unknown;
    counted.gate = new Promise((resolve) => {
      letGo = () => resolve(undefined);
    });
    const old = read(reader, hot);
    const none = read(reader, missing);
    while (counted.reads < 2) await new Promise(setImmediate);
    const live = (row: { level: number; code: bigint }) => ({
      ...{ level: row.level, mortonCode: row.code, materialId: 99, homogeneity: 1 },
      ...{ childrenMask: 0, lastModified: 0n, writeTimeUs: wts + 1n },
    });
    await reader.recordWrite(live(hot));
    await reader.recordWrite(live(missing));
    letGo();
    expect(await old).toMatchObject({ cached: "miss", row: { materialId: -7 } });
    expect(await none).toMatchObject({ cached: "miss", row: null });
    while (reader.stats().puts.older + reader.stats().marks.older < 2) {
      await new Promise(setImmediate);
    }
    expect(await read(reader, hot)).toMatchObject({ cached: "hit", row: { materialId: 99 } });
    expect(await read(reader, missing)).toMatchObject({ cached: "hit", row: { materialId: 99 } });
  });

  it("do not bring a row back that was deleted", async () => {
    const reader = await open();
    const row = (await read(reader, hot)).row;
    if (row === null) throw new Error("there is one");
    const deletedUs = wts + 10n;
    expect(await reader.recordDelete(hot.code, hot.level, deletedUs)).toBe("written");
    expect(await read(reader, hot)).toEqual({ source: "redis", cached: "negative", row: null });
    expect(await redis.client().hgetall(keyOf(hot))).toEqual({ absent: "1", wts: `${deletedUs}` });
    expect(await reader.recordWrite(row)).toBe("older");
    expect(await reader.recordDelete(hot.code, hot.level, deletedUs - 5n)).toBe("older");
    expect(await reader.recordWrite({ ...row, writeTimeUs: deletedUs + 1n })).toBe("written");
    expect(await read(reader, hot)).toMatchObject({ source: "redis", cached: "hit" });
    expect(await reader.recordDelete(hot.code, hot.level, deletedUs)).toBe("older");
    expect(await reader.recordDelete(cold.code, cold.level, deletedUs)).toBeNull();
    expect(await reader.recordWrite({ ...row, mortonCode: cold.code })).toBeNull();
  });

  it.each([
    ["of a row", hot],
    ["of none", missing],
  ])("ask the target once for a thousand misses at a time: %s", async (_what, cell) => {
    const reader = await open();
    const answers = await Promise.all(Array.from({ length: 1000 }, () => read(reader, cell)));
    expect(counted.reads).toBe(1);
    expect(new Set(answers.map(({ cached }) => cached))).toEqual(new Set(["miss"]));
    expect(new Set(answers.map(({ row }) => row)).size).toBe(1);
    expect(reader.stats()).toMatchObject({ targetReads: 1, coalesced: 999 });
    expect((await read(reader, cell)).source).toBe("redis");
  });

  it("tell all who wait that the target failed, and ask it again the next time", async () => {
    const reader = await open();
    let fail = () => undefined as unknown;
    counted.gate = new Promise((_resolve, reject) => {
      fail = () => reject(new Error("out"));
    });
    const reads = Promise.allSettled([read(reader, hot), read(reader, hot)]);
    while (reader.stats().coalesced < 1) await new Promise(setImmediate);
    fail();
    const failed = await reads;
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(counted.reads).toBe(1);
    counted.gate = Promise.resolve();
    while ((await read(reader, hot)).source !== "redis") await new Promise(setImmediate);
  });

  it("replace an entry that cannot be understood", async () => {
    const reader = await open();
    await redis.client().hset(keyOf(hot), { homogeneity: "0.5", children_mask: "x", wts: "7" });
    expect(await read(reader, hot)).toMatchObject({
      ...{ source: "embedded", cached: "malformed", row: { materialId: -7 } },
    });
    expect(await read(reader, hot)).toMatchObject({ source: "redis", cached: "hit" });
    expect(reader.stats().outcomes).toMatchObject({ malformed: 1, hit: 1 });
  });

  it("leave one that cannot be understood and is newer, and answer from the target", async () => {
    const reader = await open();
    await redis.client().hset(keyOf(hot), { stranger: "x", wts: `${wts + 1n}` });
    while (reader.stats().puts.older < 2) {
      expect(await read(reader, hot)).toMatchObject({ source: "embedded", cached: "malformed" });
    }
    expect(reader.stats().puts).toMatchObject({ written: 0, failed: 0 });
  });

  it("leave what is no hash alone, and answer from the target", async () => {
    const reader = await open();
    await redis.client().lpush(keyOf(hot), "somebody's");
    for (let i = 0; i < 10; i += 1) {
      expect(await read(reader, hot)).toMatchObject({
        ...{ source: "embedded", cached: "wrong-type", row: { materialId: -7 } },
      });
    }
    expect(await redis.client().lrange(keyOf(hot), 0, -1)).toEqual(["somebody's"]);
    // Nothing of it is the server's fault.
    expect(await read(reader, hotWithoutMaterial)).toMatchObject({ cached: "miss" });
  });

  it("go on without what puts entries, and load it again", async () => {
    const reader = await open();
    await redis.client().call("FUNCTION", "FLUSH");
    expect(await read(reader, hot)).toMatchObject({ source: "embedded", cached: "miss" });
    while ((await read(reader, hot)).source !== "redis") await new Promise(setImmediate);
    while ((await read(reader, missing)).source !== "redis") await new Promise(setImmediate);
  });

  it("use a prefix and a time to live of the cache's URL", async () => {
    const reader = await open({ cache: `redis://${redis.place}?prefix=a%20%7Bb%7D:&ttl=60` });
    await read(reader, hot);
    expect((await read(reader, hot)).source).toBe("redis");
    const [key = ""] = await redis.client().keys("*");
    expect(key).toBe(`a {b}:18:${hot.code}`);
    expect(await redis.client().ttl(key)).toBeLessThanOrEqual(60);
  });

  it("refuse what is no cell, no number, and a cache of another kind", async () => {
    const reader = await open();
    expect((await rejectionOf(reader.getNode(-1n, 18))).code).toBe("CODE_OUT_OF_RANGE");
    expect((await rejectionOf(reader.getNode(1n, 27))).code).toBe("LEVEL_INVALID");
    expect((await rejectionOf(open({ deadlineMs: 0 }))).code).toBe("ARG_RANGE");
    expect((await rejectionOf(open({ negativeTtlSeconds: -1 }))).code).toBe("ARG_RANGE");
    const cluster = `redis+cluster://${redis.place}`;
    expect((await rejectionOf(open({ cache: cluster }))).code).toBe("REDIS_MODE");
  });
});
