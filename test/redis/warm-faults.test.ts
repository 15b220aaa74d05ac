import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { buildHotIndex } from "../../src/hot/build-hot-index.js";
import { parseHotRegions } from "../../src/hot/hot-regions.js";
import { warm } from "../../src/warm/warm.js";
import type { WarmOptions, WarmResult } from "../../src/warm/warm-options.js";
import { runCli } from "../cli/run-cli.js";
import { loadTarget, targetPaths, urlOf } from "../support/loaded-target.js";
import { rejectionOf } from "../support/rejection-of.js";
import { describeWithPrograms } from "../support/servers.js";
import type { SinkRow } from "../support/sink-blocks.js";
import { hashOf } from "./hot-rows.js";
import { useRedis } from "./use-redis.js";
import { hotOf, redisKeyOf, WARM_REGIONS, warmRows } from "./warm-cases.js";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const wts = 1_700_000_000_000_000n;
const { folder, newPath } = targetPaths();
const newRunDir = () => join(mkdtempSync(join(folder, "run-")), "run");
const rows = warmRows(20_000);
const blank = { material: 0, homogeneity: 1, mask: 0, lastModified: 0n };

describeWithPrograms(["redis-server", "redis-cli"], "octoload warm, faults", () => {
  const redis = useRedis("standalone");
  let path = "";
  let hot: readonly SinkRow[];

  beforeAll(async () => {
    hot = hotOf(await buildHotIndex(parseHotRegions(WARM_REGIONS)), rows);
    path = newPath();
    loadTarget(path, rows);
  });

  beforeEach(async () => {
    await redis.client().flushall();
  });

  const optionsOf = (changes: Partial<WarmOptions>): WarmOptions => ({
    to: urlOf(path),
    hot: { url: `redis://${redis.place}`, regions: WARM_REGIONS },
    ...{ runDir: newRunDir(), env: {} },
    ...changes,
  });
  const flagsOf = (runDir: string, ...more: readonly string[]) => [
    ...["warm", "--to", urlOf(path), "--hot", `redis://${redis.place}`],
    ...["--hot-regions", WARM_REGIONS, "--run-dir", runDir, "--json", ...more],
  ];

  async function expectWarm(): Promise<void> {
    expect(await redis.client().dbsize()).toBe(hot.length);
    const pipeline = redis.client().pipeline();
    for (const row of hot) pipeline.hgetall(redisKeyOf(row));
    const found = (await pipeline.exec()) ?? [];
    const wrong = hot.filter((row, i) => {
      const expected = JSON.stringify(Object.entries(hashOf({ ...blank, ...row }, wts)).sort());
      return JSON.stringify(Object.entries(found[i]?.[1] ?? {}).sort()) !== expected;
    });
    expect(wrong).toEqual([]);
  }

  function start(args: readonly string[]): { child: ChildProcess; stderr: () => string } {
    const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr?.on("data", (chunk) => {
      stderr += String(chunk);
    });
    return { child, stderr: () => stderr };
  }

  it("goes on after kill -9, in another process, and does not begin anew", async () => {
    const runDir = newRunDir();
    for (let kills = 0; kills < 3; kills += 1) {
      const before = await redis.client().dbsize();
      const { child, stderr } = start(flagsOf(runDir, "--max-rows-per-second", "20000"));
      const closed = once(child, "close");
      // Into the survey; then after some rows.
      while (kills > 0 && (await redis.client().dbsize()) <= before) {
        if (child.exitCode !== null) throw new Error(`it ended: ${stderr()}`);
        await sleep(10);
      }
      if (kills === 0) await sleep(700);
      child.kill("SIGKILL");
      await closed;
    }
    expect(await redis.client().dbsize()).toBeLessThan(hot.length);
    const { exitCode, stdout, stderr } = await runCli(flagsOf(runDir));
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/going on: \d+ of \d+ parts/)]);
    const result = JSON.parse(stdout) as WarmResult;
    expect(result).toMatchObject({ outcome: "done", passes: 1, notCached: 0 });
    // A chunk and the parts under way at each kill were put again, and not all of it.
    expect(result.offered).toBeLessThan(2 * hot.length);
    await expectWarm();
  });

  it("does again what would expire soon when it goes on late", async () => {
    const hot = { url: `redis://${redis.place}?ttl=2`, regions: WARM_REGIONS };
    const options = optionsOf({ hot });
    const abort = new AbortController();
    const first = await warm(options, {
      signal: abort.signal,
      onProgress: ({ cached }) => {
        if (cached > 0) abort.abort();
      },
    });
    expect(first.outcome).toBe("interrupted");
    expect(first.cached).toBeGreaterThan(0);
    while ((await redis.client().dbsize()) > 0) await sleep(50);
    const notes: string[] = [];
    const end = await warm(options, { onNote: (text) => notes.push(text) });
    expect(notes.join()).toMatch(/going on: 0 of \d+ parts are cached, \d+ more would expire soon/);
    expect(end.offered - first.offered).toBe(end.hotRows);
  });

  it("ends in order at Ctrl-C with exit code 4, and goes on", async () => {
    const runDir = newRunDir();
    const { child, stderr } = start(flagsOf(runDir, "--max-rows-per-second", "10000"));
    const closed = once(child, "close");
    while ((await redis.client().dbsize()) === 0) {
      if (child.exitCode !== null) throw new Error(`it ended: ${stderr()}`);
      await sleep(10);
    }
    child.kill("SIGINT");
    await closed;
    expect(child.exitCode).toBe(4);
    expect(await redis.client().dbsize()).toBeLessThan(hot.length);
    expect((await runCli(flagsOf(runDir))).exitCode).toBe(0);
    await expectWarm();
  });

  it("ends at Ctrl-C with exit code 0 while it keeps the cache warm", async () => {
    const { child, stderr } = start(flagsOf(newRunDir(), "--keep-warm"));
    const closed = once(child, "close");
    while ((await redis.client().dbsize()) < hot.length) {
      if (child.exitCode !== null) throw new Error(`it ended: ${stderr()}`);
      await sleep(10);
    }
    // The last rows are there before they are settled.
    await sleep(500);
    child.kill("SIGINT");
    await closed;
    expect(child.exitCode).toBe(0);
  });

  it("waits for a server that is killed, and for one that is stopped", async () => {
    const running = warm(optionsOf({ maxRowsPerSecond: 15_000 }));
    while ((await redis.client().dbsize()) === 0) await sleep(5);
    await redis.servers.node(1).kill();
    await sleep(300);
    await redis.servers.node(1).start();
    while ((await redis.client().dbsize()) === 0) await sleep(5);
    redis.servers.node(1).pause();
    await sleep(300);
    redis.servers.node(1).resume();
    const result = await running;
    expect(result).toMatchObject({ outcome: "done", notCached: 0 });
    expect(result.offered).toBe(result.cached);
  });

  it("gives up after a while with exit code 5, its position kept", async () => {
    const runDir = newRunDir();
    const args = flagsOf(runDir, "--max-rows-per-second", "10000", "--outage-timeout", "1");
    const running = runCli(args);
    while ((await redis.client().dbsize()) === 0) await sleep(5);
    await redis.servers.node(1).kill();
    const { exitCode, stdout, stderr } = await running;
    expect([exitCode, stdout]).toEqual([5, ""]);
    const { error } = JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "");
    expect(error.code).toBe("REDIS_UNREACHABLE");
    expect(error.message).toContain("--run-dir");
    // Where nothing was cached yet, it is the command that is wrong.
    expect((await rejectionOf(warm(optionsOf({})))).isLate).toBe(false);
    expect((await runCli(flagsOf(newRunDir()))).exitCode).toBe(3);
    await redis.servers.node(1).start();
    const end = await runCli(flagsOf(runDir));
    expect(end.exitCode).toBe(0);
    expect(end.stderr).toContain("going on");
  });

  it("exits 1 where an entry is refused for good", async () => {
    const [row = rows[0]] = hot;
    if (row === undefined) throw new Error("there are rows");
    await redis.client().set(redisKeyOf(row), "somebody's");
    const { exitCode, stdout } = await runCli(flagsOf(newRunDir()));
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ notCachedBy: { "wrong-type": 1 } });
  });
});
