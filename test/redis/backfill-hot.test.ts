import { existsSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { backfill } from "../../src/backfill/backfill.js";
import { switchDualWriteOn } from "../../src/cassandra/t0.js";
import type { HotOptions } from "../../src/load/hot-options.js";
import type { RunEvent } from "../../src/load/progress.js";
import { openLoadKeyspace } from "../cassandra/load-keyspace.js";
import { runCli } from "../cli/run-cli.js";
import { EarthFiles } from "../generate/earth-files.js";
import { rejectionOf } from "../support/rejection-of.js";
import { readJson, type TargetCell, targetCells } from "../support/run-samples.js";
import { describeOnCassandra, describeWithPrograms } from "../support/servers.js";
import { tempFolder } from "../support/temp-folder.js";
import { useRedis } from "./use-redis.js";

const ROWS = 20_000;
const HOT_LEVEL = 8;
const folder = tempFolder();
const earth = new EarthFiles();
let source: string;

beforeAll(() => {
  source = earth.build({ nodes: ROWS, seed: 6, maxLevel: 21 }).path;
});

afterAll(() => {
  earth.remove();
});

const newTarget = () => join(mkdtempSync(join(folder, "target-")), "target.octree");
const newRunDir = () => join(mkdtempSync(join(folder, "run-")), "run");

function isHot({ level }: TargetCell): boolean {
  return level >= HOT_LEVEL;
}

/** What the contract says an entry holds. */
function hashOf(cell: TargetCell, writeTimeUs: string): Record<string, string> {
  return {
    ...(cell.materialId === null ? {} : { material_id: String(cell.materialId) }),
    homogeneity: shortest(cell.homogeneity),
    children_mask: String(cell.childrenMask),
    last_modified: String(cell.lastModified),
    wts: writeTimeUs,
  };
}

/** The shortest decimal that reads back as the same float32. */
function shortest(value: number): string {
  for (let digits = 1; digits < 9; digits += 1) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}

async function entriesOf(client: Redis): Promise<Map<string, Record<string, string>>> {
  const keys = await client.keys("octree:*");
  const entries = new Map<string, Record<string, string>>();
  for (const key of keys) entries.set(key, await client.hgetall(key));
  return entries;
}

describeWithPrograms(["redis-server", "redis-cli"], "a backfill with a hot cache", () => {
  const redis = useRedis("standalone");
  const hotOf = (more: Partial<HotOptions> = {}): HotOptions => ({
    url: `redis://${redis.place}`,
    regions: `level>=${HOT_LEVEL}`,
    ...more,
  });

  afterEach(async () => {
    await redis.client().flushall();
  });

  it("puts the hot rows there as its target has them, and no other", async () => {
    const [target, runDir] = [newTarget(), newRunDir()];
    const { report } = await backfill({
      ...{ sources: [source], to: [`sqlite:${target}`], runDir, hot: hotOf() },
    });
    const hot = targetCells(target).filter(isHot);
    const writeTimeUs = String(readJson(runDir, "run.json").writeTimeUs);
    expect(await entriesOf(redis.client())).toEqual(
      new Map(hot.map((cell) => [`octree:${cell.level}:${cell.code}`, hashOf(cell, writeTimeUs)])),
    );
    expect(hot.length).toBeGreaterThan(1000);
    expect(report.cache).toMatchObject({
      ...{ offered: hot.length, cached: hot.length, older: 0, skipped: 0, skippedBy: {} },
      memory: { budgetBytes: null, predictedEntries: expect.any(Number) },
    });
    expect(report.hot?.rows.reduce((sum, rows) => sum + rows, 0)).toBe(ROWS);
    expect(report.hot?.rows.slice(1).reduce((sum, rows) => sum + rows, 0)).toBe(hot.length);
  });

  it("keeps within the memory it is allowed, and prefers what is hotter", async () => {
    const target = newTarget();
    const before = await usedMemory(redis.client());
    const hot = hotOf({ maxMemoryBytes: before + 600_000 });
    const { report } = await backfill({
      ...{ sources: [source], to: [`sqlite:${target}`], runDir: newRunDir(), hot },
    });
    const { cache } = report;
    if (cache === undefined) throw new Error("the report has no cache");
    expect(cache.cached + cache.older + cache.skipped).toBe(cache.offered);
    expect(cache.skippedBy["over-budget"]).toBe(cache.skipped);
    expect(cache.cached).toBeGreaterThan(1000);
    expect(cache.skipped).toBeGreaterThan(100);
    expect(await usedMemory(redis.client())).toBeLessThan(before + 660_000);
    // Deeper is hotter: what was admitted is deeper on average than what was not.
    const kept = new Set(await redis.client().keys("octree:*"));
    const cells = targetCells(target).filter(isHot);
    const isKept = ({ level, code }: TargetCell) => kept.has(`octree:${level}:${code}`);
    const meanLevel = (some: readonly TargetCell[]) =>
      some.reduce((sum, { level }) => sum + level, 0) / some.length;
    expect(meanLevel(cells.filter(isKept))).toBeGreaterThan(
      meanLevel(cells.filter((cell) => !isKept(cell))),
    );
  });

  it("is done, and says what is not cached, where Redis dies in the middle", async () => {
    const target = newTarget();
    let killed: Promise<unknown> | undefined;
    const onProgress = (event: RunEvent) => {
      if (event.event === "progress" && event.phase === "load" && event.migrated > 0) {
        killed ??= redis.servers.node(1).kill();
      }
    };
    const options = { sources: [source], to: [`sqlite:${target}`], runDir: newRunDir() };
    const { report } = await backfill(
      { ...options, rowsPerSecond: 15_000, hot: hotOf() },
      { onProgress },
    );
    await killed;
    await redis.servers.node(1).start();
    expect(report).toMatchObject({ outcome: "done", exitCode: 0 });
    expect(report.sinks[0]).toMatchObject({ loaded: ROWS, rejected: 0, skipped: 0 });
    const { offered = 0, cached = 0, older = 0, skipped = 0 } = report.cache ?? {};
    expect(offered).toBe(targetCells(target).filter(isHot).length);
    expect(cached + older + skipped).toBe(offered);
    expect(skipped).toBeGreaterThan(0);
  });

  it("goes on without it where it is down when a run is resumed", async () => {
    const [target, runDir] = [newTarget(), newRunDir()];
    const stop = new AbortController();
    const onProgress = (event: RunEvent) => {
      if (event.event === "progress" && event.migrated > 0) stop.abort();
    };
    const options = { sources: [source], to: [`sqlite:${target}`], runDir };
    const first = await backfill(
      { ...options, rowsPerSecond: 1, hot: hotOf() },
      { signal: stop.signal, onProgress },
    );
    expect(first.report.outcome).toBe("interrupted");
    await redis.servers.node(1).kill();
    const events: RunEvent[] = [];
    const { report } = await backfill(
      { runDir, rowsPerSecond: null },
      { onProgress: (event) => events.push(event) },
    );
    await redis.servers.node(1).start();
    expect(report).toMatchObject({ outcome: "done", resumes: 1 });
    expect(events.some((event) => event.event === "warning" && event.code === "NOT_CACHED")).toBe(
      true,
    );
    const { offered = 0, cached = 0, older = 0, skipped = 0 } = report.cache ?? {};
    expect(offered).toBe(targetCells(target).filter(isHot).length);
    expect(cached + older + skipped).toBe(offered);
    expect(skipped).toBeGreaterThan(0);
  });

  it.each<[string, () => Partial<HotOptions>, string]>([
    ["nothing listens", () => ({ url: "redis://127.0.0.1:1" }), "REDIS_UNREACHABLE"],
    ["regions are none", () => ({ regions: "coastal" }), "HOT_REGIONS_INVALID"],
    ["the URL is none", () => ({ url: "radish://127.0.0.1" }), "TARGET_URL"],
    ["the server stands alone", () => ({ url: `redis+cluster://${redis.place}` }), "REDIS_MODE"],
  ])("writes nothing where %s", async (_what, more, code) => {
    const target = newTarget();
    const error = await rejectionOf(
      backfill({
        ...{ sources: [source], to: [`sqlite:${target}`], runDir: newRunDir(), hot: hotOf(more()) },
      }),
    );
    expect(error.code).toBe(code);
    expect(existsSync(target)).toBe(false);
  });

  it("is refused by the command line with its reason, exit 3", async () => {
    await redis.client().config("SET", "requirepass", "s3cret");
    try {
      const place = ["--hot", `redis://${redis.place}`, "--hot-regions", "level>=8"];
      const target = newTarget();
      const args = ["backfill", source, "--to", `sqlite:${target}`, "--run-dir", newRunDir()];
      const refused = await runCli([...args, ...place], { OCTOLOAD_REDIS_PASSWORD: "wr0ng" });
      expect(refused.exitCode).toBe(3);
      expect(refused.stderr).toContain("REDIS_AUTH");
      expect(refused.stderr).not.toContain("wr0ng");
      expect(existsSync(target)).toBe(false);
      const lone = await runCli([...args, "--hot-regions", "level>=8"]);
      expect([lone.exitCode, lone.stderr]).toEqual([3, expect.stringContaining("need --hot URL")]);
      const open = await runCli([...args, "--hot", `redis://${redis.place}`]);
      expect([open.exitCode, open.stderr]).toEqual([3, expect.stringContaining("--hot-regions")]);
    } finally {
      await redis.client().config("SET", "requirepass", "");
    }
  });

  describeOnCassandra("into Cassandra", (cassandra) => {
    it("fills it, but not while dual write is on: warm does then", async () => {
      const keyspace = await openLoadKeyspace(cassandra, "node");
      try {
        const options = { sources: [source], to: [keyspace.url], hot: hotOf() };
        const first = await backfill({ ...options, runDir: newRunDir() });
        const hot = (await keyspace.cells()).filter(isHot).length;
        expect(first.report.cache).toMatchObject({ offered: hot, cached: hot, skipped: 0 });
        expect(await redis.client().dbsize()).toBe(hot);
        await redis.client().flushall();
        await switchDualWriteOn(keyspace.session);
        const second = await backfill({ ...options, runDir: newRunDir() });
        expect(second.report.cache).toMatchObject({
          ...{ offered: hot, cached: 0, skipped: hot, skippedBy: { "dual-write": hot } },
        });
        expect(await redis.client().dbsize()).toBe(0);
      } finally {
        await keyspace.end();
      }
    });
  });
});

async function usedMemory(client: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await client.info("memory"))?.[1]);
}
