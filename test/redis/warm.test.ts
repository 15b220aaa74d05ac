import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { createCachedReader } from "../../src/cache/cached-reader.js";
import { buildHotIndex } from "../../src/hot/build-hot-index.js";
import type { HotIndex } from "../../src/hot/hot-index.js";
import { parseHotRegions } from "../../src/hot/hot-regions.js";
import type { Layout } from "../../src/sink/sink.js";
import { EmbeddedTarget } from "../../src/target/embedded-target.js";
import { warm } from "../../src/warm/warm.js";
import type { WarmHooks, WarmOptions, WarmResult } from "../../src/warm/warm-options.js";
import { change, loadTarget, targetPaths, urlOf } from "../support/loaded-target.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeWithPrograms } from "../support/servers.js";
import type { SinkRow } from "../support/sink-blocks.js";
import { hashOf } from "./hot-rows.js";
import { useRedis } from "./use-redis.js";
import { hotOf, prioritiesOf, redisKeyOf, WARM_REGIONS, warmRows } from "./warm-cases.js";

const wts = 1_700_000_000_000_000n;
const { folder, newPath } = targetPaths();
const newRunDir = () => join(mkdtempSync(join(folder, "run-")), "run");
const rows = warmRows(6000);

describeWithPrograms(["redis-server", "redis-cli"], "octoload's warm", () => {
  const redis = useRedis("standalone");
  const paths = new Map<Layout, string>();
  let index: HotIndex;
  let hot: readonly SinkRow[];

  beforeAll(async () => {
    index = await buildHotIndex(parseHotRegions(WARM_REGIONS));
    hot = hotOf(index, rows);
    for (const layout of ["node", "tile"] as const) {
      const path = newPath();
      loadTarget(path, rows, layout);
      paths.set(layout, path);
    }
  });

  beforeEach(async () => {
    await redis.client().flushall();
    await redis.client().config("SET", "maxmemory", "0");
  });

  const pathOf = (layout: Layout) => paths.get(layout) ?? "";

  function run(
    changes: Partial<WarmOptions> & { readonly layout?: Layout; readonly query?: string } = {},
    hooks: WarmHooks = {},
  ): Promise<WarmResult> {
    const { layout = "node", query = "", ...options } = changes;
    return warm(
      {
        to: urlOf(pathOf(layout), layout),
        hot: { url: `redis://${redis.place}${query}`, regions: WARM_REGIONS },
        ...{ runDir: newRunDir(), env: {} },
        ...options,
      },
      hooks,
    );
  }

  /** Every hot row as it should be, and nothing else. */
  async function expectWarm(expected: readonly SinkRow[] = hot, writeTimeUs = wts): Promise<void> {
    expect(await redis.client().dbsize()).toBe(expected.length);
    const pipeline = redis.client().pipeline();
    for (const row of expected) pipeline.hgetall(redisKeyOf(row));
    const found = (await pipeline.exec()) ?? [];
    for (const [i, row] of expected.entries()) {
      expect(found[i]?.[1]).toEqual(hashOf({ ...blank, ...row }, writeTimeUs));
    }
  }
  const blank = { material: 0, homogeneity: 1, mask: 0, lastModified: 0n };

  it.each(["node", "tile"] as const)("caches what is hot, and nothing else: %s", async (layout) => {
    const result = await run({ layout });
    expect(result).toMatchObject({
      ...{ outcome: "done", passes: 1, isFull: false },
      ...{ offered: hot.length, cached: hot.length, older: 0, notCached: 0, notCachedBy: {} },
      hotRows: layout === "node" ? hot.length : null,
    });
    expect(result.entryBytes).toBeGreaterThan(100);
    expect(result.sentBytes).toBeGreaterThan(50 * hot.length);
    expect(hot.length).toBeGreaterThan(1000);
    await expectWarm();
    expect(await redis.client().ttl(redisKeyOf(hot[0] ?? rows[0] ?? never()))).toBeGreaterThan(
      3500,
    );
  });

  it("plans the tiles that may be hot, the hottest first, and no others", async () => {
    const runDir = newRunDir();
    await run({ layout: "tile", runDir });
    const database = new Database(join(runDir, "warm.sqlite"), { readonly: true });
    const planned = database
      .prepare<[], [number, bigint]>("SELECT one, two FROM units ORDER BY rank, id")
      .safeIntegers()
      .raw()
      .all();
    database.close();
    const most = planned.map(([level, tile]) => index.mostInTile(Number(level), tile));
    expect(most).toEqual(most.toSorted((a, b) => b - a));
    expect(Math.min(...most)).toBeGreaterThan(0);
    const all = new Set(rows.map(({ level, code }) => `${level} ${code >> 15n}`));
    const expected = [...all].filter((name) => {
      const [level, tile] = name.split(" ");
      return index.mayContain(Number(level), BigInt(tile ?? 0));
    });
    expect(planned.map((unit) => unit.join(" ")).sort()).toEqual(expected.sort());
    expect(planned.length).toBeLessThan(all.size);
  });

  it("gives each entry its own row's write time, and leaves newer ones", async () => {
    const path = newPath();
    const [mine = never(), other = never(), third = never()] = hot;
    loadTarget(path, [mine, other, third]);
    // As live writes have it.
    change(
      path,
      `UPDATE octree_nodes SET write_time = ${wts + 7n}, material_id = 5
      WHERE morton_code = ${other.code}`,
    );
    await redis.client().hset(redisKeyOf(third), { wts: `${wts + 1n}`, material_id: "77" });
    await redis.client().hset(redisKeyOf(other), { wts: `${wts + 7n}`, stranger: "x" });
    const result = await run({ to: urlOf(path) });
    expect(result).toMatchObject({ offered: 3, cached: 2, older: 1, notCached: 0 });
    expect(await redis.client().hgetall(redisKeyOf(mine))).toMatchObject({ wts: `${wts}` });
    expect(await redis.client().hgetall(redisKeyOf(other))).toEqual(
      hashOf({ ...blank, ...other, material: 5 }, wts + 7n),
    );
    expect(await redis.client().hget(redisKeyOf(third), "material_id")).toBe("77");
  });

  it("replaces the note that a row is not there, but not that it was deleted since", async () => {
    const target = EmbeddedTarget.open(pathOf("node"), null);
    const reader = await createCachedReader({
      ...{ target, cache: `redis://${redis.place}`, hot: index, env: {}, deadlineMs: 2000 },
    });
    const [one = never(), two = never(), ...rest] = hot;
    await redis.client().hset(redisKeyOf(one), "absent", "1");
    await reader.recordDelete(two.code, two.level, wts + 1n);
    expect(await run()).toMatchObject({ cached: hot.length - 1, older: 1 });
    expect(await reader.getNode(one.code, one.level)).toMatchObject({ cached: "hit" });
    expect(await reader.getNode(two.code, two.level)).toMatchObject({ cached: "negative" });
    reader.close();
    await target.close();
    await redis.client().del(redisKeyOf(two));
    await expectWarm([one, ...rest]);
  });

  it("can be done again, which changes nothing", async () => {
    const runDir = newRunDir();
    await run({ runDir });
    expect(await run({ runDir })).toMatchObject({ cached: hot.length, passes: 1 });
    await expectWarm();
  });

  it("caches the hottest that a budget has room for", async () => {
    const [info = ""] = [await redis.client().info("memory")];
    const used = Number(/used_memory:(\d+)/.exec(info)?.[1]);
    // Of several sizes: about a third of the rows fit.
    const maxMemoryBytes = used + 280 * Math.floor(hot.length / 3);
    const result = await run({
      hot: { url: `redis://${redis.place}`, regions: WARM_REGIONS, maxMemoryBytes },
    });
    expect(result).toMatchObject({ outcome: "done", isFull: true, hotRows: hot.length });
    const lowest = result.lowestPriority ?? 0;
    const priorities = prioritiesOf(index, hot);
    const keys = new Set(await redis.client().keys("*"));
    expect(keys.size).toBe(result.cached);
    expect(keys.size).toBeGreaterThan(hot.length / 5);
    expect(keys.size).toBeLessThan(hot.length / 2);
    for (const [i, row] of hot.entries()) {
      const priority = priorities[i] ?? 0;
      if (priority > lowest) expect(keys).toContain(redisKeyOf(row));
      if (priority < lowest) expect(keys).not.toContain(redisKeyOf(row));
    }
    const after = Number(/used_memory:(\d+)/.exec(await redis.client().info("memory"))?.[1]);
    expect(after).toBeLessThan(maxMemoryBytes + 400_000);
    // What is there counts as room for itself.
    const again = await run({
      hot: { url: `redis://${redis.place}`, regions: WARM_REGIONS, maxMemoryBytes },
    });
    expect(again.cached).toBeGreaterThan(0.9 * result.cached);
  });

  it("ends in order where the server's own memory is full", async () => {
    const used = Number(/used_memory:(\d+)/.exec(await redis.client().info("memory"))?.[1]);
    await redis.client().config("SET", "maxmemory-policy", "noeviction");
    await redis.client().config("SET", "maxmemory", String(used + 100_000));
    const result = await run({ layout: "tile" });
    expect(result).toMatchObject({ outcome: "done", isFull: true });
    expect(result.offered).toBe(result.cached + result.older + result.notCached);
    expect(result.cached).toBeGreaterThan(0);
    expect(result.cached).toBeLessThan(hot.length);
  });

  it("counts what is no hash, and leaves it", async () => {
    const [row = never()] = hot;
    await redis.client().set(redisKeyOf(row), "somebody's");
    expect(await run()).toMatchObject({
      ...{ offered: hot.length, cached: hot.length - 1, notCached: 1 },
      notCachedBy: { "wrong-type": 1 },
    });
    expect(await redis.client().get(redisKeyOf(row))).toBe("somebody's");
  });

  it("reads no faster than it is told to", async () => {
    const told: number[] = [];
    const result = await run(
      { maxRowsPerSecond: 12_000 },
      { onProgress: ({ share }) => told.push(share) },
    );
    // 6000 keys and as many rows, less what was saved up: not a race, a sum.
    expect(result.seconds).toBeGreaterThan(0.3);
    expect(told.at(-1)).toBe(1);
    await expectWarm();
  });

  it("is interrupted in order, and goes on where it was", async () => {
    const runDir = newRunDir();
    const abort = new AbortController();
    const notes: string[] = [];
    const result = await run(
      { runDir, layout: "tile", maxRowsPerSecond: 3000 },
      {
        signal: abort.signal,
        onProgress: ({ step, share }) => {
          if (step === "fill" && share > 0.3) abort.abort();
        },
      },
    );
    expect(result).toMatchObject({ outcome: "interrupted", passes: 0 });
    const other = { url: `redis://${redis.place}`, regions: "level>=20" };
    expect((await rejectionOf(run({ runDir, layout: "tile", hot: other }))).code).toBe("RUN_OTHER");
    const end = await run({ runDir, layout: "tile" }, { onNote: (text) => notes.push(text) });
    expect(notes.join()).toMatch(/^going on: \d+ of \d+ parts are cached$/);
    expect(end).toMatchObject({ outcome: "done", passes: 1, notCached: 0 });
    await expectWarm();
  });

  it("keeps entries warm until it is told to end, and takes changes over", async () => {
    const path = newPath();
    loadTarget(path, hot.slice(0, 50));
    const abort = new AbortController();
    let passes = 0;
    const running = run(
      { to: urlOf(path), query: "?ttl=4", keepWarm: true },
      {
        signal: abort.signal,
        onProgress: ({ step, pass }) => {
          if (step === "rest") passes = pass;
        },
      },
    );
    while (passes < 1) await sleep(20);
    change(path, `UPDATE octree_nodes SET material_id = 5, write_time = write_time + 1`);
    while (passes < 3) {
      expect(await redis.client().dbsize()).toBe(50);
      await sleep(50);
    }
    abort.abort();
    const result = await running;
    expect(result).toMatchObject({ outcome: "done", cached: 50 });
    expect(result.passes).toBeGreaterThanOrEqual(3);
    await expectWarm(
      hot.slice(0, 50).map((row) => ({ ...row, material: 5 })),
      wts + 1n,
    );
  });

  it("refuses what is no target, no cache and no region", async () => {
    const to = `sqlite:${join(folder, "none.db")}`;
    expect((await rejectionOf(run({ to }))).code).toBe("TARGET_MISSING");
    expect((await rejectionOf(run({ to: "null:" }))).code).toBe("TARGET_MISSING");
    const hotTo = (url: string, regions = WARM_REGIONS) => run({ hot: { url, regions } });
    expect((await rejectionOf(hotTo("http://x"))).code).toBe("TARGET_URL");
    expect((await rejectionOf(hotTo(`redis://${redis.place}`, "level>=99"))).code).toBe(
      "HOT_REGIONS_INVALID",
    );
    expect((await rejectionOf(hotTo(`redis+cluster://${redis.place}`))).code).toBe("REDIS_MODE");
  });
});

describeWithPrograms(["redis-server", "redis-cli"], "octoload's warm, of a cluster", () => {
  const redis = useRedis("cluster");

  it("puts each row where its slot is", async () => {
    const path = newPath();
    loadTarget(path, rows);
    const regions = parseHotRegions(WARM_REGIONS);
    const hot = hotOf(await buildHotIndex(regions), rows);
    const url = `redis+cluster://${redis.place}`;
    const options = { to: urlOf(path), runDir: newRunDir(), env: {} };
    const result = await warm({ ...options, hot: { url, regions: WARM_REGIONS } });
    expect(result).toMatchObject({ outcome: "done", cached: hot.length, notCached: 0 });
    const sizes = await Promise.all([1, 2, 3].map((node) => redis.client(node).dbsize()));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(hot.length);
    expect(Math.min(...sizes)).toBeGreaterThan(hot.length / 5);
    const target = EmbeddedTarget.open(path, null);
    const reader = await createCachedReader({
      ...{ target, cache: url, hot: await buildHotIndex(regions), env: {}, deadlineMs: 5000 },
    });
    for (const { code, level, material } of hot.slice(0, 200)) {
      const answer = await reader.getNode(code, level);
      expect(answer).toMatchObject({ source: "redis", row: { materialId: material } });
    }
    reader.close();
    await target.close();
  });
});

function never(): never {
  throw new Error("there are hot rows");
}
