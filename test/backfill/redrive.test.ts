import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { backfill } from "../../src/backfill/backfill.js";
import { redrive } from "../../src/backfill/redrive.js";
import { MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import {
  fixRejectedNode,
  freshLoad,
  keyOf,
  load,
  loadTree,
  newPlace,
  redriveFolder,
  redriven,
  rejectedNode,
  sentBy,
  shownLetters,
  smallTree,
} from "../support/redrive-case.js";
import { rejectionOf } from "../support/rejection-of.js";
import {
  eventsOf,
  lettersByCode,
  nodeValues,
  readJson,
  targetCells,
} from "../support/run-samples.js";
import { editRow, treeValues, writeTree } from "../support/small-trees.js";
import { usualColumns, writeTable } from "../support/source-tables.js";

describe("a redrive", () => {
  it("sends the corrected row, what is around it and what lies in it, and no more", async () => {
    const place = await loadTree(smallTree);
    fixRejectedNode(place);
    const report = await redriven(place);
    expect([report.outcome, report.exitCode, report.total]).toEqual(["done", 0, 5]);
    const sent = [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3, 4]].map(keyOf);
    expect(sentBy(place.second, place.target)).toEqual(sent.sort());
    expect(targetCells(place.target)).toEqual((await freshLoad(place)).cells);

    const first = readJson(place.first, "run.json");
    expect(readJson(place.second, "run.json").redriveOf).toBe(first.runId);
    expect(report.filters).toEqual({ redriveOf: first.runId });
  });

  it("keeps a row that is still bad as a dead letter of its own", async () => {
    const place = await loadTree(smallTree);
    editRow(place.source, rejectedNode, { Level: 77n });
    const report = await redriven(place);
    expect([report.outcome, report.exitCode, report.total]).toEqual(["rejected", 1, 1]);
    expect(lettersByCode(place.first)).toEqual({ COORDINATE_INVALID: 1 });
    expect(lettersByCode(place.second)).toEqual({ LEVEL_INVALID: 1 });
    expect(sentBy(place.second, place.target)).toEqual([]);
  });

  it("warns of a row that was deleted, and counts it nowhere", async () => {
    const place = await loadTree(smallTree);
    editRow(place.source, rejectedNode, null);
    const report = await redriven(place);
    expect([report.outcome, report.total]).toEqual(["done", 0]);
    const message = `Not in the source any more: row 3 of ${place.source}.`;
    expect(eventsOf(place.second)).toContainEqual(
      expect.objectContaining({ event: "warning", code: "REDRIVE_ROW_GONE", message }),
    );
    expect(report.warnings[0]).toMatchObject({ code: "REDRIVE_ROW_GONE", rows: 1 });
  });

  it("does nothing where there are no dead letters, or none of the code", async () => {
    const clean = await loadTree(smallTree.filter(({ fault }) => fault === undefined));
    expect(await redrive({ runDir: clean.first })).toEqual({ kind: "nothing", codes: [] });
    const place = await loadTree(smallTree);
    const codes = Object.keys(lettersByCode(place.first));
    const nothing = await redrive({ runDir: place.first, codes: ["KEY_COLLISION"] });
    expect(nothing).toEqual({ kind: "nothing", codes });
  });

  it("takes one code after the other, and rows of a redrive again", async () => {
    const place = await loadTree([
      { path: [0], material: 1 },
      { path: [1], material: 2, fault: "outside" },
      { path: [2], material: 3, fault: "level" },
      { path: [3], material: 4, fault: "outside" },
    ]);
    for (const rowid of [2n, 3n])
      editRow(place.source, rowid, treeValues({ path: [Number(rowid)], material: 9 }));
    const outside = await redriven(place, { codes: ["OUT_OF_FRAME"] });
    expect([outside.total, outside.outcome]).toEqual([2, "rejected"]);
    expect(sentBy(place.second, place.target)).toEqual([keyOf([2])]);
    expect(shownLetters(place.second)).toEqual(["4 OUT_OF_FRAME"]);

    const third = `${place.second}-levels`;
    const levels = await redriven(place, { codes: ["LEVEL_INVALID"], newRunDir: third });
    expect([levels.total, levels.outcome]).toEqual([1, "done"]);
    expect(sentBy(third, place.target)).toEqual([keyOf([3])]);

    editRow(place.source, 4n, treeValues({ path: [4], material: 9 }));
    const fourth = `${place.second}-again`;
    const again = await redriven(place, { runDir: place.second, newRunDir: fourth });
    expect([again.total, again.outcome]).toEqual([1, "done"]);
    expect(targetCells(place.target)).toEqual((await freshLoad(place)).cells);
  });

  it("is refused after a later load of the target", async () => {
    const place = await loadTree(smallTree);
    const later = { ...load, sources: [place.source], to: [`sqlite:${place.target}`] };
    await backfill({ ...later, runDir: place.fresh });
    const before = targetCells(place.target);
    const error = await rejectionOf(redrive({ runDir: place.first, newRunDir: place.second }));
    expect(error.code).toBe("REDRIVE_LATE");
    expect(error.message).toContain(String(readJson(place.fresh, "run.json").runId));
    expect(targetCells(place.target)).toEqual(before);
    expect((await redriven({ ...place, first: place.fresh })).outcome).toBe("rejected");
  });

  it("is refused of a run that has not ended, and of no run", async () => {
    const place = newPlace();
    writeTree(place.source, smallTree);
    const stop = new AbortController();
    stop.abort();
    await backfill(
      { ...load, sources: [place.source], to: [`sqlite:${place.target}`], runDir: place.first },
      { signal: stop.signal },
    );
    const unfinished = await rejectionOf(redrive({ runDir: place.first }));
    expect(unfinished.code).toBe("REDRIVE_UNFINISHED");
    expect((await rejectionOf(redrive({ runDir: redriveFolder }))).code).toBe("RUN_NOT_FOUND");
  });

  it.each(["scan", "derive", "load"])(
    "that was interrupted at %s goes on with the same rows",
    async (phase) => {
      const place = await loadTree(smallTree);
      fixRejectedNode(place);
      const stop = new AbortController();
      const stopped = await redriven(
        place,
        {},
        {
          signal: stop.signal,
          onProgress: (event) => {
            if (event.event === "phase" && event.phase === phase) stop.abort();
          },
        },
      );
      expect(stopped.outcome).toBe("interrupted");
      // What is to be sent was settled when it began.
      const letters = new Database(join(place.first, "dead-letters.sqlite"));
      letters.exec("DELETE FROM dead_letters");
      letters.close();
      const report =
        phase === "scan"
          ? (await backfill({ runDir: place.second })).report
          : await redriven(place);
      expect([report.outcome, report.total, report.resumes]).toEqual(["done", 5, 1]);
      expect(targetCells(place.target)).toEqual((await freshLoad(place)).cells);
    },
  );

  it("is not resumed from another source, as another redrive, or started over", async () => {
    const place = await loadTree(smallTree);
    const stop = new AbortController();
    stop.abort();
    await redriven(place, {}, { signal: stop.signal });
    const restart = await rejectionOf(backfill({ runDir: place.second, restart: true }));
    expect(restart.code).toBe("RUN_OTHER");
    const other = await rejectionOf(redrive({ runDir: place.second, newRunDir: place.first }));
    expect(other.code).toBe("RUN_OTHER");
    editRow(place.source, rejectedNode, null);
    expect((await rejectionOf(backfill({ runDir: place.second }))).code).toBe("SOURCE_CHANGED");
  });

  it("keeps to the filters of the run", async () => {
    const place = newPlace();
    writeTree(place.source, smallTree);
    const filtered = { ...load, levels: { min: 2, max: 3 }, where: "Id <> 6", limit: 4 };
    await backfill({
      ...filtered,
      sources: [place.source],
      to: [`sqlite:${place.target}`],
      runDir: place.first,
    });
    fixRejectedNode(place);
    const report = await redriven(place);
    expect(sentBy(place.second, place.target)).toEqual([keyOf([0, 1]), keyOf([0, 1, 2])]);
    expect([report.outcome, report.total]).toEqual(["done", 2]);
    await backfill({
      ...filtered,
      sources: [place.source],
      to: [`sqlite:${place.fresh}.octree`],
      runDir: place.fresh,
    });
    expect(targetCells(place.target)).toEqual(targetCells(`${place.fresh}.octree`));
  });

  it("finds where rows were whose coordinates are TEXT", async () => {
    const place = newPlace();
    const columns = usualColumns;
    const text = { X: "100.5", Y: "7", Z: "-3", Level: "3" };
    const rows = [
      { values: nodeValues(0, { ...text, Level: "2" }) },
      { values: nodeValues(1, { ...text, MaterialId: "rock" }) },
    ];
    writeTable(place.source, { columns, rows });
    const options = { ...load, coerceText: true, sources: [place.source] };
    await backfill({ ...options, to: [`sqlite:${place.target}`], runDir: place.first });
    editRow(place.source, 2n, { X: -5_000_000, MaterialId: 3n });
    const report = await redriven(place);
    // The node that was its parent has no child any more.
    expect([report.outcome, report.total]).toEqual(["done", 2]);
    await backfill({ ...options, to: [`sqlite:${place.fresh}.octree`], runDir: place.fresh });
    expect(targetCells(place.target)).toEqual(targetCells(`${place.fresh}.octree`));
  });

  it("finds where rows were whose coordinates are a geometry", async () => {
    const place = newPlace();
    const database = new Database(place.source);
    database.exec(`CREATE TABLE gpkg_geometry_columns (table_name, column_name, geometry_type_name,
        srs_id, z, m);
      INSERT INTO gpkg_geometry_columns VALUES ('nodes', 'geom', 'POINT', 0, 1, 0);
      CREATE TABLE nodes (fid INTEGER PRIMARY KEY, geom BLOB, Level, MaterialId)`);
    const insert = database.prepare("INSERT INTO nodes VALUES (?, ?, ?, ?)");
    insert.run(1n, pointBlob(100, 7, -3), 2n, 1n);
    insert.run(2n, pointBlob(100, 7, -3), 3n, "rock");
    insert.run(3n, pointBlob(-100, 7, -3), 2n, 1n);
    database.close();
    const options = { ...load, sources: [place.source] };
    await backfill({ ...options, to: [`sqlite:${place.target}`], runDir: place.first });
    editRow(place.source, 2n, { geom: pointBlob(-15_000_000, 7, -3), MaterialId: 3n });
    const report = await redriven(place);
    expect([report.outcome, report.total]).toEqual(["done", 2]);
    expect(targetCells(place.target)).toEqual((await freshLoad(place)).cells);
  });

  it("reads several files and fills several targets, as the run did", async () => {
    const place = newPlace();
    const sources = ["a", "b"].map((name) => `${place.source}-${name}.db`);
    const [one = "", other = ""] = sources;
    writeTree(one, smallTree.slice(0, 4));
    writeTree(other, smallTree.slice(2));
    const targets = ["node", "tile"].map((layout) => `${place.target}-${layout}?layout=${layout}`);
    const options = { ...load, memoryBytes: 2 * MIN_MEMORY_BYTES, sourceName: "earth" };
    const to = targets.map((target) => `sqlite:${target}`);
    const snapshotDir = join(place.source, "..");
    const first = { ...options, sources: [`${place.source}-*.db`], to, snapshotDir };
    await backfill({ ...first, runDir: place.first });
    expect(lettersByCode(place.first)).toEqual({ COORDINATE_INVALID: 2, KEY_COLLISION: 1 });
    editRow(other, 1n, treeValues({ path: [0, 1, 2], material: 5 }));
    const report = await redriven(place);
    expect(report.sinks.map(({ loaded, rejected }) => [loaded, rejected])).toEqual([
      [5, 2],
      [5, 2],
    ]);
    const fresh = targets.map((target) => `sqlite:${target.replace(place.target, place.fresh)}`);
    await backfill({ ...options, sources, to: fresh, runDir: `${place.fresh}-run` });
    for (const layout of ["node", "tile"]) {
      const wanted = targetCells(`${place.fresh}-${layout}`);
      expect(targetCells(`${place.target}-${layout}`)).toEqual(wanted);
    }
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
