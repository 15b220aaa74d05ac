import { beforeAll, beforeEach, expect, it } from "vitest";
import { frames } from "../../src/encoding/frame.js";
import { decodeCode } from "../../src/encoding/point.js";
import { runCli } from "../cli/run-cli.js";
import { loadTarget, targetPaths } from "../support/loaded-target.js";
import { describeWithPrograms } from "../support/servers.js";
import { cold, HOT_REGIONS, hot, missing } from "./cached-rows.js";
import { useRedis } from "./use-redis.js";

const { newPath } = targetPaths();

describeWithPrograms(["redis-server", "redis-cli"], "octoload get --hot", () => {
  const redis = useRedis("standalone");
  const path = newPath();

  beforeAll(() => {
    loadTarget(path, [hot, cold]);
  });

  beforeEach(async () => {
    await redis.client().flushall();
  });

  function get({ code, level }: { code: bigint; level: number }, ...more: readonly string[]) {
    const { center } = decodeCode(code, level, frames.centred);
    return runCli([
      ...["get", ...center.map(String), "--level", String(level), "--to", `sqlite:${path}`],
      ...["--hot", `redis://${redis.place}`, "--hot-regions", HOT_REGIONS, ...more],
    ]);
  }
  const json = async (cell: { code: bigint; level: number }) =>
    JSON.parse((await get(cell, "--json")).stdout);

  it("says where an answer came from", async () => {
    const first = await json(hot);
    expect(first).toEqual({
      ...{ found: true, source: "embedded", cached: "miss" },
      cell: {
        ...{ level: 18, mortonCode: `${hot.code}`, tile: `${hot.code >> 15n}` },
        ...{ cell: Number(hot.code & 0x7fffn), materialId: -7, childrenMask: 0x81 },
        homogeneity: Math.fround(0.1),
        ...{ lastModified: 1_714_566_896_789, writeTimeUs: "1700000000000000" },
      },
    });
    expect(await json(hot)).toEqual({ ...first, source: "redis", cached: "hit" });
    expect(await json(cold)).toMatchObject({ found: true, source: "embedded", cached: "bypass" });
  });

  it("prints it", async () => {
    await get(hot);
    const { exitCode, stdout, stderr } = await get(hot);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout.split("\n")).toEqual([
      "source         redis",
      "cached         hit",
      "level          18",
      `morton_code    ${hot.code}`,
      "material_id    -7",
      "homogeneity    0.10000000149011612",
      "children_mask  129 (10000001)",
      "last_modified  2024-05-01T12:34:56.789Z",
      "write_time     2023-11-14T22:13:20.000Z",
      "",
    ]);
  });

  it("exits 7 where there is none, also by the note of that", async () => {
    const first = await get(missing);
    expect([first.exitCode, first.stdout]).toEqual([7, ""]);
    expect(first.stderr).toContain("answered by embedded, miss");
    const second = await get(missing);
    expect(second.exitCode).toBe(7);
    expect(second.stderr).toContain("answered by redis, negative");
  });

  it("answers without a cache", async () => {
    await redis.servers.node(1).kill();
    const { exitCode, stdout, stderr } = await get(hot, "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ source: "embedded", cached: "unavailable" });
    expect(stderr).toContain("the hot cache is down");
    await redis.servers.node(1).start();
  });

  it.each([
    [["--nearest"], "--hot goes with a single cell"],
    [["--hot", "http://x"], "redis://"],
    [["--hot-regions", "level>=99"], "level"],
  ])("refuses %j", async (more, text) => {
    const { exitCode, stderr } = await get(hot, ...more);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(text);
  });
});
