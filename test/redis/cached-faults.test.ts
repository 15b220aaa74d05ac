import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import {
  type CachedReader,
  type CachedReaderOptions,
  createCachedReader,
} from "../../src/cache/cached-reader.js";
import type { HotIndex } from "../../src/hot/hot-index.js";
import { EmbeddedTarget } from "../../src/target/embedded-target.js";
import { loadTarget, targetPaths } from "../support/loaded-target.js";
import { describeWithPrograms } from "../support/servers.js";
import { type CountedTarget, cellAt, countReads, hot, hotIndex } from "./cached-rows.js";
import { useRedis } from "./use-redis.js";

const { newPath } = targetPaths();
const opened: (CachedReader | EmbeddedTarget)[] = [];

/** Cells around the hot one, each with a material of its own. */
const rows = Array.from({ length: 300 }, (_, i) => ({
  ...cellAt(1 + (i % 20) / 3, 1 + Math.floor(i / 20) / 3),
  material: i,
}));

for (const mode of ["standalone", "cluster"] as const) {
  describeWithPrograms(["redis-server", "redis-cli"], `cached reads, faults of a ${mode}`, () => {
    const redis = useRedis(mode);
    let index: HotIndex;
    let counted: CountedTarget;

    beforeAll(async () => {
      index = await hotIndex();
    });

    beforeEach(() => {
      const path = newPath();
      loadTarget(path, [hot, ...rows]);
      const target = EmbeddedTarget.open(path, null);
      opened.push(target);
      counted = countReads(target);
    });

    afterEach(async () => {
      for (const one of opened.splice(0).reverse()) await one.close();
    });

    async function open(changes: Partial<CachedReaderOptions> = {}): Promise<CachedReader> {
      const scheme = mode === "cluster" ? "redis+cluster" : "redis";
      const cache = `${scheme}://${redis.place}`;
      const options = { target: counted.target, cache, hot: index, env: {} };
      const reader = await createCachedReader({ ...options, deadlineMs: 100, ...changes });
      opened.push(reader);
      return reader;
    }

    /** Reads all rows; each answer has to be right, wherever it comes from. */
    async function readAll(reader: CachedReader): Promise<number> {
      const answers = await Promise.all(rows.map(({ code, level }) => reader.getNode(code, level)));
      expect(answers.map(({ row }) => row?.materialId)).toEqual(
        rows.map(({ material }) => material),
      );
      return answers.filter(({ source }) => source === "redis").length;
    }

    /** What never comes ends by the test's timeout. */
    async function readUntil(reader: CachedReader, isEnough: (fromRedis: number) => boolean) {
      while (!isEnough(await readAll(reader))) await sleep(20);
    }

    it("find every row, whoever has it", async () => {
      const reader = await open({ deadlineMs: 5000 });
      await readUntil(reader, (fromRedis) => fromRedis === rows.length);
      const { outcomes, targetReads } = reader.stats();
      expect(outcomes.hit).toBeGreaterThanOrEqual(rows.length);
      expect(outcomes.error + outcomes["wrong-type"] + outcomes.malformed).toBe(0);
      expect(targetReads).toBe(counted.reads);
    });

    it("go on while a server is stopped, soon without waiting, and use it again after", async () => {
      const reader = await open();
      await readUntil(reader, (fromRedis) => fromRedis === rows.length);
      redis.servers.node(1).pause();
      try {
        await readUntil(reader, (fromRedis) => fromRedis < rows.length);
        await readUntil(reader, () => reader.stats().outcomes.unavailable > 0);
        const { timeout } = reader.stats().outcomes;
        for (let i = 0; i < 20; i += 1) await readAll(reader);
        // Nobody's read waits for it any more.
        expect(reader.stats().outcomes.timeout).toBe(timeout);
        if (mode === "standalone") expect(reader.isCacheUp).toBe(false);
      } finally {
        redis.servers.node(1).resume();
      }
      await readUntil(reader, (fromRedis) => fromRedis === rows.length);
    });

    it("go on when a server is killed in the middle of them, and use it when it is back", async () => {
      const reader = await open();
      await readUntil(reader, (fromRedis) => fromRedis === rows.length);
      let isReading = true;
      const reading = (async () => {
        while (isReading) {
          await readAll(reader);
          // Without a cache nothing in it waits, and a timer would never come to its turn.
          await new Promise(setImmediate);
        }
      })();
      try {
        await sleep(20);
        await redis.servers.node(1).kill();
        // Reads that were on the way may end by their deadline first.
        await readUntil(reader, () => reader.stats().outcomes.unavailable > 0);
      } finally {
        isReading = false;
      }
      await reading;
      // It comes back without data, and without what puts entries; or another has its slots.
      await redis.servers.node(1).start();
      await readUntil(reader, (fromRedis) => fromRedis === rows.length);
    });
  });
}

describeWithPrograms(["redis-server", "redis-cli"], "cached reads that begin without cache", () => {
  const redis = useRedis("standalone");

  it("come from the target, and from the cache once it is there", async () => {
    const path = newPath();
    loadTarget(path, [hot]);
    const target = EmbeddedTarget.open(path, null);
    const cache = `redis://${redis.place}`;
    await redis.servers.node(1).kill();
    const notes: string[] = [];
    const reader = await createCachedReader({
      ...{ target, cache, hot: await hotIndex(), env: {}, deadlineMs: 1000 },
      onNote: (text) => notes.push(text),
    });
    try {
      expect(await reader.getNode(hot.code, hot.level)).toMatchObject({
        ...{ source: "embedded", cached: "unavailable", row: { materialId: -7 } },
      });
      expect(notes).toEqual(["the hot cache is down: reads go to the target until it is back"]);
      await redis.servers.node(1).start();
      while ((await reader.getNode(hot.code, hot.level)).source !== "redis") await sleep(10);
    } finally {
      reader.close();
      await target.close();
    }
  });
});
