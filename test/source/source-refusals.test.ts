import { randomBytes } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import Sqlite from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import type { OctoloadError } from "../../src/errors/octoload-error.js";
import { FileReader, type FileSettings } from "../../src/source/file-reader.js";
import { findPaths } from "../../src/source/find-paths.js";
import { refusalOf } from "../support/refusal-of.js";
import { rejectionOf } from "../support/rejection-of.js";
import { readAll } from "./read-block.js";
import { Fixtures, nodeColumns } from "./source-fixtures.js";

const fixtures = new Fixtures();
const readers: FileReader[] = [];
afterAll(() => {
  for (const reader of readers) reader.close();
});

/** As Source.open refuses it, without the worker thread in between. */
function refusal(path: string, options: Partial<FileSettings> = {}): OctoloadError {
  return refusalOf(() => readerOf(path, options));
}

function readerOf(path: string, options: Partial<FileSettings> = {}): FileReader {
  const [found = ""] = findPaths([path]);
  const defaults = { table: undefined, columns: {}, where: undefined, busyTimeoutMs: 100 };
  const reader = new FileReader(realpathSync(found), { ...defaults, ...options });
  readers.push(reader);
  return reader;
}

function fileOf(bytes: Uint8Array): string {
  const path = fixtures.path();
  writeFileSync(path, bytes);
  return path;
}

/** As a user whom permissions bind, also where the tests run as root. */
function withoutPrivilege<T>(act: () => T): T {
  const user = process.geteuid?.() ?? 1;
  if (user === 0) process.seteuid?.(65_534);
  try {
    return act();
  } finally {
    if (user === 0) process.seteuid?.(0);
  }
}

/** A copy of a database, its journal beside it, as a crash in the middle of a write leaves it. */
function interruptedWrite(): string {
  const path = fixtures.nodes(2000);
  const writer = fixtures.connection(path);
  writer.pragma("cache_size=1");
  writer.exec("BEGIN; UPDATE nodes SET X = X + 1");
  const copy = fixtures.path();
  copyFileSync(path, copy);
  copyFileSync(`${path}-journal`, `${copy}-journal`);
  writer.exec("ROLLBACK");
  return copy;
}

describe("a file that is no usable database", () => {
  it.each([
    ["missing", () => fixtures.path("nothing.gpkg"), "SOURCE_MISSING"],
    ["a folder", () => fixtures.folder, "SOURCE_NOT_FILE"],
    ["empty", () => fileOf(Buffer.alloc(0)), "SOURCE_EMPTY"],
    ["a text", () => fileOf(Buffer.from("Id,X,Y,Z\n".repeat(2000))), "SOURCE_NOT_DATABASE"],
    ["a few bytes", () => fileOf(Buffer.from("SQLite format 3\0")), "SOURCE_NOT_DATABASE"],
    ["encrypted", () => fileOf(randomBytes(16_384)), "SOURCE_NOT_DATABASE"],
    [
      "truncated",
      () => fileOf(readFileSync(fixtures.nodes(1000)).subarray(0, 8192)),
      "SOURCE_DAMAGED",
    ],
    [
      "damaged where the schema is",
      () => fileOf(readFileSync(fixtures.nodes(1000)).fill(0xff, 100, 200)),
      "SOURCE_DAMAGED",
    ],
    [
      "in UTF-16",
      () => fixtures.database(`PRAGMA encoding='UTF-16le'; CREATE TABLE n (${nodeColumns})`),
      "SOURCE_UTF16",
    ],
  ])("is refused: %s", (_what, make, code) => {
    const path = make();
    const error = refusal(path);
    expect(error.code).toBe(code);
    expect(error.fault).toContain(path);
  });

  it("says that an encrypted database cannot be told from none", () => {
    expect(refusal(fileOf(randomBytes(8192))).message).toContain("encrypted");
  });

  it("is named among several", async () => {
    const bad = fileOf(Buffer.alloc(0));
    const error = await rejectionOf(fixtures.source({ paths: [fixtures.nodes(1), bad] }));
    expect(error.fault).toContain(bad);
  });

  it("is found out when the damage is reached", () => {
    const bytes = readFileSync(fixtures.nodes(5000));
    const middle = Buffer.from(bytes).fill(0xff, bytes.length / 2, bytes.length / 2 + 16_384);
    expect(refusal(fileOf(bytes.fill(0xff, bytes.length - 4096))).code).toBe("SOURCE_DAMAGED");
    const path = fileOf(middle);
    const reader = readerOf(path);
    const limits = { maxRows: 9999, maxBytes: 1 << 24 };
    expect(refusalOf(() => reader.read(null, null, limits)).code).toBe("SOURCE_DAMAGED");
  });
});

describe("a file that cannot be read as it stands", () => {
  it("in WAL mode is read, what is only in the log included", async () => {
    const path = fixtures.nodes(10);
    const writer = fixtures.connection(path);
    writer.pragma("journal_mode=wal");
    writer.exec("UPDATE nodes SET X = 77 WHERE Id = 4");
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    const rows = await readAll(await fixtures.source({ paths: [path] }));
    expect(rows[3]?.values[1]).toBe(77);
  });

  it("in WAL mode in a folder that cannot be written to", () => {
    const folder = fixtures.path("read-only");
    mkdirSync(folder);
    const path = fixtures.database(
      `PRAGMA journal_mode=wal; CREATE TABLE n (${nodeColumns})`,
      "read-only/wal.gpkg",
    );
    chmodSync(path, 0o444);
    chmodSync(fixtures.folder, 0o755);
    chmodSync(folder, 0o555);
    const error = refusalOf(() => withoutPrivilege(() => readerOf(path)));
    expect(error.code).toBe("SOURCE_NEEDS_WRITE");
    expect(error.fault).toContain("it is in WAL mode");
    chmodSync(folder, 0o755);
  });

  it("with an interrupted write that has to be rolled back", () => {
    const error = refusal(interruptedWrite());
    expect(error.code).toBe("SOURCE_NEEDS_WRITE");
    expect(error.fault).toContain("rolled back");
  });

  it("that may not be read", () => {
    const path = fixtures.nodes(1);
    chmodSync(path, 0o000);
    const error = refusalOf(() => withoutPrivilege(() => readerOf(path)));
    expect(error.code).toBe("SOURCE_READ_FAILED");
    expect(error.fault).toContain("EACCES");
    chmodSync(path, 0o600);
  });

  it("while a writer has it to itself", async () => {
    const path = fixtures.nodes(10);
    const source = await fixtures.source({ paths: [path] });
    const writer = fixtures.connection(path);
    writer.exec("BEGIN EXCLUSIVE");
    expect(refusal(path).code).toBe("SOURCE_LOCKED");
    const limits = { maxRows: 1, maxBytes: 1 };
    expect((await rejectionOf(source.read(0, null, limits))).code).toBe("SOURCE_LOCKED");
    expect((await rejectionOf(source.count())).code).toBe("SOURCE_LOCKED");
    writer.exec("COMMIT");
    expect(await source.read(0, null, limits)).not.toBeNull();
    expect(await source.count()).toBe(10);
  });
});

describe("a table that does not fit", () => {
  const good = "X, Y, Z, Level";
  it.each([
    ["none", "CREATE TABLE gpkg_contents (X, Y, Z, Level)", {}, "SOURCE_TABLE_MISSING", "has none"],
    ["no level", "CREATE TABLE t (X, Y, Z)", {}, "SOURCE_TABLE_MISSING", '"t" lacks Level'],
    [
      "two",
      `CREATE TABLE a (${good}); CREATE TABLE b (${good})`,
      {},
      "SOURCE_TABLE_AMBIGUOUS",
      '"a", "b"',
    ],
    [
      "unknown name",
      `CREATE TABLE a (${good})`,
      { table: "c" },
      "SOURCE_TABLE_MISSING",
      'there are "a"',
    ],
    [
      "named without",
      `CREATE TABLE a (b)`,
      { table: "a" },
      "SOURCE_TABLE_MISSING",
      'no column "X"',
    ],
    [
      "mapped in vain",
      `CREATE TABLE a (${good})`,
      { columns: { x: "east" } },
      "SOURCE_TABLE_MISSING",
      '"a" lacks east',
    ],
    [
      "view",
      `CREATE TABLE a (b); CREATE VIEW v AS SELECT 1 X, 2 Y, 3 Z, 4 Level`,
      {},
      "SOURCE_TABLE_UNFIT",
      '"v" is a view',
    ],
    [
      "WITHOUT ROWID",
      `CREATE TABLE a (${good}, k PRIMARY KEY) WITHOUT ROWID`,
      {},
      "SOURCE_TABLE_UNFIT",
      "WITHOUT ROWID",
    ],
    [
      "virtual",
      `CREATE VIRTUAL TABLE a USING fts5(${good})`,
      {},
      "SOURCE_TABLE_UNFIT",
      "virtual table",
    ],
    [
      "no rowid name",
      `CREATE TABLE a (${good}, rowid, _rowid_, oid)`,
      {},
      "SOURCE_TABLE_UNFIT",
      "have no name",
    ],
  ] as const)("is refused: %s", (_what, sql, options, code, fault) => {
    const error = refusal(fixtures.database(sql), options);
    expect(error.code).toBe(code);
    expect(error.fault).toContain(fault);
  });

  it("is passed over where another one does", () => {
    const path = fixtures.database(
      `CREATE VIEW v AS SELECT * FROM b; CREATE TABLE a (${good}, k PRIMARY KEY) WITHOUT ROWID;
       CREATE TABLE b (${good}); CREATE VIRTUAL TABLE r USING rtree(id, x, X2, Y, Y2)`,
    );
    expect(readerOf(path).table.name).toBe("b");
    expect(refusal(path, { table: "V" }).code).toBe("SOURCE_TABLE_UNFIT");
  });

  it("is chosen by name, any case", () => {
    const path = fixtures.database(`CREATE TABLE "A b" (${good}); CREATE TABLE b (${good})`);
    expect(readerOf(path, { table: "a B" }).table.name).toBe("A b");
  });

  it("does not keep others from being read where a module of theirs is unknown", () => {
    const path = fixtures.database(`CREATE TABLE b (${good})`);
    const writer = new Sqlite(path);
    writer.unsafeMode();
    writer.pragma("writable_schema=1");
    writer.exec(
      "INSERT INTO sqlite_schema VALUES ('table', 's', 's', 0, 'CREATE VIRTUAL TABLE s USING no_such_module(a)')",
    );
    writer.close();
    expect(readerOf(path).table.name).toBe("b");
  });
});

describe("options", () => {
  it.each([
    [{ where: "Level >" }, "SOURCE_WHERE", "syntax error"],
    [{ where: "1) OR (1" }, "SOURCE_WHERE", "closes a parenthesis"],
    [{ columns: { x: "a", y: "a" } }, "SOURCE_MAPPING", "both mapped"],
    [{ snapshots: [] }, "ARG_LENGTH", "one entry a file"],
    [{ snapshots: ["nowhere/copy"] }, "SOURCE_MISSING", "copy"],
  ])("are checked: %j", async (options, code, fault) => {
    const error = await rejectionOf(fixtures.source({ paths: [fixtures.nodes(1)], ...options }));
    expect(error.code).toBe(code);
    expect(error.fault).toContain(fault);
  });

  it("say so when a filter fails at a row", () => {
    const reader = readerOf(fixtures.nodes(9), { where: "json_extract(Metadata, '$.a') = 1" });
    const error = refusalOf(() => reader.read(null, null, { maxRows: 9, maxBytes: 999 }));
    expect(error.code).toBe("SOURCE_WHERE");
    expect(error.fault).toContain("malformed JSON");
  });
});
