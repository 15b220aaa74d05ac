import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backfill } from "../../src/backfill/backfill.js";
import type { BackfillHooks } from "../../src/backfill/hooks.js";
import { type RedriveOptions, redrive } from "../../src/backfill/redrive.js";
import type { RunReport } from "../../src/load/run-report.js";
import { runCli } from "../cli/run-cli.js";
import { rejectionOf } from "../support/rejection-of.js";
import {
  deadLettersOf,
  eventsOf,
  lettersByCode,
  nodeValues,
  readJson,
  smallMemory,
  targetCells,
} from "../support/run-samples.js";
import { runs } from "../support/seed.js";
import {
  areRelated,
  codeOfPath,
  editRow,
  hasCell,
  type Path,
  type RowFault,
  type TreeRow,
  treeValues,
  writeTree,
} from "../support/small-trees.js";
import { usualColumns, writeTable } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
let made = 0;

interface Place {
  readonly source: string;
  readonly target: string;
  readonly first: string;
  readonly second: string;
  readonly fresh: string;
}

function newPlace(): Place {
  made += 1;
  const at = join(folder, String(made));
  mkdirSync(at);
  return {
    source: join(at, "earth.db"),
    target: join(at, "earth.octree"),
    first: join(at, "first"),
    second: join(at, "second"),
    fresh: join(at, "fresh"),
  };
}

type FaultyRow = TreeRow & { readonly fault?: RowFault | null };

const load = { maxErrors: "100%", ...smallMemory };

async function loadTree(rows: readonly FaultyRow[]): Promise<Place> {
  const place = newPlace();
  writeTree(place.source, rows);
  await backfill({
    ...load,
    sources: [place.source],
    to: [`sqlite:${place.target}`],
    runDir: place.first,
  });
  return place;
}

async function redriven(
  { first, second }: Place,
  options: Partial<RedriveOptions> = {},
  hooks: BackfillHooks = {},
): Promise<RunReport> {
  const result = await redrive({ runDir: first, newRunDir: second, ...options }, hooks);
  if (result.kind === "loaded") return result.report;
  throw new Error("nothing was redriven");
}

/** What a load of the source as it is now comes to. */
async function freshLoad({ source, fresh }: Place) {
  const { report } = await backfill({
    ...load,
    sources: [source],
    to: [`sqlite:${fresh}.octree`],
    runDir: fresh,
  });
  return { report, cells: targetCells(`${fresh}.octree`) };
}

/** Codes and levels of the rows that a run has written last. */
function sentBy(runDir: string, target: string): string[] {
  const database = new Database(target, { readonly: true });
  const sent = database
    .prepare<[string], string>(
      "SELECT level || ' ' || morton_code FROM octree_nodes WHERE write_time = CAST(? AS INTEGER)",
    )
    .pluck()
    .all(String(readJson(runDir, "run.json").writeTimeUs));
  database.close();
  return sent.sort();
}

function keyOf(path: Path): string {
  return `${path.length} ${codeOfPath(path)}`;
}

function shownLetters(runDir: string): string[] {
  return deadLettersOf(runDir).map(({ rowid, code }) => `${rowid} ${code}`);
}

// Many small regions, so that most are none of a redrive's; within one, rows often lie in each other.
const anyPath = fc
  .tuple(fc.nat(7), fc.constantFrom(2, 5), fc.array(fc.constantFrom(0, 1), { maxLength: 3 }))
  .map(([first, second, rest]): Path => [first, second, ...rest])
  .chain((path) => fc.constantFrom(path, path, path, path.slice(0, 1)));
const anyFault = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom<RowFault>("x", "level", "material", "outside") },
  { weight: 1, arbitrary: fc.constant<RowFault>("material") },
);

/** And what becomes of the row when it is a dead letter. */
const mendedRow = fc.record({
  path: anyPath,
  material: fc.option(fc.nat(3)),
  created: fc.nat(3),
  fault: anyFault,
  mend: fc.constantFrom("keep", "fix", "move", "delete"),
  elsewhere: anyPath,
});
type MendedRow = typeof mendedRow extends fc.Arbitrary<infer Row> ? Row : never;

/** Edits the rows that the first run rejected; the cells that have or had one of them. */
function mendDeadRows({ source, first }: Place, rows: readonly MendedRow[]) {
  const named: Path[] = [];
  let deleted = 0;
  for (const { rowid } of deadLettersOf(first)) {
    const row = rows[Number(rowid) - 1];
    if (row === undefined) throw new Error(`no row ${rowid}`);
    if (hasCell(row.fault)) named.push(row.path);
    if (row.mend === "keep") continue;
    const path = row.mend === "move" ? row.elsewhere : row.path;
    const isDeleted = row.mend === "delete";
    editRow(source, rowid, isDeleted ? null : treeValues({ ...row, path }));
    if (isDeleted) deleted += 1;
    else named.push(path);
  }
  return { named, deleted };
}

// Two regions; the first has a rejected node around and above others.
const rejectedNode = 3n;
const smallTree: readonly FaultyRow[] = [
  { path: [0], material: 1 },
  { path: [0, 1], material: null },
  { path: [0, 1, 2], material: 2, fault: "x" },
  { path: [0, 1, 2, 3], material: null },
  { path: [0, 1, 2, 3, 4], material: null },
  { path: [0, 1, 5], material: 3 },
  { path: [7], material: 1 },
  { path: [7, 7], material: 2 },
];

describe("a redrive", () => {
  it("makes of any target what a load of the corrected source makes", async () => {
    const rows = fc.array(mendedRow, { minLength: 20, maxLength: 50, size: "max" });
    await fc.assert(
      fc.asyncProperty(rows, async (tree) => {
        const place = await loadTree(tree);
        const { named, deleted } = mendDeadRows(place, tree);
        if (deadLettersOf(place.first).length === 0) return;
        const report = await redriven(place);
        const fresh = await freshLoad(place);
        expect(targetCells(place.target)).toEqual(fresh.cells);
        expect(shownLetters(place.second)).toEqual(shownLetters(place.fresh));
        expect(report.outcome).toBe(fresh.report.outcome);
        const sent = fresh.cells
          .filter(({ level, code }) => named.some((other) => isRelated(level, code, other)))
          .map(({ level, code }) => `${level} ${code}`);
        expect(sentBy(place.second, place.target)).toEqual(sent.sort());
        expect(report.sinks[0]?.loaded).toBe(sent.length);
        expect(report.total).toBe(sent.length + deadLettersOf(place.second).length);
        const gone = report.warnings.find(({ code }) => code === "REDRIVE_ROW_GONE");
        expect(gone?.rows ?? 0).toBe(deleted);
      }),
      runs(8),
    );
  }, 300_000);

  it("sends the corrected row, what is around it and what lies in it, and no more", async () => {
    const place = await loadTree(smallTree);
    editRow(place.source, rejectedNode, { X: treeValues(smallTree[2] as TreeRow).X ?? null });
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
    expect((await rejectionOf(redrive({ runDir: folder }))).code).toBe("RUN_NOT_FOUND");
  });

  it.each(["scan", "derive", "load"])(
    "that was interrupted at %s goes on with the same rows",
    async (phase) => {
      const place = await loadTree(smallTree);
      editRow(place.source, rejectedNode, { X: treeValues(smallTree[2] as TreeRow).X ?? null });
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
    editRow(place.source, rejectedNode, { X: treeValues(smallTree[2] as TreeRow).X ?? null });
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
});

function isRelated(level: number, code: bigint, path: Path): boolean {
  const own = Array.from({ length: level }, (_, i) =>
    Number((code >> BigInt(3 * (level - 1 - i))) & 7n),
  );
  return areRelated(own, path);
}

describe("octoload redrive", () => {
  it("prints the report and exits as a load does", async () => {
    const place = await loadTree(smallTree);
    const args = ["redrive", "--run-dir", place.first, "--new-run-dir"];
    const bad = await runCli([...args, place.second]);
    expect(bad.exitCode).toBe(1);
    expect(bad.stdout).toMatch(/next +octoload redrive --run-dir /);

    editRow(place.source, rejectedNode, { X: treeValues(smallTree[2] as TreeRow).X ?? null });
    const good = await runCli([...args, `${place.second}-2`, "--json"]);
    expect(good.exitCode).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({ outcome: "done", total: 5 });
    const last = String(good.stderr.trim().split("\n").at(-1));
    expect(JSON.parse(last)).toMatchObject({ event: "finished", exitCode: 0 });
  });

  it("says that there is nothing to do", async () => {
    const place = await loadTree(smallTree);
    const args = ["redrive", "--run-dir", place.first, "--code", "KEY_COLLISION"];
    const text = await runCli(args);
    expect([text.exitCode, text.stderr]).toEqual([0, ""]);
    expect(text.stdout).toMatch(/no dead letters of KEY_COLLISION, only of .*: nothing to load/);
    const json = await runCli([...args, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ outcome: "nothing", exitCode: 0 });
  });

  it("exits with 3 where it is refused, nothing written", async () => {
    const place = await loadTree(smallTree);
    await backfill({
      ...load,
      sources: [place.source],
      to: [`sqlite:${place.target}`],
      runDir: place.fresh,
    });
    const late = await runCli(["redrive", "--run-dir", place.first, "--json"]);
    expect(late.exitCode).toBe(3);
    expect(late.stderr).toContain("REDRIVE_LATE");
    expect((await runCli(["redrive"])).exitCode).toBe(3);
  });
});
