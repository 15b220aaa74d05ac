import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { makeSinkBatch } from "../../../src/sink/sink-batch.js";
import { createTables, putStatement } from "../../../src/sink/sqlite/schema.js";
import { loadSqliteExtension } from "../../../src/sqlite/extension.js";
import { sinkBatch } from "../../support/sink-blocks.js";

function openTable(): Database.Database {
  const database = new Database(":memory:");
  loadSqliteExtension(database);
  database.exec(createTables("node"));
  return database;
}

function put(
  database: Database.Database,
  block: ArrayBufferLike | Uint8Array | string | null,
  begin: number | bigint,
  end: number | bigint,
  sql = putStatement("node"),
): unknown {
  const isValue = block === null || typeof block === "string" || ArrayBuffer.isView(block);
  const value = isValue ? block : Buffer.from(block);
  return database.prepare("SELECT octoload_put(?, ?, 7, ?, ?)").pluck().get(sql, value, begin, end);
}

const rows = Array.from({ length: 9 }, (_, i) => ({ level: 5, code: BigInt(i * i), material: i }));
const codes = (database: Database.Database) =>
  database.prepare("SELECT morton_code FROM octree_nodes").pluck().all();

describe("octoload_put", () => {
  it.each([
    [0, 9],
    [3, 4],
    [5, 5],
    [8, 9],
  ])("writes rows %d to %d and says how many", (begin, end) => {
    const database = openTable();
    expect(put(database, sinkBatch(rows).block, begin, end)).toBe(end - begin);
    expect(codes(database)).toEqual(rows.slice(begin, end).map(({ code }) => Number(code)));
  });

  it.each([
    [-1, 3],
    [4, 3],
    [0, 10],
    [0n, 2n ** 62n],
    [-(2n ** 63n), 2n ** 63n - 1n],
  ])("refuses rows %d to %d of nine", (begin, end) => {
    const database = openTable();
    expect(() => put(database, sinkBatch(rows).block, begin, end)).toThrow(/no such rows/);
    expect(codes(database)).toEqual([]);
  });

  it("refuses what is no batch, byte by byte", () => {
    const database = openTable();
    const whole = new Uint8Array(sinkBatch(rows).block);
    for (const length of [0, 1, 23, 24, 100, 200, whole.length - 8]) {
      expect(() => put(database, whole.slice(0, length), 0, 1)).toThrow(/no sink batch/);
    }
    for (const value of [null, "a text", new Uint8Array(5000)]) {
      expect(() => put(database, value, 0, 0)).toThrow(/no sink batch/);
    }
    const offsets = sinkBatch(rows);
    offsets.offsets[4] = 2 ** 31;
    expect(() => put(database, offsets.block, 0, 1)).toThrow(/no sink batch/);
    const many = makeSinkBatch(1, 0);
    new BigUint64Array(many.block)[1] = 2n ** 60n;
    expect(() => put(database, many.block, 0, 1)).toThrow(/no sink batch/);
    expect(codes(database)).toEqual([]);
  });

  it("passes on what SQLite says of a statement", () => {
    const database = openTable();
    const block = sinkBatch(rows).block;
    expect(() => put(database, block, 0, 9, "INSERT INTO nowhere VALUES (1)")).toThrow(/nowhere/);
    expect(() => put(database, block, 0, 9, "")).toThrow(/no INSERT/);
    const plain = putStatement("node").replace(/ON CONFLICT[\s\S]*/, "");
    put(database, block, 4, 5);
    expect(() => put(database, block, 0, 9, plain)).toThrow(/row 4: UNIQUE constraint failed/);
  });

  it("takes an empty batch", () => {
    const database = openTable();
    expect(put(database, makeSinkBatch(0, 0).block, 0, 0)).toBe(0);
  });
});

describe("octoload_rows", () => {
  it("has no rows for SQL alone: a pointer cannot be made up", () => {
    const database = openTable();
    for (const argument of ["", "NULL", "1", "'x'", "zeroblob(64)"]) {
      const sql = `SELECT count(*) FROM octoload_rows(${argument})`;
      expect(database.prepare(sql).pluck().get()).toBe(0);
    }
  });

  it("cannot be reached from a schema", () => {
    const database = openTable();
    database.exec("CREATE VIEW hidden AS SELECT * FROM octoload_rows");
    expect(() => database.prepare("SELECT * FROM hidden").all()).toThrow(/unsafe use/);
  });
});
