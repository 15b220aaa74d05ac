import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/load/progress.js";
import { backfillCase, exportOf, load, loadCommand, sourceRows } from "../support/backfill-case.js";
import { rejectionOf } from "../support/rejection-of.js";
import { nodeTable, nodeValues, targetCells } from "../support/run-samples.js";
import { usualColumns } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();

/** Runs SQL on the source, as a program would that still uses it. */
function edit(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}

/** As an encrypted database looks without its key. */
function overwrite(path: string): void {
  writeFileSync(path, "nothing of SQLite's, ".repeat(1000));
}

/** Acts when the run enters a phase: before anything of the phase is done. */
function onPhase(phase: string, act: () => void) {
  return (event: RunEvent) => {
    if (event.event === "phase" && event.phase === phase) act();
  };
}

describe("a source that cannot be read", () => {
  it("is refused before anything is written", async () => {
    const cases = [
      { code: "SOURCE_MISSING", exitCode: 3, spoil: (path: string) => rmSync(path) },
      { code: "SOURCE_NOT_DATABASE", exitCode: 3, spoil: overwrite },
      { code: "SOURCE_EMPTY", exitCode: 3, spoil: (path: string) => truncateSync(path, 0) },
      { code: "SOURCE_DAMAGED", exitCode: 5, spoil: (path: string) => truncateSync(path, 12_288) },
    ];
    for (const { code, exitCode, spoil } of cases) {
      const at = backfillCase(folder, nodeTable(300));
      spoil(at.source);
      const result = await loadCommand(at);
      expect({ code: result.error?.code, exitCode: result.exitCode }).toEqual({ code, exitCode });
      expect(result.error?.remedy.length).toBeGreaterThan(20);
      expect([existsSync(at.target), existsSync(at.runDir)]).toEqual([false, false]);
    }
  });

  it("is waited for while a writer has it locked, and then refused", async () => {
    const at = backfillCase(folder, nodeTable(3));
    const writer = new Database(at.source);
    writer.exec("BEGIN EXCLUSIVE");
    const { exitCode, error } = await loadCommand(at);
    writer.close();
    expect([error?.code, exitCode]).toEqual(["SOURCE_LOCKED", 5]);
    expect((await load(at)).outcome).toBe("done");
  });

  it("is refused where its table has no fitting columns, which a mapping mends", async () => {
    const columns = usualColumns.map(({ name }) => ({ name: name === "X" ? "East" : name }));
    const at = backfillCase(folder, { ...nodeTable(4), columns });
    const { exitCode, error } = await loadCommand(at);
    expect([error?.code, exitCode]).toEqual(["SOURCE_TABLE_MISSING", 3]);
    const mapping = join(at.folder, "mapping.json");
    writeFileSync(mapping, '{"X": "East", "density": null}');
    expect((await loadCommand(at, "--columns", mapping)).exitCode).toBe(0);
    expect(await exportOf(at)).toEqual(sourceRows(at));
  });
});

describe("a source in WAL mode", () => {
  it("is read with what its log holds", async () => {
    const at = backfillCase(folder, nodeTable(3));
    const writer = new Database(at.source);
    writer.pragma("journal_mode = WAL");
    writer.exec("UPDATE nodes SET Density = 77.5 WHERE Id = 2");
    expect(existsSync(`${at.source}-wal`)).toBe(true);
    const { outcome, total } = await load(at);
    expect([outcome, total]).toEqual(["done", 3]);
    expect(await exportOf(at)).toEqual(sourceRows(at));
    writer.close();
  });
});

describe("a source that is edited", () => {
  it("while it is read ends the run, resume is refused, and --restart loads it", async () => {
    const at = backfillCase(folder, nodeTable(50));
    const change = "UPDATE nodes SET Density = -1 WHERE Id = 7";
    const onProgress = onPhase("scan", () => edit(at.source, change));
    const error = await rejectionOf(load(at, {}, { onProgress }));
    expect(error.code).toBe("SOURCE_CHANGED");
    expect(targetCells(at.target)).toEqual([]);

    const again = await loadCommand(at);
    expect([again.error?.code, again.exitCode]).toEqual(["SOURCE_CHANGED", 5]);
    expect(again.error?.remedy).toContain("--restart");
    const restarted = await loadCommand(at, "--restart");
    expect([restarted.exitCode, restarted.report?.total]).toEqual([0, 50]);
    expect(await exportOf(at)).toEqual(sourceRows(at));
  });

  it("after it was sorted is loaded as it was, also by a resumed run", async () => {
    const at = backfillCase(folder, nodeTable(50));
    const original = sourceRows(at);
    const stop = new AbortController();
    const onProgress = onPhase("derive", () => {
      edit(at.source, "DELETE FROM nodes WHERE Id > 10; UPDATE nodes SET X = 0");
      stop.abort();
    });
    const stopped = await load(at, {}, { onProgress, signal: stop.signal });
    expect(stopped.outcome).toBe("interrupted");
    writeFileSync(at.source, "not even a database");
    const { outcome, total } = await load(at);
    expect([outcome, total]).toEqual(["done", 50]);
    expect(await exportOf(at)).toEqual(original);
  });

  it("between two processes of a run that had not sorted it is refused", async () => {
    const at = backfillCase(folder, nodeTable(50));
    const stop = new AbortController();
    const onProgress = onPhase("scan", () => stop.abort());
    await load(at, {}, { onProgress, signal: stop.signal });
    const copy = readFileSync(at.source);
    edit(at.source, "INSERT INTO nodes(Id, X, Y, Z, Level) VALUES (99, 0.0, 0.0, 0.0, 1)");
    expect((await rejectionOf(load(at))).code).toBe("SOURCE_CHANGED");
    expect(copy.equals(readFileSync(at.source))).toBe(false);
  });

  it("does not matter where a snapshot is read, which is gone after the run", async () => {
    const at = backfillCase(folder, nodeTable(50));
    const original = sourceRows(at);
    const options = { snapshotDir: at.folder };
    for (const phase of ["scan", "load"]) {
      const stop = new AbortController();
      const onProgress = onPhase(phase, () => {
        edit(at.source, "UPDATE nodes SET Density = -1");
        stop.abort();
      });
      const { outcome } = await load(at, options, { signal: stop.signal, onProgress });
      expect([phase, outcome]).toEqual([phase, "interrupted"]);
      expect(snapshotsIn(at.folder).length).toBe(1);
    }
    expect((await load(at)).outcome).toBe("done");
    expect(await exportOf(at)).toEqual(original);
    expect(snapshotsIn(at.folder)).toEqual([]);
  });

  it("leaves no snapshot of a run that cannot begin, or that is started over", async () => {
    const at = backfillCase(folder, nodeTable(5));
    const options = { snapshotDir: at.folder, to: [`sqlite:${at.source}`] };
    expect((await rejectionOf(load(at, options))).code).toBe("TARGET_FOREIGN");
    expect(snapshotsIn(at.folder)).toEqual([]);
    const stop = new AbortController();
    const hooks = { signal: stop.signal, onProgress: onPhase("scan", () => stop.abort()) };
    await load(at, { snapshotDir: at.folder }, hooks);
    expect(snapshotsIn(at.folder).length).toBe(1);
    await load(at, { restart: true });
    expect(snapshotsIn(at.folder)).toEqual([]);
  });
});

function snapshotsIn(path: string): string[] {
  return readdirSync(path).filter((name) => name.includes("snapshot"));
}

describe("a source of several files", () => {
  it("is one source by a glob, and the same command resumes it", async () => {
    const at = backfillCase(folder, nodeTable(10));
    const second = join(at.folder, "source2.db");
    copyFileSync(at.source, second);
    edit(second, "UPDATE nodes SET Z = Z + 500000, Id = Id + 1000");
    const sources = [join(at.folder, "source*.db")];
    const stop = new AbortController();
    const onProgress = onPhase("scan", () => stop.abort());
    await load(at, { sources }, { onProgress, signal: stop.signal });
    const { outcome, total } = await load(at, { sources });
    expect([outcome, total]).toEqual(["done", 20]);
    const both = [...sourceRows(at), ...sourceRows({ source: second })].sort();
    expect(await exportOf(at)).toEqual(both);
  });

  it("gives rows of files with other columns back without those they lack", async () => {
    const at = backfillCase(folder, nodeTable(2));
    const second = join(at.folder, "second.db");
    const few = new Database(second);
    few.exec("CREATE TABLE nodes(x, y, z, level, 'other one')");
    few.exec("INSERT INTO nodes VALUES (1.5, 2.5, 3.5, 9, x'00ff')");
    few.close();
    await load(at, { sources: [at.source, second] });
    const both = [...sourceRows(at), ...sourceRows({ source: second })].sort();
    expect(await exportOf(at)).toEqual(both);
  });
});

describe("a GeoPackage's point layer", () => {
  it("gives X, Y and Z, and comes back as it was", async () => {
    const at = backfillCase(folder, { name: "unused", columns: [{ name: "a" }], rows: [] });
    const database = new Database(at.source);
    database.exec(`CREATE TABLE gpkg_geometry_columns (table_name, column_name, geometry_type_name,
        srs_id, z, m);
      INSERT INTO gpkg_geometry_columns VALUES ('nodes', 'geom', 'POINT', 0, 1, 0);
      CREATE TABLE nodes (fid INTEGER PRIMARY KEY, geom BLOB, Level, Created)`);
    const insert = database.prepare("INSERT INTO nodes VALUES (?, ?, ?, ?)");
    for (const i of [1, 2, 3]) insert.run(BigInt(i), pointBlob(i * 1e6, -2e6, 3.25), 9n, null);
    database.close();
    const { outcome } = await load(at);
    expect(outcome).toBe("done");
    expect(await exportOf(at)).toEqual(sourceRows(at));
  });
});

/** A GeoPackage's binary (clause 2.1.3): header without envelope, then WKB of a Point Z. */
function pointBlob(x: number, y: number, z: number): Buffer {
  const blob = Buffer.alloc(8 + 5 + 24);
  blob.write("GP");
  blob.writeUInt8(1, 3);
  blob.writeUInt8(1, 8);
  blob.writeUInt32LE(1001, 9);
  for (const [i, value] of [x, y, z].entries()) blob.writeDoubleLE(value, 13 + 8 * i);
  return blob;
}

describe("a source of no rows", () => {
  it("is loaded in an instant: the target is there, and empty", async () => {
    const at = backfillCase(folder, nodeTable(0));
    const { exitCode, report } = await loadCommand(at);
    expect([exitCode, report?.outcome, report?.total]).toEqual([0, "done", 0]);
    expect(targetCells(at.target)).toEqual([]);
    expect(await exportOf(at)).toEqual([]);
    const again = backfillCase(folder, {
      columns: usualColumns,
      rows: [{ values: nodeValues(0) }],
    });
    expect((await load(again)).total).toBe(1);
  });
});
