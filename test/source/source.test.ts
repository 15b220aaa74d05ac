import { randomBytes } from "node:crypto";
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { readAll, readBlock } from "./read-block.js";
import { Fixtures, nodeColumns } from "./source-fixtures.js";

const fixtures = new Fixtures();
const limits = { maxRows: 1000, maxBytes: 1 << 20 };

/** The little-endian GeoPackage blob of a point; `box` is the kind of bounding box. */
function point(type: number, coordinates: readonly number[], flags = 1, box = 0): Buffer {
  const boxBytes = [0, 32, 48, 48, 64][box] ?? 0;
  const head = Buffer.from([0x47, 0x50, 0, flags | (box << 1), 0xe6, 0x10, 0, 0]);
  const body = Buffer.alloc(5 + 8 * coordinates.length);
  body[0] = 1;
  body.writeUInt32LE(type, 1);
  coordinates.forEach((value, i) => {
    body.writeDoubleLE(value, 5 + 8 * i);
  });
  return Buffer.concat([head, Buffer.alloc(boxBytes, 0xee), body]);
}

describe("a source of one file", () => {
  it("says what it found", async () => {
    const path = fixtures.database(
      `CREATE TABLE notes (a); CREATE TABLE "Odd ""name" (colour VARCHAR(7), ${nodeColumns}, tag)`,
      "world.gpkg",
    );
    const source = await fixtures.source({ paths: [path] });
    expect(source.name).toBe("world.gpkg");
    expect(source.files).toMatchObject([
      {
        path,
        snapshotPath: null,
        table: 'Odd "name',
        columnNames: { id: "Id", created: "Created" },
        geometry: null,
        absent: [],
        extras: [
          { name: "colour", declaredType: "VARCHAR(7)" },
          { name: "tag", declaredType: "" },
        ],
        columnSet: 1,
        rowidRange: null,
      },
    ]);
    expect(await source.count()).toBe(0);
    expect(await source.read(0, null, limits)).toBeNull();
    expect(await source.sample()).toStrictEqual([]);
    expect(await source.ranges(3)).toStrictEqual([]);
  });

  it("reads all rows in blocks of the caller's own", async () => {
    const source = await fixtures.source({ paths: [fixtures.nodes(250)] });
    const rows = await readAll(source);
    expect(rows.map(({ rowid }) => rowid)).toStrictEqual(
      Array.from({ length: 250 }, (_, i) => BigInt(i + 1)),
    );
    expect(rows[6]?.values).toStrictEqual([
      7n,
      3.5,
      -7,
      21,
      7n,
      2n,
      1,
      { text: Buffer.from("m7").toString("hex") },
      null,
      1n,
    ]);
    const block = await source.read(0, 10n, limits, 12n);
    expect(block).toBeInstanceOf(ArrayBuffer);
    expect(readBlock(block ?? new ArrayBuffer(0)).map(({ rowid }) => rowid)).toStrictEqual([
      11n,
      12n,
    ]);
  });

  it("marks the rows that pass the filter; the others come too", async () => {
    const where = "MaterialId = 1 -- basalt";
    const source = await fixtures.source({ paths: [fixtures.nodes(20)], where });
    const selected = (await readAll(source)).map(({ values }) => values[9]);
    expect(selected).toStrictEqual(
      Array.from({ length: 20 }, (_, i) => ((i + 1) % 5 === 1 ? 1n : 0n)),
    );
    expect(await source.count()).toBe(20);
  });

  it("gives rows whole by their rowids", async () => {
    const source = await fixtures.source({ paths: [fixtures.nodes(9)] });
    const [third, none, first] = await source.rows(0, [3n, 77n, 1n]);
    expect(third).toStrictEqual([3n, 1.5, -3, 9, 3n, 3n, 3 / 7, "m3", null]);
    expect(none).toBeNull();
    expect(first?.[0]).toBe(1n);
  });

  it.each([
    [
      "mixed case and a mapping",
      `CREATE TABLE t ("East" REAL, Y, z, LEVEL, x)`,
      { x: "east" },
      ["x"],
    ],
    ["a column called rowid", `CREATE TABLE t (X, Y, Z, Level, rowid INT)`, {}, ["rowid"]],
    [
      "columns called rowid and oid",
      `CREATE TABLE t (X, Y, Z, Level, RowId, oid)`,
      {},
      ["RowId", "oid"],
    ],
    [
      "a computed column",
      `CREATE TABLE t (X, Y, Z, Level, sum AS (X + Y), s AS (Z) STORED)`,
      {},
      ["sum", "s"],
    ],
    ["an empty name", `CREATE TABLE t ("" INT, X, Y, Z, Level)`, {}, [""]],
  ] as const)("handles %s", async (_what, sql, columns, extras) => {
    const path = fixtures.database(sql);
    const writer = new Sqlite(path);
    const names = writer.prepare("SELECT name FROM pragma_table_info('t')").pluck().all();
    const holes = names.map(() => "?").join(", ");
    const list = names.map((name) => `"${String(name)}"`).join(", ");
    for (const row of [1, 2, 3]) {
      writer
        .prepare(`INSERT INTO t (${list}) VALUES (${holes})`)
        .run(...names.map((_name, column) => BigInt(row * 10 + column)));
    }
    const plain = writer.prepare("SELECT * FROM t").safeIntegers().all();
    writer.close();
    const source = await fixtures.source({ paths: [path], columns });
    const [file] = source.files;
    expect(file?.extras.map(({ name }) => name)).toStrictEqual(extras);
    const rows = await readAll(source);
    expect(rows.map(({ rowid }) => rowid)).toStrictEqual([1n, 2n, 3n]);
    const named = rows.map(({ values }) =>
      Object.fromEntries([
        ...Object.values(file?.columnNames ?? {}).flatMap((name, i) =>
          name === null ? [] : [[name, values[i]]],
        ),
        ...extras.map((name, i) => [name, values[10 + i]]),
      ]),
    );
    expect(named).toStrictEqual(plain);
  });

  it("takes the coordinates from a feature layer's points, and keeps the points", async () => {
    const path = fixtures.database(
      `CREATE TABLE gpkg_geometry_columns (table_name, column_name, geometry_type_name, srs_id, z, m);
       INSERT INTO gpkg_geometry_columns VALUES ('Layer', 'geom', 'POINT', 0, 1, 0), ('flat', 'geom', 'POINT', 0, 0, 0);
       CREATE TABLE layer (fid INTEGER PRIMARY KEY, geom BLOB, Level INT);
       CREATE TABLE flat (fid INTEGER PRIMARY KEY, geom BLOB, Level INT)`,
    );
    const bigEndian = Buffer.from("475000000000000000000003e9", "hex");
    const doubles = Buffer.alloc(24);
    [7, 8, 9].forEach((value, i) => {
      doubles.writeDoubleBE(value, i * 8);
    });
    const good: readonly [Buffer, readonly number[]][] = [
      [point(1001, [1, -2, 3.5]), [1, -2, 3.5]],
      [point(1001, [1, 2, -0], 1, 2), [1, 2, -0]],
      [point(3001, [4, 5, 6, 99], 1, 4), [4, 5, 6]],
      [point(0x80000001, [1e300, 2, 3], 1, 1), [1e300, 2, 3]],
      [Buffer.concat([bigEndian, doubles]), [7, 8, 9]],
    ];
    const bad: readonly (Buffer | string | null)[] = [
      null,
      "text",
      Buffer.alloc(0),
      point(1, [1, 2]),
      point(1002, [1, 2, 3]),
      point(1001, [1, 2]),
      point(1001, [1, 2, 3], 0x11),
      point(1001, [1, 2, 3], 1, 5),
      point(1001, [Number.NaN, Number.NaN, Number.NaN]),
      Buffer.from("GP"),
      Buffer.concat([Buffer.from("XX"), point(1001, [1, 2, 3]).subarray(2)]),
    ];
    const writer = fixtures.connection(path);
    const insert = writer.prepare("INSERT INTO layer (geom, Level) VALUES (?, 3)");
    for (const [blob] of good) insert.run(blob);
    for (const blob of bad) insert.run(blob);
    const source = await fixtures.source({ paths: [path] });
    expect(source.files[0]).toMatchObject({ table: "layer", geometry: "geom" });
    const rows = await readAll(source);
    expect(rows.map(({ values }) => values.slice(1, 4))).toStrictEqual([
      ...good.map(([, coordinates]) => coordinates),
      ...bad.map(() => [null, null, null]),
    ]);
    expect(rows.map(({ values }) => values[11])).toStrictEqual([
      ...good.map(([blob]) => ({ blob: blob.toString("hex") })),
      ...bad.map((value) => {
        if (value === null) return null;
        return typeof value === "string"
          ? { text: Buffer.from(value).toString("hex") }
          : { blob: value.toString("hex") };
      }),
    ]);
  });
});

describe("a source of several files", () => {
  it("numbers sets of unmapped columns across files", async () => {
    const tables = [
      `${nodeColumns}, a INT, b`,
      nodeColumns,
      `${nodeColumns}, b, a INT`,
      `a INT, ${nodeColumns}, b`,
    ];
    const paths = tables.map((columns, i) =>
      fixtures.database(`CREATE TABLE n${i} (${columns})`, `set-${i}.db`),
    );
    const source = await fixtures.source({ paths: [fixtures.path("set-*.db")] });
    expect(source.files.map(({ path }) => path)).toStrictEqual(paths);
    expect(source.files.map(({ columnSet }) => columnSet)).toStrictEqual([1, 0, 2, 1]);
    expect(source.name).toBe("set-0.db,set-1.db,set-2.db,set-3.db");
    expect((await fixtures.source({ paths, name: "earth" })).name).toBe("earth");
  });

  it("splits into ranges of about equal size that hold every row once", async () => {
    const paths = [fixtures.nodes(9000), fixtures.nodes(0), fixtures.nodes(1000)];
    // Sparse rowids: ranges go by rows, not by numbers.
    fixtures.connection(paths[0] ?? "").exec("UPDATE nodes SET Id = Id * Id * 1000 - 5000000");
    const source = await fixtures.source({ paths });
    expect(await source.countFiles()).toStrictEqual([9000, 0, 1000]);
    const ranges = await source.ranges(4);
    expect(ranges.map(({ file, rows }) => [file, rows])).toStrictEqual([
      [0, 2500],
      [0, 2500],
      [0, 2500],
      [0, 1500],
      [2, 1000],
    ]);
    const everything: string[] = [];
    for (const { file, afterRowid, lastRowid, rows } of ranges) {
      const block = await source.read(
        file,
        afterRowid,
        { maxRows: 9999, maxBytes: 1 << 24 },
        lastRowid,
      );
      const rowids = readBlock(block ?? new ArrayBuffer(0)).map(({ rowid }) => `${file} ${rowid}`);
      expect(rowids).toHaveLength(rows);
      everything.push(...rowids);
    }
    expect(new Set(everything).size).toBe(10_000);
  });

  it("draws the same sample each time, from all files", async () => {
    const paths = [fixtures.nodes(5000), fixtures.nodes(5000)];
    const first = await (await fixtures.source({ paths })).sample();
    expect(first).toHaveLength(1000);
    const inFirstFile = first.filter(({ file }) => file === 0).length;
    expect(Math.abs(inFirstFile - 500)).toBeLessThan(80);
    const source = await fixtures.source({ paths });
    expect(await source.sample()).toStrictEqual(first);
    expect(await source.sample(1000, 1)).not.toStrictEqual(first);
    expect(await source.sample(20_000)).toHaveLength(10_000);
    expect(first.slice(0, 4).map(({ rowid }) => rowid)).toStrictEqual([20n, 26n, 48n, 55n]);
  });

  it("has a fingerprint that depends on content, not on names", async () => {
    const path = fixtures.nodes(10);
    const fingerprintOf = async (...paths: readonly string[]) =>
      (await fixtures.source({ paths })).fingerprint();
    const before = await fingerprintOf(path);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(await fingerprintOf(path)).toBe(before);
    expect(await fingerprintOf(path, fixtures.nodes(10))).not.toBe(before);
    fixtures.connection(path).exec("UPDATE nodes SET X = 9 WHERE Id = 3");
    expect(await fingerprintOf(path)).not.toBe(before);
  });
});

describe("reading", () => {
  it("holds no lock between calls", async () => {
    for (const mode of ["delete", "wal"]) {
      const path = fixtures.nodes(50);
      const writer = fixtures.connection(path);
      writer.pragma(`journal_mode=${mode}`);
      const source = await fixtures.source({ paths: [path] });
      await source.read(0, null, { maxRows: 5, maxBytes: 1000 });
      await source.count();
      writer.exec("BEGIN EXCLUSIVE; UPDATE nodes SET X = 1 WHERE Id = 50; COMMIT");
      if (mode === "wal") {
        const [checkpoint] = writer.pragma("wal_checkpoint(TRUNCATE)") as { busy: number }[];
        expect(checkpoint?.busy).toBe(0);
      }
    }
  });

  it("gets a row larger than a block's limit, in a block of its own", async () => {
    const path = fixtures.nodes(3);
    const large = randomBytes(3 << 20);
    fixtures.connection(path).prepare("UPDATE nodes SET Metadata = ? WHERE Id = 2").run(large);
    const source = await fixtures.source({ paths: [path] });
    const rows = await readAll(source, 0, { maxRows: 10, maxBytes: 1 });
    expect(rows[1]?.values[7]).toStrictEqual({ blob: large.toString("hex") });
    expect(rows).toHaveLength(3);
  });
});
