import Sqlite, { type Database } from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadSqliteExtension } from "../../src/sqlite/extension.js";
import { runs } from "../support/seed.js";
import { readBlock, type Value } from "./read-block.js";

const columns = 12;
const names = Array.from({ length: columns }, (_, i) => `c${i}`);
const select = `SELECT rowid, ${names.join(", ")} FROM t WHERE rowid > ?1 AND rowid <= ?2 ORDER BY rowid`;
const minRowid = -(2n ** 63n);
const maxRowid = 2n ** 63n - 1n;

function makeTable(): Database {
  const database = new Sqlite(":memory:");
  loadSqliteExtension(database);
  // A column's declared type changes what is stored, and how: REAL keeps integers as such.
  const types = ["", "INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC"];
  const declared = names.map((name, i) => `${name} ${types[i % types.length] ?? ""}`);
  database.exec(`CREATE TABLE t (k INTEGER PRIMARY KEY, ${declared.join(", ")})`);
  return database;
}

function insert(database: Database, rowid: bigint, values: readonly unknown[]): void {
  // A string that stands for bytes of TEXT, whether or not they are UTF-8.
  const holes = values.map((value) => (isText(value) ? "CAST(? AS TEXT)" : "?"));
  database
    .prepare(`INSERT INTO t VALUES (?, ${holes.join(", ")})`)
    .run(rowid, ...values.map((value) => (isText(value) ? value.bytes : value)));
}

interface Text {
  readonly bytes: Buffer;
}

function isText(value: unknown): value is Text {
  return typeof value === "object" && value !== null && "bytes" in value;
}

function pack(
  database: Database,
  after: bigint | null,
  last: bigint | null,
  maxRows = 1000,
  maxBytes = 1 << 20,
): Buffer | null {
  return database
    .prepare<unknown[], Buffer | null>("SELECT octoload_pack(?, ?, ?, ?, ?)")
    .pluck()
    .get(select, after, last, maxRows, maxBytes) as Buffer | null;
}

function unpack(block: Buffer | null): ReturnType<typeof readBlock> {
  return block === null ? [] : readBlock(Uint8Array.from(block).buffer);
}

/** What plain reads find: a value's class and bytes, asked for in SQL. */
function plainRows(database: Database): readonly { rowid: bigint; values: readonly Value[] }[] {
  const parts = names.flatMap((name) => [`typeof(${name})`, name, `hex(${name})`]);
  const rows = database
    .prepare(`SELECT k, ${parts.join(", ")} FROM t ORDER BY k`)
    .raw()
    .safeIntegers()
    .all() as [bigint, ...unknown[]][];
  return rows.map(([rowid, ...cells]) => ({
    rowid,
    values: names.map((_, i) =>
      plainValue(String(cells[i * 3]), cells[i * 3 + 1], String(cells[i * 3 + 2]).toLowerCase()),
    ),
  }));
}

function plainValue(type: string, value: unknown, hex: string): Value {
  if (type === "text") return { text: hex };
  if (type === "blob") return { blob: hex };
  return value as Value;
}

const arbitraryValue = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: minRowid, max: maxRowid }),
  fc.constantFrom(minRowid, maxRowid, 0n, -1n, 2n ** 53n + 1n),
  fc.double(),
  fc.constantFrom(-0, 5e-324, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ bytes: Buffer.from(bytes) })),
  fc.string({ unit: "binary" }).map((text) => ({ bytes: Buffer.from(text) })),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);
const arbitraryRows = fc.uniqueArray(
  fc.record({
    rowid: fc.oneof(
      fc.bigInt({ min: minRowid, max: maxRowid }),
      fc.bigInt({ min: -20n, max: 20n }),
      fc.constantFrom(minRowid, maxRowid),
    ),
    values: fc.array(arbitraryValue, { minLength: columns, maxLength: columns }),
  }),
  { maxLength: 30, selector: ({ rowid }) => rowid },
);

describe("octoload_pack", () => {
  it("gives each value's class and bytes as plain reads do, in blocks of any size", () => {
    fc.assert(
      fc.property(
        arbitraryRows,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 300 }),
        (rows, maxRows, maxBytes) => {
          const database = makeTable();
          for (const { rowid, values } of rows) insert(database, rowid, values);
          const packed: ReturnType<typeof unpack>[number][] = [];
          for (let after: bigint | null = null; ; after = packed.at(-1)?.rowid ?? null) {
            const block = unpack(pack(database, after, null, maxRows, maxBytes));
            if (block.length === 0) break;
            expect(block.length).toBeLessThanOrEqual(maxRows);
            packed.push(...block);
          }
          expect(packed).toStrictEqual(plainRows(database));
          database.close();
        },
      ),
      runs(300),
    );
  });

  it("ends a block with the row that brings TEXT and BLOB to max_bytes", () => {
    const database = makeTable();
    for (let i = 1n; i <= 10n; i += 1n) {
      insert(database, i, [Buffer.alloc(3), { bytes: Buffer.from("ab") }, ...Array(10).fill(null)]);
    }
    const rowsWithin = (maxBytes: number) =>
      unpack(pack(database, null, null, 100, maxBytes)).length;
    expect([1, 5, 6, 10, 11, 50, 1000].map(rowsWithin)).toStrictEqual([1, 1, 2, 2, 3, 10, 10]);
  });

  it("reads after one rowid up to another", () => {
    const database = makeTable();
    for (const rowid of [minRowid, -5n, 0n, 7n, maxRowid]) {
      insert(database, rowid, Array(columns).fill(1));
    }
    const rowids = (after: bigint | null, last: bigint | null) =>
      unpack(pack(database, after, last)).map(({ rowid }) => rowid);
    expect(rowids(null, null)).toStrictEqual([minRowid, -5n, 0n, 7n, maxRowid]);
    expect(rowids(minRowid, maxRowid)).toStrictEqual([-5n, 0n, 7n, maxRowid]);
    expect(rowids(-5n, 7n)).toStrictEqual([0n, 7n]);
    expect(rowids(null, minRowid)).toStrictEqual([minRowid]);
    expect(pack(database, 7n, 8n)).toBeNull();
    expect(pack(database, maxRowid, null)).toBeNull();
  });

  it("leaves out a value over 16 MiB and says how long it is", () => {
    const database = makeTable();
    const limit = 16 << 20;
    const row = [Buffer.alloc(limit), { bytes: Buffer.alloc(limit + 1, "x") }, "after"];
    insert(database, 1n, [...row, ...Array(columns - 3).fill(null)]);
    const [packed] = unpack(pack(database, null, null));
    expect(packed?.values[0]).toStrictEqual({ blob: "00".repeat(limit) });
    expect(packed?.values[1]).toStrictEqual({ tooLarge: BigInt(limit + 1) });
    expect(packed?.values[2]).toStrictEqual({ text: Buffer.from("after").toString("hex") });
  });

  it("leaves out what brings a row over 128 MiB", () => {
    const database = makeTable();
    const limit = 16 << 20;
    database.exec(`INSERT INTO t (k, ${names.join(", ")})
      VALUES (1, ${names.map(() => `zeroblob(${limit})`).join(", ")})`);
    const block = pack(database, null, null);
    expect(block?.readBigUInt64LE(24)).toBe(BigInt(8 * limit));
    expect(
      [...(block?.subarray(40, 40 + columns * 8) ?? [])].filter((kind) => kind > 0),
    ).toStrictEqual([...Array(8).fill(4), ...Array(columns - 8).fill(6)]);
  });

  it("passes on SQLite's refusals with their codes", () => {
    const database = makeTable();
    const run = (sql: string, rows = 1, bytes = 1) =>
      database.prepare("SELECT octoload_pack(?, NULL, NULL, ?, ?)").get(sql, rows, bytes);
    expect(() => run("SELECT nonsense FROM t")).toThrow(/no such column: nonsense/);
    expect(() => run("SELECT rowid, c0 FROM t")).toThrow(/from 10 to 4096 columns/);
    expect(() => run(`DELETE FROM t RETURNING ${names.join(", ")}`)).toThrow(/must select/);
    expect(() => run("")).toThrow(/must select/);
    for (const [rows, bytes] of [
      [0, 1],
      [1, 0],
      [2 ** 21, 1],
      [1, 2 ** 29],
    ] as const) {
      expect(() => run(select, rows, bytes)).toThrow(/rows and from 1/);
    }
    insert(database, 1n, [{ bytes: Buffer.from("{bad") }, ...Array(columns - 1).fill(1)]);
    expect(() => run(select.replace("c0", "json_extract(c0, '$.a')"))).toThrow(/malformed JSON/);
  });
});
