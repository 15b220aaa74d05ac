import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frames } from "../../../src/encoding/frame.js";
import { createSink } from "../../../src/sink/create-sink.js";
import type { Layout, Sink, TargetFacts } from "../../../src/sink/sink.js";
import { sliceSinkBatch } from "../../../src/sink/sink-batch.js";
import { lastWriteTimeUs, recordedColumnSets } from "../../../src/sink/sqlite/recorded.js";
import { SqliteWriter } from "../../../src/sink/sqlite/sqlite-writer.js";
import { parseTargetUrl } from "../../../src/sink/target-url.js";
import { rejectionOf } from "../../support/rejection-of.js";
import { runs } from "../../support/seed.js";
import { type SinkRow, sinkBatch, sorted, targetFacts } from "../../support/sink-blocks.js";
import { tempFolder } from "../../support/temp-folder.js";

const folder = tempFolder();
let targets = 0;
const newPath = () => join(folder, `target-${targets++}.db`);
const urlOf = (path: string, layout: Layout = "node") => `sqlite:${path}?layout=${layout}`;

async function opened(url: string, facts: Partial<TargetFacts> = {}): Promise<Sink> {
  const sink = createSink(url);
  await sink.open(targetFacts(facts));
  return sink;
}

/** One whole run of a few rows, in this thread. */
function load(url: string, rows: readonly SinkRow[], facts: Partial<TargetFacts> = {}): void {
  const { path, layout } = parseTargetUrl(url) as { path: string; layout: Layout };
  const writer = SqliteWriter.open(path, layout, targetFacts(facts));
  writer.write(sinkBatch(sorted(rows, layout)).block);
  writer.finish();
  writer.close();
}

function query(path: string, sql: string): unknown[] {
  const database = new Database(path, { readonly: true });
  database.defaultSafeIntegers();
  const rows = database.prepare(sql).raw().all();
  database.close();
  return rows;
}

const rows: SinkRow[] = [
  { level: 0, code: 0n, mask: 0x81, material: null, homogeneity: Math.fround(0.3) },
  { level: 21, code: 8n ** 21n - 1n, material: -(2 ** 31), lastModified: -5n, metadata: "m" },
  { level: 3, code: 40n, material: 2 ** 31 - 1, lastModified: 1_714_566_896_789n },
];

describe("an embedded target", () => {
  it("has the columns of layout node", async () => {
    const path = newPath();
    load(urlOf(path), rows);
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
    load(urlOf(path, "tile"), [...rows, deep]);
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
    load(urlOf(path), rows);
    expect(existsSync(`${path}-journal`)).toBe(false);
    expect(query(path, "PRAGMA journal_mode")).toEqual([["delete"]]);
    expect(query(path, "PRAGMA integrity_check")).toEqual([["ok"]]);
    expect(statSync(`${path}-writer-lock`).size).toBe(0);
  });

  it("loads nothing and is a target all the same", async () => {
    const path = newPath();
    load(urlOf(path), []);
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
    expect(lastWriteTimeUs(urlOf(path))).toBe(targetFacts().writeTimeUs);
    expect(query(path, "SELECT count(*), max(morton_code) FROM octree_nodes")).toEqual([
      [500n, 499n],
    ]);
    load(urlOf(path), rows);
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
    load(urlOf(path), [row(1)], at(100n));
    load(urlOf(path), [row(2)], at(200n));
    expect(kept(path)).toEqual([[2n, 200n, 0n]]);
    load(urlOf(path), [row(3)], at(150n));
    expect(kept(path)).toEqual([[2n, 200n, 0n]]);
    expect(lastWriteTimeUs(urlOf(path))).toBe(200n);
  });

  it("lets a row of the same time replace itself", async () => {
    const path = newPath();
    load(urlOf(path), [row(1)], at(100n));
    load(urlOf(path), [row(1)], at(100n));
    expect(kept(path)).toEqual([[1n, 100n, 0n]]);
  });

  it.each([
    [99n, [1n, 100n, 1n]],
    [100n, [1n, 100n, 1n]],
    [101n, [2n, 101n, 0n]],
  ])("counts a delete at 100 against a row of %d", async (time, expected) => {
    const path = newPath();
    load(urlOf(path), [row(1)], at(100n));
    const database = new Database(path);
    database.exec("UPDATE octree_nodes SET deleted = 1");
    database.close();
    load(urlOf(path), [row(2)], at(time));
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
      load(urlOf(path), loaded, at(time));
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

describe("what a target records", () => {
  it("is frame, layout, sources and column sets", async () => {
    const path = newPath();
    const set = { number: 4, columns: [{ name: "owner", declaredType: "TEXT" }] };
    load(urlOf(path), [], { columnSets: [set], frame: frames.bluemarble });
    const meta = new Map(query(path, "SELECT key, value FROM octoload_meta") as [string, string][]);
    expect(meta.get("schema_version")).toBe("1");
    expect(meta.get("layout")).toBe("node");
    expect(JSON.parse(meta.get("frame") ?? "")).toEqual(frames.bluemarble.toJSON());
    expect(JSON.parse(meta.get("source:earth.gpkg") ?? "")).toMatchObject({ columnSets: [4] });
    expect(recordedColumnSets(urlOf(path))).toEqual([set]);
  });

  it("is nothing before the first run", () => {
    expect(lastWriteTimeUs(urlOf(newPath()))).toBe(0n);
    expect(recordedColumnSets(urlOf(newPath()))).toEqual([]);
    expect(lastWriteTimeUs("null:")).toBe(0n);
  });

  it("counts runs, a resumed one once", async () => {
    const path = newPath();
    for (const runId of ["a", "a", "b"]) load(urlOf(path), [], { runId });
    const sql = "SELECT value FROM octoload_state WHERE key = 'run_count'";
    expect(query(path, sql)).toEqual([["2"]]);
  });
});

describe("refusals", () => {
  async function refusal(url: string, facts: Partial<TargetFacts> = {}) {
    const sink = createSink(url);
    const error = await rejectionOf(sink.open(targetFacts(facts)));
    await sink.close();
    return error;
  }

  it.each<[string, Partial<TargetFacts>, Layout, string, RegExp]>([
    ["frame", { frame: frames.bluemarble }, "node", "TARGET_FRAME", /made in the frame .*centred/],
    ["layout", {}, "tile", "TARGET_LAYOUT", /made with layout node, not tile/],
    ["source", { sourceName: "mars" }, "node", "TARGET_SOURCE", /"earth.gpkg", not of "mars"/],
    [
      "column set",
      { columnSets: [{ number: 1, columns: [{ name: "b", declaredType: "" }] }] },
      "node",
      "TARGET_COLUMNS",
      /set 1 as a$/,
    ],
  ])("of another %s", async (_, facts, layout, code, message) => {
    const path = newPath();
    const columnSets = [{ number: 1, columns: [{ name: "a", declaredType: "" }] }];
    load(urlOf(path), rows, { columnSets });
    const before = readFileSync(path);
    const error = await refusal(urlOf(path, layout), facts);
    expect(error.code).toBe(code);
    expect(error.fault).toMatch(message);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("takes another source when told to, and the same one with other content", async () => {
    const path = newPath();
    load(urlOf(path), rows);
    load(urlOf(path), rows, { sourceName: "mars", addSource: true });
    load(urlOf(path), rows, { sourceName: "mars", sourceFingerprint: "f2" });
    const keys = query(path, "SELECT key FROM octoload_meta WHERE key LIKE 'source:%'");
    expect(keys).toEqual([["source:earth.gpkg"], ["source:mars"]]);
  });

  it.each([
    ["no database", "TARGET_NOT_DATABASE", "not a database, but a text of some length".repeat(50)],
    ["a truncated one", "TARGET_NOT_DATABASE", "SQLite format 3\0".padEnd(100, "\xff")],
  ])("of %s", async (_, code, content) => {
    const path = newPath();
    writeFileSync(path, content, "latin1");
    expect((await refusal(urlOf(path))).code).toBe(code);
    expect(readFileSync(path, "latin1")).toBe(content);
    expect(existsSync(`${path}-writer-lock`)).toBe(false);
  });

  it("of a database of something else", async () => {
    const path = newPath();
    const database = new Database(path);
    database.exec("CREATE TABLE invoices (id); CREATE TABLE octoload_meta (key, value)");
    database.close();
    const error = await refusal(urlOf(path));
    expect(error.code).toBe("TARGET_FOREIGN");
    expect(error.fault).toContain("invoices");
    expect(existsSync(`${path}-writer-lock`)).toBe(false);
  });

  it("of a newer schema", async () => {
    const path = newPath();
    load(urlOf(path), rows);
    const database = new Database(path);
    database.exec("UPDATE octoload_meta SET value = '2' WHERE key = 'schema_version'");
    database.close();
    const error = await refusal(urlOf(path));
    expect(error.code).toBe("TARGET_SCHEMA");
    expect(error.fault).toContain("schema version 2, but this octoload knows 1");
  });

  it("of a path in no folder", async () => {
    const error = await refusal(urlOf(join(folder, "nowhere", "x.db")));
    expect(error.code).toBe("TARGET_FAILED");
    expect(error.fault).toContain("nowhere");
  });

  it("of a second writer for as long as the first is open; readers go on", async () => {
    const path = newPath();
    const first = await opened(urlOf(path));
    const error = await refusal(urlOf(path));
    expect(error.code).toBe("TARGET_LOCKED");
    expect(error.fault).toContain("another run is writing");
    await first.write(sinkBatch(sorted(rows, "node")));
    expect(query(path, "SELECT count(*) FROM octree_nodes")).toEqual([[3n]]);
    await first.close();
    load(urlOf(path), rows);
  });
});

describe("a row that the target refuses", () => {
  /** 100 rows, two of which break a rule of the target. */
  const many = Array.from({ length: 100 }, (_, i) => ({ level: 9, code: BigInt(i), material: i }));
  const rules: Record<string, string> = {
    index: "CREATE UNIQUE INDEX rule ON octree_nodes (material_id % 70) WHERE material_id < 75",
    trigger: `CREATE TRIGGER rule BEFORE INSERT ON octree_nodes WHEN new.material_id IN (40, 77)
      BEGIN SELECT RAISE(ABORT, 'not this one'); END`,
  };

  async function brokenTarget(rule: string): Promise<string> {
    const path = newPath();
    load(urlOf(path), []);
    const database = new Database(path);
    database.exec(rules[rule] ?? "");
    database.close();
    return path;
  }

  it("fails the batch, of which nothing is written", async () => {
    const path = await brokenTarget("index");
    const sink = await opened(urlOf(path));
    const error = await rejectionOf(sink.write(sinkBatch(many)));
    expect(error.code).toBe("SINK_BATCH_FAILED");
    expect(error.fault).toMatch(/row 70: UNIQUE constraint failed.*SQLITE_CONSTRAINT_UNIQUE/);
    expect(query(path, "SELECT count(*) FROM octree_nodes")).toEqual([[0n]]);
    await sink.close();
  });

  it.each(["index", "trigger"])("stands alone after bisecting: %s", async (rule) => {
    const path = await brokenTarget(rule);
    const sink = await opened(urlOf(path));
    const refused: bigint[] = [];
    const bisect = async (batch: ReturnType<typeof sinkBatch>): Promise<void> => {
      try {
        await sink.write(batch);
      } catch {
        if (batch.rows === 1) {
          refused.push(BigInt(batch.cells[0] ?? 0));
          return;
        }
        const half = batch.rows >> 1;
        await bisect(sliceSinkBatch(batch, 0, half));
        await bisect(sliceSinkBatch(batch, half, batch.rows));
      }
    };
    await bisect(sinkBatch(many));
    await sink.finish();
    await sink.close();
    expect(refused).toEqual(rule === "index" ? [70n, 71n, 72n, 73n, 74n] : [40n, 77n]);
    const loaded = query(path, "SELECT morton_code FROM octree_nodes").flat();
    const wanted = many.map(({ code }) => code).filter((code) => !refused.includes(code));
    expect(loaded).toEqual(wanted);
  });

  it("is one of level 22 in layout node", async () => {
    const path = newPath();
    const sink = await opened(urlOf(path));
    const error = await rejectionOf(sink.write(sinkBatch([...many, { level: 22, code: 5n }])));
    expect(error.code).toBe("SINK_BATCH_FAILED");
    expect(error.fault).toMatch(/row 100: a whole code has at most level 21/);
    await sink.close();
  });
});

it("takes batches in the order of its calls, awaited or not", async () => {
  const path = newPath();
  const sink = await opened(urlOf(path));
  const batches = Array.from({ length: 20 }, (_, i) =>
    sinkBatch(Array.from({ length: 50 }, (_, j) => ({ level: 9, code: BigInt(i * 50 + j) }))),
  );
  await Promise.all(batches.map((batch) => sink.write(batch)));
  await sink.close();
  expect(query(path, "SELECT count(*), max(morton_code) FROM octree_nodes")).toEqual([
    [1000n, 999n],
  ]);
});
