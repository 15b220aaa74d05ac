import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import type { Layout } from "../../src/encoding/layout.js";
import { MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import { validate } from "../../src/validate/validate.js";
import { warm } from "../../src/warm/warm.js";
import { useRedis } from "../redis/use-redis.js";
import { keyOfPath, toldShortly, treePaths, treeRows } from "../support/check-case.js";
import { keyCondition, keyValues } from "../support/planted-faults.js";
import { describeOnCassandra } from "../support/servers.js";
import { type Path, writeTree } from "../support/small-trees.js";
import { tempFolder } from "../support/temp-folder.js";
import { type LoadKeyspace, loadInto, openLoadKeyspace } from "./load-keyspace.js";

const folder = tempFolder();
const ROWS = treePaths.length;
const checks = ["sample", "integrity", "spatial", "cache", "baseline"] as const;

describeOnCassandra("the checks of Cassandra beside the comparison of every row", (cassandra) => {
  const redis = useRedis("standalone");
  const opened: LoadKeyspace[] = [];
  const hot = () => `redis://${redis.place}`;

  beforeEach(async () => {
    await redis.client().flushall();
  });

  afterAll(async () => {
    for (const keyspace of opened) await keyspace.end();
  });

  /** A whole tree but for the cell [1, 1, 1], loaded and warmed. */
  async function openLoaded(layout: Layout) {
    const keyspace = await openLoadKeyspace(cassandra, layout);
    opened.push(keyspace);
    const dir = mkdtempSync(join(folder, "case-"));
    const source = join(dir, "source.db");
    writeTree(
      source,
      treeRows().filter(({ path }) => path.join() !== "1,1,1"),
    );
    const { runDir } = await loadInto([keyspace.url], dir, { sources: [source] });
    await warm({
      ...{ to: keyspace.url, hot: { url: hot(), regions: "level>=0" }, env: {} },
      runDir: join(dir, "warm"),
    });
    const check = () =>
      validate({
        ...{ to: keyspace.url, sources: [source], run: runDir, checks, hot: hot(), env: {} },
        validationDir: mkdtempSync(join(dir, "validation-")),
        ...{ memoryBytes: MIN_MEMORY_BYTES, settleMs: 20 },
      });
    return { keyspace, check };
  }

  it.each<Layout>(["node", "tile"])("pass and find faults in layout %s", async (layout) => {
    const { keyspace, check } = await openLoaded(layout);
    const clean = await check();
    // How fast a shared machine's server answers is not the matter here.
    const others = clean.checks.filter((one) => one.check !== "baseline");
    expect(others.map((one) => [one.check, one.status])).toEqual([
      ["sample", "passed"],
      ["integrity", "passed"],
      ["spatial", "passed"],
      ["cache", "passed"],
    ]);
    expect(clean).toMatchObject({ findings: [], unchecked: [] });
    const baseline = clean.checks.find((one) => one.check === "baseline")?.latency;
    expect(baseline?.target).toMatchObject({ queries: ROWS - 1, errors: 0 });

    const [at = 0n] = await keyspace.writeTimes();
    const table = layout === "node" ? "octree_nodes" : "octree_tiles";
    const keys = layout === "node" ? "morton_code, level" : "level, tile, cell";
    const where = (path: Path) => `WHERE ${keyCondition(layout, keyOfPath(path))}`;
    const using = `USING TIMESTAMP ${at + 1n}`;
    await keyspace.execute(`UPDATE {ks}.${table} ${using} SET children_mask = 3 ${where([2])}`);
    await keyspace.execute(`DELETE FROM {ks}.${table} ${using} ${where([3, 3, 3])}`);
    await keyspace.execute(
      `UPDATE {ks}.${table} ${using} SET material_id = 99 ${where([4, 4, 4])}`,
    );
    await keyspace.execute(
      `INSERT INTO {ks}.${table} (${keys}, homogeneity) VALUES
       (${keyValues(layout, keyOfPath([1, 1, 1])).join(", ")}, 1) ${using}`,
    );
    const result = await check();
    expect(result.exitCode).toBe(6);
    expect(toldShortly(result.findings)).toEqual(
      [
        // The cache still has them as they were loaded.
        `cache-extra ${keyOfPath([3, 3, 3])}`,
        `cache-stale ${keyOfPath([2])} children_mask`,
        `cache-stale ${keyOfPath([4, 4, 4])} material_id`,
        `different ${keyOfPath([2])} children_mask`,
        `different ${keyOfPath([4, 4, 4])} material_id`,
        `extra ${keyOfPath([1, 1, 1])}`,
        `missing ${keyOfPath([3, 3, 3])}`,
      ].sort(),
    );
  });
});
