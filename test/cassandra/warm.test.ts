import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CachedReader, createCachedReader } from "../../src/cache/cached-reader.js";
import { switchDualWriteOn } from "../../src/cassandra/t0.js";
import { buildHotIndex } from "../../src/hot/build-hot-index.js";
import type { HotIndex } from "../../src/hot/hot-index.js";
import { parseHotRegions } from "../../src/hot/hot-regions.js";
import type { Layout } from "../../src/sink/sink.js";
import { openTarget } from "../../src/target/open-target.js";
import type { Target } from "../../src/target/target.js";
import { warm } from "../../src/warm/warm.js";
import { hashOf } from "../redis/hot-rows.js";
import { useRedis } from "../redis/use-redis.js";
import { hotOf, redisKeyOf, WARM_REGIONS, warmRows } from "../redis/warm-cases.js";
import { nodeTable } from "../support/run-samples.js";
import { describeOnCassandra } from "../support/servers.js";
import type { SinkRow } from "../support/sink-blocks.js";
import { writeTable } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";
import { loadInto, openLoadKeyspace } from "./load-keyspace.js";
import { openReadsKeyspace } from "./reads-keyspace.js";
import type { SchemaKeyspace } from "./schema-keyspace.js";

const wts = 1_700_000_000_000_000n;
const folder = tempFolder();
const newRunDir = () => join(mkdtempSync(join(folder, "run-")), "run");
const rows = warmRows(3000);
const blank = { material: 0, homogeneity: 1, mask: 0, lastModified: 0n };

describeOnCassandra("warm, and cached reads, of Cassandra", (cassandra) => {
  const redis = useRedis("standalone");
  let index: HotIndex;
  let hot: readonly SinkRow[];

  beforeAll(async () => {
    index = await buildHotIndex(parseHotRegions(WARM_REGIONS));
    hot = hotOf(index, rows);
  });

  beforeEach(async () => {
    await redis.client().flushall();
  });

  const hotOptions = () => ({ url: `redis://${redis.place}`, regions: WARM_REGIONS });
  const run = (to: string) => warm({ to, hot: hotOptions(), runDir: newRunDir(), env: {} });

  describe.each<Layout>(["node", "tile"])("layout %s", (layout) => {
    let keyspace: SchemaKeyspace;
    let target: Target;
    let reader: CachedReader;
    const table = layout === "node" ? "octree_nodes" : "octree_tiles";
    const keyOf = ({ level, code }: SinkRow) =>
      layout === "node"
        ? `morton_code = ${code} AND level = ${level}`
        : `level = ${level} AND tile = ${code >> 15n} AND cell = ${code & 0x7fffn}`;

    beforeAll(async () => {
      keyspace = await openReadsKeyspace(cassandra, layout, rows);
      target = await openTarget(keyspace.url, { env: {} });
      reader = await createCachedReader({
        ...{ target, cache: hotOptions().url, hot: index, env: {}, deadlineMs: 5000 },
      });
    });

    afterAll(async () => {
      reader?.close();
      await target?.close();
      await keyspace?.end();
    });

    /** As a live service does: one row is written anew, one partly, one deleted. */
    async function writeLive(live: SinkRow, partly: SinkRow, deleted: SinkRow): Promise<void> {
      const write = (row: SinkRow, us: bigint, set: string) =>
        keyspace.execute(
          `UPDATE {ks}.${table} USING TIMESTAMP ${us} SET ${set} WHERE ${keyOf(row)}`,
        );
      const [stored] = await keyspace.execute(
        `SELECT compressed_data FROM {ks}.${table} WHERE ${keyOf(live)}`,
      );
      if (!(stored?.compressed_data instanceof Uint8Array)) throw new Error("it has an envelope");
      const envelope = `0x${Buffer.from(stored.compressed_data).toString("hex")}`;
      const set = "material_id = null, homogeneity = 0.5, children_mask = -1, last_modified = 9";
      await write(live, wts + 5n, `${set}, compressed_data = ${envelope}`);
      await write(partly, wts + 6n, "material_id = 77");
      await keyspace.execute(
        `DELETE FROM {ks}.${table} USING TIMESTAMP ${wts + 1n} WHERE ${keyOf(deleted)}`,
      );
    }

    it("caches what is hot, each row at its own write time", async () => {
      const [live = never(), partly = never(), deleted = never(), ...others] = hot;
      await writeLive(live, partly, deleted);
      const result = await run(keyspace.url);
      expect(result).toMatchObject({
        ...{ outcome: "done", cached: hot.length - 1, older: 0, notCached: 0, isFull: false },
        hotRows: layout === "node" ? hot.length - 1 : null,
      });
      const changed = { material: null, homogeneity: 0.5, mask: 255, lastModified: 9n };
      const expected = new Map([
        ...others.map((row) => [redisKeyOf(row), hashOf({ ...blank, ...row }, wts)] as const),
        [redisKeyOf(live), hashOf({ ...live, ...changed }, wts + 5n)],
        [redisKeyOf(partly), hashOf({ ...blank, ...partly, material: 77 }, wts + 6n)],
      ]);
      expect(await redis.client().dbsize()).toBe(expected.size);
      const pipeline = redis.client().pipeline();
      for (const key of expected.keys()) pipeline.hgetall(key);
      const found = (await pipeline.exec()) ?? [];
      expect(found.map(([, hash]) => hash)).toEqual([...expected.values()]);
    });

    it("reads through what it would warm", async () => {
      for (const row of hot.slice(3, 50)) {
        const first = await reader.getNode(row.code, row.level);
        expect(first).toMatchObject({ source: "cassandra", cached: "miss" });
        const second = await reader.getNode(row.code, row.level);
        expect(second).toEqual({ source: "redis", cached: "hit", row: first.row });
        const hash = await redis.client().hgetall(redisKeyOf(row));
        expect(hash).toEqual(hashOf({ ...blank, ...row }, wts));
      }
      const [live = never(), , deleted = never()] = hot;
      await reader.getNode(live.code, live.level);
      expect(await redis.client().hget(redisKeyOf(live), "wts")).toBe(`${wts + 5n}`);
      const answer = await reader.getNode(deleted.code, deleted.level);
      expect(answer).toEqual({ source: "cassandra", cached: "miss", row: null });
    });

    it("asks Cassandra once for a thousand misses at a time", async () => {
      const [row] = hot.slice(-1);
      if (row === undefined) throw new Error("there are hot rows");
      const { targetReads } = reader.stats();
      const reads = Array.from({ length: 1000 }, () => reader.getNode(row.code, row.level));
      const answers = await Promise.all(reads);
      expect(new Set(answers.map(({ source }) => source))).toEqual(new Set(["cassandra"]));
      expect(reader.stats().targetReads).toBe(targetReads + 1);
    });
  });

  it("fills the cache that a load does not feed since dual write is on", async () => {
    const source = join(mkdtempSync(join(folder, "source-")), "source.db");
    writeTable(source, nodeTable(200));
    const keyspace = await openLoadKeyspace(cassandra, "node");
    try {
      await loadInto([keyspace.url], folder, { sources: [source] });
      await switchDualWriteOn(keyspace.session);
      const hotEverywhere = { ...hotOptions(), regions: "level>=0" };
      const { report } = await loadInto([keyspace.url], folder, {
        sources: [source],
        hot: hotEverywhere,
      });
      expect(report.total).toBe(200);
      expect(await redis.client().dbsize()).toBe(0);
      const result = await warm({
        ...{ to: keyspace.url, hot: hotEverywhere, runDir: newRunDir(), env: {} },
      });
      expect(result).toMatchObject({ outcome: "done", cached: 200, notCached: 0 });
      expect(await redis.client().dbsize()).toBe(200);
      const [time] = await keyspace.writeTimes();
      const [key = ""] = await redis.client().keys("*");
      expect(await redis.client().hget(key, "wts")).toBe(String(time));
    } finally {
      await keyspace.end();
    }
  });
});

function never(): never {
  throw new Error("there are hot rows");
}
