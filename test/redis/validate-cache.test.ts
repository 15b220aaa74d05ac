import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ValidateOptions } from "../../src/validate/validate-options.js";
import { warm } from "../../src/warm/warm.js";
import type { BackfillCase } from "../support/backfill-case.js";
import {
  checkCase,
  keyOfPath,
  loadedTree,
  onlyCheck,
  plant,
  toldShortly,
  treePaths,
} from "../support/check-case.js";
import { describeWithPrograms } from "../support/servers.js";
import { tempFolder } from "../support/temp-folder.js";
import { useRedis } from "./use-redis.js";

const ROWS = treePaths.length;

describeWithPrograms(["redis-server", "redis-cli"], "the check of a hot cache", () => {
  const redis = useRedis("standalone");
  const folder = tempFolder();
  let made: BackfillCase;
  let fills = 0;

  const url = (query = "") => `redis://${redis.place}${query}`;
  const entryOf = (path: readonly number[]) => `octree:${keyOfPath(path).replace(" ", ":")}`;
  const check = (options: Partial<ValidateOptions> = {}) =>
    checkCase(made, { checks: ["cache"], hot: url(), env: {}, ...options });

  beforeAll(async () => {
    made = await loadedTree(folder, "node");
  });

  beforeEach(async () => {
    await redis.client().flushall();
    fills += 1;
    await warm({
      to: `sqlite:${made.target}`,
      hot: { url: url(), regions: "level>=0" },
      runDir: `${folder}/warm-${fills}`,
      env: {},
    });
  });

  it("passes where all entries are as the target's rows", async () => {
    const result = await check();
    expect(result).toMatchObject({ exitCode: 0, findings: [], rows: null });
    expect(onlyCheck(result)).toMatchObject({
      ...{ check: "cache", status: "passed", checked: ROWS, notes: [] },
      figures: { agree: ROWS, newer: 0, gone: 0, foreign: 0 },
    });
  });

  it("finds stale, stray, unreadable and immortal entries; newer ones are none", async () => {
    const client = redis.client();
    const [stale, sameTime, newer] = [entryOf([0]), entryOf([0, 1]), entryOf([0, 2])];
    await client.hset(stale, "material_id", "9", "wts", "5");
    await client.hset(sameTime, "homogeneity", "0.125", "last_modified", "1");
    await client.hset(newer, "material_id", "9", "wts", "9000000000000000000");
    // Older, and as it should be: nothing is wrong with it.
    await client.hset(entryOf([0, 3]), "wts", "5");
    await client.hset("octree:9:77", await client.hgetall(entryOf([0, 4])));
    await client.expire("octree:9:77", 100);
    await client.hset(entryOf([0, 5]), "children_mask", "256");
    await client.persist(entryOf([0, 6]));
    await client.del(entryOf([0, 7]));
    await client.hset(entryOf([0, 7]), "absent", "1");
    await client.expire(entryOf([0, 7]), 100);
    await client.set(entryOf([1]), "text", "EX", 100);
    await client.set("octree:banner", "hello");
    await client.set("octree:27:1", "hello");
    await client.set("other:key", "hello");
    const result = await check();
    expect(toldShortly(result.findings)).toEqual(
      [
        `cache-stale ${keyOfPath([0])} material_id`,
        `cache-stale ${keyOfPath([0, 1])} homogeneity,last_modified`,
        "cache-extra 9 77",
        `cache-malformed ${keyOfPath([0, 5])}`,
        `cache-no-ttl ${keyOfPath([0, 6])}`,
        `cache-stale ${keyOfPath([0, 7])}`,
        `cache-malformed ${keyOfPath([1])}`,
      ].sort(),
    );
    const { status, figures, notes, checked } = onlyCheck(result);
    expect([status, checked]).toEqual(["failed", ROWS + 1]);
    expect(figures).toEqual({ agree: ROWS - 7, newer: 1, gone: 0, foreign: 2 });
    expect(notes.join()).toMatch(/octree:banner/);
    expect(result.exitCode).toBe(6);
  });

  it("looks at a row and its entry again before it calls them anything", async () => {
    plant(made, "node", [2, 2], "material_id = 3");
    const running = check({ settleMs: 1500 });
    setTimeout(() => plant(made, "node", [2, 2], "material_id = NULL"), 700);
    expect(await running).toMatchObject({ exitCode: 0, findings: [] });
  });

  it("reads its own prefix literally, and no other", async () => {
    const result = await check({ hot: url("?prefix=oct*:") });
    expect(onlyCheck(result)).toMatchObject({ status: "passed", checked: 0 });
    await redis.client().set("oct*:1", "");
    const again = onlyCheck(await check({ hot: url("?prefix=oct*:") }));
    expect(again.figures).toMatchObject({ agree: 0, foreign: 1 });
  });

  it("goes with the sample where a cache is given and no check named", async () => {
    const result = await checkCase(made, { hot: url(), env: {} });
    expect(result.checks.map(({ check: name, status }) => [name, status])).toEqual([
      ["sample", "passed"],
      ["cache", "passed"],
    ]);
  });

  it("says that it could not look where the cache is down", async () => {
    const result = await check({ hot: "redis://127.0.0.1:1" });
    expect(result.exitCode).toBe(8);
    expect(onlyCheck(result)).toMatchObject({ status: "unchecked", checked: 0 });
    expect(result.unchecked).toMatchObject([{ code: "REDIS_UNREACHABLE" }]);
  });
});

describeWithPrograms(["redis-server", "redis-cli"], "the check of a hot cache's cluster", () => {
  const redis = useRedis("cluster");
  const folder = tempFolder();

  describe("of three masters", () => {
    it("goes through all of them", async () => {
      const made = await loadedTree(folder, "tile");
      const hot = `redis+cluster://${redis.servers.contactPoints.join(",")}`;
      const runDir = `${folder}/warm`;
      await warm({
        ...{ to: `sqlite:${made.target}`, hot: { url: hot, regions: "level>=0" }, runDir, env: {} },
      });
      const result = await checkCase(made, { checks: ["cache"], hot, env: {} });
      expect(onlyCheck(result)).toMatchObject({ status: "passed", checked: ROWS });
    });
  });
});
