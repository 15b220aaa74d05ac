import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { frames } from "../../src/encoding/frame.js";
import { inspect } from "../../src/inspect/inspect.js";
import type { InspectOptions, InspectReport } from "../../src/inspect/inspect-options.js";
import { MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import { backfillCase, load } from "../support/backfill-case.js";
import { rejectionOf } from "../support/rejection-of.js";
import { type NodeValues, nodeTable, nodeValues } from "../support/run-samples.js";
import { usualColumns } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();

/** Inspects with the least memory, keys sorted where a test can look. */
function look(source: string, changes: InspectOptions = {}): Promise<InspectReport> {
  const workDir = mkdtempSync(join(folder, "work-"));
  return inspect({ sources: [source], workDir, memoryBytes: MIN_MEMORY_BYTES, ...changes });
}

function line({ lines }: InspectReport, check: string) {
  return lines.find((one) => one.check === check);
}

const notGo = ({ lines }: InspectReport) => lines.filter(({ verdict }) => verdict !== "go");

/** A tree without orphans: a root and a child of each octant. */
const tree = () => {
  const root = nodeValues(0, { X: 1, Y: 1, Z: 1, Level: 0n });
  const children = [0, 1, 2, 3, 4, 5, 6, 7].map((octant) =>
    nodeValues(octant + 1, {
      ...{ X: (octant & 1 ? 1 : -1) * 5e6, Y: (octant & 2 ? 1 : -1) * 5e6 },
      ...{ Z: (octant & 4 ? 1 : -1) * 5e6, Level: 1n },
    }),
  );
  return [root, ...children].map((values) => ({ values }));
};

describe("a source that is in order", () => {
  it("is go on every line, and leaves nothing behind", async () => {
    const at = backfillCase(folder, { columns: usualColumns, rows: tree() });
    const before = readdirSync(at.folder).sort();
    const workDir = mkdtempSync(join(folder, "work-"));
    const report = await look(at.source, { workDir, to: [`sqlite:${at.target}?layout=node`] });
    expect(notGo(report)).toEqual([]);
    expect([report.verdict, report.exitCode]).toEqual(["go", 0]);
    expect(report.source).toMatchObject({
      ...{ rows: 9, selected: 9, rejected: [], unreadableCreated: 0 },
      derived: { rows: 9, orphans: 0, collisions: 0 },
      tiles: {
        rowsInLargest: 8,
        byLevel: [
          { level: 0, tiles: 1 },
          { level: 1, tiles: 1 },
        ],
      },
    });
    expect(readdirSync(workDir)).toEqual([]);
    expect(readdirSync(at.folder).sort()).toEqual(before);
  });

  it("foretells a load's rows and collisions exactly", async () => {
    const same = { X: 5.5, Y: 5.5, Level: 9n };
    const bad = { 3: { X: "no" }, 4: { Level: 27n }, 5: same, 6: same };
    const at = backfillCase(folder, nodeTable(400, bad));
    const options = { maxErrors: "50%", where: "Id <> 10", to: [`sqlite:${at.target}`] };
    const { predictions, plan } = await look(at.source, options);
    const value = (name: string) => predictions.values.find((one) => one.name === name)?.value;
    const report = await load(at, { ...options, to: options.to });
    const rejected = report.rejectedByCode.reduce((sum, { rows }) => sum + rows, 0);
    expect([value("rows"), value("rejected rows"), value("collisions"), value("orphans")]).toEqual([
      report.total,
      rejected,
      report.collisions,
      report.orphans,
    ]);
    expect(value("loaded rows")).toBe(report.sinks[0]?.loaded);
    expect(plan?.targets[0]?.rows).toBe(report.sinks[0]?.loaded);
    expect(predictions.sourceFingerprint).toBe(report.source.fingerprint);
  });
});

describe("rows that a load would reject", () => {
  const kinds: readonly { readonly values: NodeValues; readonly code: string }[] = [
    { values: { X: "12.5" }, code: "COORDINATE_INVALID" },
    { values: { Z: 2n ** 53n + 1n }, code: "COORDINATE_INEXACT" },
    { values: { X: 20e6 + 1 }, code: "OUT_OF_FRAME" },
    { values: { Level: "12" }, code: "LEVEL_CLASS" },
    { values: { Level: -1n }, code: "LEVEL_INVALID" },
    { values: { MaterialId: 2n ** 31n }, code: "MATERIAL_INVALID" },
    { values: { Metadata: new Uint8Array(16 * 2 ** 20 + 1) }, code: "TOO_LARGE" },
  ];

  it("are counted by code, with file and rowid of examples", async () => {
    const changes = Object.fromEntries(kinds.map(({ values }, i) => [2 * i, values]));
    const at = backfillCase(folder, nodeTable(60, changes));
    const report = await look(at.source, { maxErrors: "100%" });
    const found = report.source?.rejected.map(({ code, rows, examples }) => ({
      ...{ code, rows, rowids: examples.map(({ rowid }) => Number(rowid)) },
      files: [...new Set(examples.map(({ file }) => file))],
    }));
    const expected = kinds.map(({ code }, i) => {
      return { code, rows: 1, rowids: [2 * i + 1], files: [at.source] };
    });
    const byCode = (a: { code: string }, b: { code: string }) => a.code.localeCompare(b.code);
    expect(found?.sort(byCode)).toEqual(expected.sort(byCode));
    expect(report.verdict).toBe("warning");
    const { lines } = await look(at.source, { maxErrors: 6 });
    expect(lines.find(({ check }) => check === "rejected rows")).toMatchObject({
      verdict: "no-go",
      code: "MAX_ERRORS",
    });
  });

  it("lie outside the frame, and the built-in one that holds them is named", async () => {
    const far = { X: 30e6, Y: 15e6, Z: 10e6 };
    const all = Object.fromEntries([0, 1, 2, 3].map((i) => [i, { ...far, X: 30e6 + 5e5 * i }]));
    const at = backfillCase(folder, nodeTable(4, all));
    expect(line(await look(at.source, { maxErrors: "100%" }), "frame")).toMatchObject({
      verdict: "no-go",
      remedy: expect.stringContaining("--frame bluemarble"),
    });
    const there = await look(at.source, { frame: frames.bluemarble });
    expect(line(there, "frame")?.verdict).toBe("go");
  });

  it("are too deep for layout node, and the plan chooses tile", async () => {
    const deep = { 0: { Level: 22n }, 1: { Level: 26n } };
    const at = backfillCase(folder, nodeTable(40, deep));
    const report = await look(at.source, { to: [`sqlite:${at.target}?layout=node`] });
    expect(line(report, "layout")?.finding).toMatch(/^tile/);
    const ofTarget = report.lines.find((one) => one.check === "layout" && one.target);
    expect(ofTarget).toMatchObject({ verdict: "no-go", code: "LEVEL_TOO_DEEP" });
    const tile = await look(at.source, { to: [`sqlite:${at.target}?layout=tile`] });
    expect(tile.lines.filter(({ verdict }) => verdict === "no-go")).toEqual([]);
  });

  it("share a cell: both are named", async () => {
    const same = { X: 5.5, Y: 5.5, Level: 9n };
    const at = backfillCase(folder, nodeTable(300, { 7: same, 8: same }));
    const report = await look(at.source);
    expect(line(report, "collisions")).toMatchObject({
      ...{ verdict: "warning", code: "KEY_COLLISION" },
      examples: [expect.stringMatching(/^row 9 of .*source\.db .* row 8 of /)],
    });
    const failing = await look(at.source, { onCollision: "fail" });
    expect(failing.exitCode).toBe(7);
  });
});

describe("a source that is odd", () => {
  it("is warned of: orphans, times, mixed classes, unmapped columns", async () => {
    const columns = [...usualColumns, { name: "Owner" }];
    const rows = tree().map(({ values }, i) => ({ values: [...values, `owner ${i}`] }));
    rows.push({
      values: [...nodeValues(99, { Level: 12n, X: 1n, Created: "yesterday" }), 5n],
    } as never);
    const at = backfillCase(folder, { columns, rows });
    const report = await look(at.source);
    const checks = notGo(report).map(({ check }) => check);
    expect(checks).toEqual(["orphans", "created", "storage classes", "storage classes"]);
    expect(line(report, "unmapped columns")?.finding).toContain("Owner");
    expect(report.verdict).toBe("warning");
  });

  it("is in use: a write-ahead log lies beside it", async () => {
    const at = backfillCase(folder, { columns: usualColumns, rows: tree() });
    const writer = new Database(at.source);
    writer.pragma("journal_mode = wal");
    writer.exec("UPDATE nodes SET Density = 0.5 WHERE Id = 1");
    const report = await look(at.source);
    writer.close();
    expect(line(report, "source in use")?.verdict).toBe("warning");
    expect(report.source?.files[0]).toMatchObject({ journalMode: "wal" });
    const copies = mkdtempSync(join(folder, "copies-"));
    const snapshot = await look(at.source, { snapshotDir: copies });
    expect(line(snapshot, "disk for the snapshot")?.verdict).toBe("go");
    expect(readdirSync(copies)).toEqual([]);
  });

  it("has no rows", async () => {
    const at = backfillCase(folder, { columns: usualColumns, rows: [] });
    const report = await look(at.source);
    expect(line(report, "rows")?.verdict).toBe("warning");
    expect(report.exitCode).toBe(0);
  });

  it("gives its points as a GeoPackage's geometry", async () => {
    const path = join(folder, "points.gpkg");
    const database = new Database(path);
    const point = Buffer.alloc(8 + 29);
    point.write("GP", 0, "latin1");
    point.writeUInt8(1, 3);
    point.writeUInt8(1, 8);
    point.writeUInt32LE(1001, 9);
    for (const [axis, value] of [1000, 2000, 3000].entries()) {
      point.writeDoubleLE(value, 13 + 8 * axis);
    }
    database.exec(
      `CREATE TABLE gpkg_contents (table_name TEXT, min_x, min_y, max_x, max_y);
       INSERT INTO gpkg_contents VALUES ('nodes', 0, 0, 5000, 5000);
       CREATE TABLE gpkg_geometry_columns (table_name, column_name, geometry_type_name, srs_id, z, m);
       INSERT INTO gpkg_geometry_columns VALUES ('nodes', 'geom', 'POINT', 4978, 1, 0);
       CREATE TABLE nodes (Id INTEGER PRIMARY KEY, geom BLOB, Level INTEGER, Metadata TEXT)`,
    );
    database.prepare("INSERT INTO nodes VALUES (1, ?, 0, 'm')").run(point);
    database.close();
    const report = await look(path);
    expect(report.source?.files[0]).toMatchObject({
      geometryColumn: "geom",
      geoPackage: { geometry: { type: "POINT", srsId: 4978 }, extent: [0, 0, 5000, 5000] },
    });
    expect(report.source?.fit).toMatchObject({ points: 1, min: [1000, 2000, 3000] });
    expect(report.compressibility?.values).toBe(1);
  });
});

describe("a source that cannot be read", () => {
  const spoilt = [
    { code: "SOURCE_MISSING", spoil: (path: string) => rmSync(path) },
    { code: "SOURCE_NOT_DATABASE", spoil: (path: string) => writeFileSync(path, "x".repeat(9000)) },
    { code: "SOURCE_EMPTY", spoil: (path: string) => truncateSync(path, 0) },
    { code: "SOURCE_DAMAGED", spoil: (path: string) => truncateSync(path, 12_288) },
    { code: "SOURCE_TABLE_MISSING", spoil: (path: string) => edit(path, "DROP TABLE nodes") },
  ];

  it.each(spoilt)("is $code", async ({ code, spoil }) => {
    const at = backfillCase(folder, nodeTable(300));
    spoil(at.source);
    expect((await rejectionOf(look(at.source))).code).toBe(code);
  });

  it("is no-go where the damage shows only when its rows are read", async () => {
    const at = backfillCase(folder, nodeTable(3000));
    damage(at.source);
    const report = await look(at.source, { to: [`sqlite:${at.target}`] });
    expect([report.exitCode, report.source, report.plan]).toEqual([7, null, null]);
    expect(line(report, "reading")).toMatchObject({ verdict: "no-go", code: "SOURCE_DAMAGED" });
    expect(report.predictions.values).toEqual([]);
  });
});

/** Turns a leaf page in the middle of the table into something else. */
function damage(path: string): void {
  const database = new Database(path, { readonly: true });
  const page = Number(database.pragma("page_size", { simple: true }));
  const pages = Number(database.pragma("page_count", { simple: true }));
  database.close();
  const bytes = readFileSync(path);
  bytes.fill(0xff, page * (pages >> 1), page * ((pages >> 1) + 1));
  writeFileSync(path, bytes);
}

function edit(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}

describe("a target", () => {
  it("that would refuse the load is no-go, by the same code", async () => {
    const at = backfillCase(folder, nodeTable(30));
    const to = [`sqlite:${at.target}`];
    await load(at, { sourceName: "first" });
    const codeOf = async (changes: InspectOptions) => {
      const report = await look(at.source, { to, sourceName: "first", ...changes });
      return report.lines.filter(({ verdict }) => verdict === "no-go").map(({ code }) => code);
    };
    expect(await codeOf({})).toEqual([]);
    expect(await codeOf({ sourceName: "second" })).toEqual(["TARGET_SOURCE", "SOURCE_OVERLAP"]);
    const added = { sourceName: "second", addSource: true };
    expect(await codeOf(added)).toEqual(["SOURCE_OVERLAP"]);
    expect(
      await codeOf({ frame: { name: "other", min: [-1e7, -1e7, -1e7], size: [2e7, 2e7, 2e7] } }),
    ).toEqual(["TARGET_FRAME"]);
    expect(await codeOf({ to: [`${to[0]}?layout=tile`] })).toEqual(["TARGET_LAYOUT"]);
    const foreign = join(at.folder, "foreign.db");
    edit(foreign, "CREATE TABLE octree_nodes (a)");
    expect(await codeOf({ to: [`sqlite:${foreign}`] })).toEqual(["TARGET_FOREIGN"]);
  });

  it("is probed with the source's own rows, and nothing of that is left", async () => {
    const at = backfillCase(folder, nodeTable(3000));
    const before = readdirSync(at.folder).sort();
    for (const layout of ["node", "tile"]) {
      const to = [`sqlite:${at.target}?layout=${layout}`];
      const report = await look(at.source, { to, probe: true });
      expect(report.targets[0]?.refusals).toEqual([]);
      expect(report.targets[0]?.probe).toMatchObject({ left: null });
      expect(report.targets[0]?.probe?.rowsPerSecond).toBeGreaterThan(0);
      expect(report.plan?.times.totalMs).toBeGreaterThan(0);
      expect(readdirSync(at.folder).sort()).toEqual(before);
    }
    expect(existsSync(at.target)).toBe(false);
  });

  it("must be given as a URL, and a source must be named", async () => {
    const at = backfillCase(folder, nodeTable(1));
    expect((await rejectionOf(look(at.source, { to: ["mysql://h"] }))).code).toBe("TARGET_URL");
    expect((await rejectionOf(inspect({}))).code).toBe("USAGE");
  });
});

describe("a hot cache", () => {
  it("that does not answer is no-go", async () => {
    const at = backfillCase(folder, nodeTable(30));
    const hot = { url: "redis://127.0.0.1:1", regions: "level>=12" };
    const report = await look(at.source, { to: [`sqlite:${at.target}`], hot });
    expect(line(report, "cache")).toMatchObject({ verdict: "no-go", code: "REDIS_UNREACHABLE" });
    expect(report.cache).toMatchObject({ hotRows: 30, predictedBytes: 30 * 280 });
  });
});
