import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordedTarget } from "../../../src/sink/sqlite/recorded.js";
import {
  change,
  loadTarget,
  openedSink,
  query,
  targetPaths,
  urlOf,
} from "../../support/loaded-target.js";
import { runs } from "../../support/seed.js";
import { type SinkRow, sinkBatch, sorted, targetFacts } from "../../support/sink-blocks.js";

const { newPath } = targetPaths();

const rows: SinkRow[] = [
  { level: 0, code: 0n, mask: 0x81, material: null, homogeneity: Math.fround(0.3) },
  { level: 21, code: 8n ** 21n - 1n, material: -(2 ** 31), lastModified: -5n, metadata: "m" },
  { level: 3, code: 40n, material: 2 ** 31 - 1, lastModified: 1_714_566_896_789n },
];

describe("an embedded target", () => {
  it("has the columns of layout node", async () => {
    const path = newPath();
    loadTarget(path, rows);
    const columns = "morton_code, level, material_id, homogeneity, children_mask, last_modified";
    expect(query(path, `SELECT ${columns}, write_time, deleted FROM octree_nodes`)).toEqual([
      [0n, 0n, null, Math.fround(0.3), -127n, 0n, 1_700_000_000_000_000n, 0n],
      [40n, 3n, 2n ** 31n - 1n, 1, 0n, 1_714_566_896_789n, 1_700_000_000_000_000n, 0n],
      [2n ** 63n - 1n, 21n, -(2n ** 31n), 1, 0n, -5n, 1_700_000_000_000_000n, 0n],
    ]);
    const batch = sinkBatch(sorted(rows, "node"));
    const envelopes = query(path, "SELECT compressed_data FROM octree_nodes").flat();
    expect(Buffer.concat(envelopes as Buffer[]).equals(batch.bytes)).toBe(true);
  });

  it("has the columns of layout tile, to level 26", async () => {
    const path = newPath();
    const deep: SinkRow = { level: 26, code: 8n ** 26n - 1n, mask: 0xff };
    loadTarget(path, [...rows, deep], "tile");
    const key = "level, tile, cell, children_mask, homogeneity";
    expect(query(path, `SELECT ${key} FROM octree_tiles`)).toEqual([
      [0n, 0n, 0n, -127n, Math.fround(0.3)],
      [3n, 0n, 40n, 0n, 1],
      [21n, 2n ** 48n - 1n, 32767n, 0n, 1],
      [26n, 2n ** 63n - 1n, 32767n, -1n, 1],
    ]);
  });

  it("is one file when it is finished, with no journal beside it", async () => {
    const path = newPath();
    loadTarget(path, rows);
    expect(existsSync(`${path}-journal`)).toBe(false);
    expect(query(path, "PRAGMA journal_mode")).toEqual([["delete"]]);
    expect(query(path, "PRAGMA integrity_check")).toEqual([["ok"]]);
    expect(statSync(`${path}-writer-lock`).size).toBe(0);
  });

  it("loads nothing and is a target all the same", async () => {
    const path = newPath();
    loadTarget(path, []);
    expect(query(path, "SELECT count(*) FROM octree_nodes")).toEqual([[0n]]);
  });
});

describe("a writer that was killed", () => {
  it("leaves the rows it acknowledged and no others, to readers and to the next run", async () => {
    const path = newPath();
    const program = fileURLToPath(
      new URL("../../support/programs/killed-writer.ts", import.meta.url),
    );
    const { signal, stdout } = spawnSync(process.execPath, ["--import", "tsx", program, path], {
      encoding: "utf8",
    });
    expect([signal, stdout]).toEqual(["SIGKILL", "acknowledged\n"]);
    expect(statSync(`${path}-journal`).size).toBeGreaterThan(0);
    expect(recordedTarget(urlOf(path)).lastWriteTimeUs).toBe(targetFacts().writeTimeUs);
    expect(query(path, "SELECT count(*), max(morton_code) FROM octree_nodes")).toEqual([
      [500n, 499n],
    ]);
    loadTarget(path, rows);
    expect(query(path, "PRAGMA integrity_check")).toEqual([["ok"]]);
  });
});

describe("newest wins", () => {
  const at = (writeTimeUs: bigint) => ({ writeTimeUs, runId: `run-${writeTimeUs}` });
  const row = (material: number): SinkRow => ({ level: 5, code: 9n, material });
  const kept = (path: string) =>
    query(path, "SELECT material_id, write_time, deleted FROM octree_nodes");

  it("replaces an older row and keeps a newer one", async () => {
    const path = newPath();
    loadTarget(path, [row(1)], "node", at(100n));
    loadTarget(path, [row(2)], "node", at(200n));
    expect(kept(path)).toEqual([[2n, 200n, 0n]]);
    loadTarget(path, [row(3)], "node", at(150n));
    expect(kept(path)).toEqual([[2n, 200n, 0n]]);
    expect(recordedTarget(urlOf(path)).lastWriteTimeUs).toBe(200n);
  });

  it("lets a row of the same time replace itself", async () => {
    const path = newPath();
    loadTarget(path, [row(1)], "node", at(100n));
    loadTarget(path, [row(1)], "node", at(100n));
    expect(kept(path)).toEqual([[1n, 100n, 0n]]);
  });

  it.each([
    [99n, [1n, 100n, 1n]],
    [100n, [1n, 100n, 1n]],
    [101n, [2n, 101n, 0n]],
  ])("counts a delete at 100 against a row of %d", async (time, expected) => {
    const path = newPath();
    loadTarget(path, [row(1)], "node", at(100n));
    change(path, "UPDATE octree_nodes SET deleted = 1");
    loadTarget(path, [row(2)], "node", at(time));
    expect(kept(path)).toEqual([expected]);
  });

  const anyLoad = fc.record({
    time: fc.bigInt(1n, 4n),
    keys: fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 8 }),
  });
  type Load = { readonly time: bigint; readonly keys: readonly number[] };

  function loadAll(path: string, loads: readonly Load[]): void {
    for (const [i, { time, keys }] of loads.entries()) {
      const loaded = keys.map((key) => ({ level: 4, code: BigInt(key), material: i }));
      loadTarget(path, loaded, "node", at(time));
    }
  }

  /** Key, material and time of what must be left: a plain map, written in the same order. */
  function newestRows(loads: readonly Load[]): bigint[][] {
    const newest = new Map<number, { readonly material: bigint; readonly time: bigint }>();
    for (const [i, { time, keys }] of loads.entries()) {
      for (const key of keys.filter((each) => time >= (newest.get(each)?.time ?? 0n))) {
        newest.set(key, { material: BigInt(i), time });
      }
    }
    const sortedKeys = [...newest].sort(([a], [b]) => a - b);
    return sortedKeys.map(([key, { material, time }]) => [BigInt(key), material, time]);
  }

  it("equals a plain map, whatever comes in which order", () => {
    fc.assert(
      fc.property(fc.array(anyLoad, { minLength: 1, maxLength: 4 }), (loads) => {
        const path = newPath();
        loadAll(path, loads);
        const sql = "SELECT morton_code, material_id, write_time FROM octree_nodes";
        expect(query(path, sql)).toEqual(newestRows(loads));
      }),
      runs(15),
    );
  });
});

it("waits for a reader to end before it commits", async () => {
  const path = newPath();
  loadTarget(path, rows);
  const sink = await openedSink(urlOf(path));
  const reader = new Database(path, { readonly: true });
  const reading = reader.prepare("SELECT * FROM octree_nodes").iterate();
  reading.next();
  const written = sink.write(sinkBatch([{ level: 9, code: 1n }]));
  await setTimeout(300);
  expect(reader.prepare("SELECT count(*) FROM octree_nodes").pluck().get()).toBe(3);
  reading.return?.();
  await written;
  expect(reader.prepare("SELECT count(*) FROM octree_nodes").pluck().get()).toBe(4);
  reader.close();
  await sink.close();
});

it("takes batches in the order of its calls, awaited or not", async () => {
  const path = newPath();
  const sink = await openedSink(urlOf(path));
  const batches = Array.from({ length: 20 }, (_, i) =>
    sinkBatch(Array.from({ length: 50 }, (_, j) => ({ level: 9, code: BigInt(i * 50 + j) }))),
  );
  await Promise.all(batches.map((batch) => sink.write(batch)));
  await sink.close();
  expect(query(path, "SELECT count(*), max(morton_code) FROM octree_nodes")).toEqual([
    [1000n, 999n],
  ]);
});
