import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { backfillCase, command, load, loadCommand } from "../support/backfill-case.js";
import {
  deadLettersOf,
  type NodeValues,
  nodeValues,
  readJson,
  type TargetCell,
  targetCells,
} from "../support/run-samples.js";
import { type SourceTable, usualColumns } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const LEVELS = 6;
const PLACES = 12;

/** Cells in one another, one of each level at each place; the ones on top are shared. */
function treeTable(changes: Readonly<Record<number, NodeValues>> = {}): SourceTable {
  const rows = Array.from({ length: LEVELS * PLACES }, (_, i) => {
    const place = Math.floor(i / LEVELS);
    const values: NodeValues = {
      X: place * 2_900_000.5 - 17e6,
      Y: (place % 5) * 3_700_000 - 8e6,
      Z: 1e6,
      Level: BigInt((i % LEVELS) + 2),
      MaterialId: i % 4 === 0 ? null : BigInt(place % 3),
    };
    return { values: nodeValues(i, { ...values, ...changes[i] }) };
  });
  return { columns: usualColumns, rows };
}

const bad = { 8: { X: null }, 13: { MaterialId: "x" }, 40: { Level: 23n } };
const all = { maxErrors: "100%" };

/** The whole tree's cells, of an undisturbed load. */
const whole = (async () => {
  const at = backfillCase(folder, treeTable(bad));
  const report = await load(at, all);
  return { cells: targetCells(at.target), letters: deadLettersOf(at.runDir), report };
})();

describe("filters", () => {
  it("leave rows out, which still count for their neighbours", async () => {
    const { cells } = await whole;
    expect(cells.some(({ childrenMask }) => childrenMask > 0)).toBe(true);
    expect(cells.some(({ homogeneity }) => homogeneity < 1)).toBe(true);
    const cases: { options: object; keeps: (cell: TargetCell) => boolean }[] = [
      { options: { where: "MaterialId = 1" }, keeps: ({ materialId }) => materialId === 1 },
      { options: { levels: { min: 3, max: 4 } }, keeps: ({ level }) => level === 3 || level === 4 },
    ];
    for (const { options, keeps } of cases) {
      const at = backfillCase(folder, treeTable(bad));
      const { sinks, total } = await load(at, { ...options, ...all });
      expect(targetCells(at.target)).toEqual(cells.filter(keeps));
      const { loaded = 0, rejected = 0 } = sinks[0] ?? {};
      expect(loaded + rejected).toBe(total);
    }
  });

  it("take the first rows only with --limit", async () => {
    const { cells } = await whole;
    const at = backfillCase(folder, treeTable(bad));
    const { report } = await loadCommand(at, "--limit", "20", "--max-errors", "100%");
    expect(report?.total).toBe(20);
    const letters = deadLettersOf(at.runDir);
    expect(letters.every(({ rowid }) => rowid <= 20n)).toBe(true);
    const loaded = targetCells(at.target);
    expect(loaded.length + letters.length).toBe(20);
    const known = new Set(cells.map(({ envelope }) => envelope));
    expect(loaded.every(({ envelope }) => known.has(envelope))).toBe(true);
  });

  it("write nothing with --dry-run, and say what would come", async () => {
    const at = backfillCase(folder, treeTable(bad));
    const { exitCode, report } = await loadCommand(at, "--dry-run", "--max-errors", "100%");
    const { report: real } = await whole;
    expect([exitCode, report?.outcome, existsSync(at.target)]).toEqual([1, "dry-run", false]);
    expect([report?.total, report?.collisions]).toEqual([real.total, real.collisions]);
    expect(report?.levels).toEqual(real.levels);
    const good = backfillCase(folder, { columns: usualColumns, rows: [{ values: nodeValues(1) }] });
    expect((await loadCommand(good, "--dry-run")).exitCode).toBe(0);
  });
});

describe("shards", () => {
  it("load together exactly what one load does, each row once", async () => {
    const { cells, letters, report } = await whole;
    const at = backfillCase(folder, treeTable(bad));
    const sums = { total: 0, loaded: 0, rejected: 0 };
    const found: string[] = [];
    for (const index of [2, 3, 1]) {
      const runDir = `${at.runDir}-${index}`;
      const shard = { index, count: 3, runId: "night" };
      const part = await load({ ...at, runDir }, { shard, ...all });
      const { loaded = 0, rejected = 0 } = part.sinks[0] ?? {};
      expect(loaded).toBeGreaterThan(5);
      expect(loaded + rejected).toBe(part.total);
      sums.total += part.total;
      sums.loaded += loaded;
      sums.rejected += rejected;
      found.push(...deadLettersOf(runDir).map(({ rowid, code }) => `${rowid} ${code}`));
      expect(readJson(runDir, "run.json").runId).toBe("night");
    }
    expect(targetCells(at.target)).toEqual(cells);
    expect(sums).toEqual({ total: report.total, loaded: cells.length, rejected: letters.length });
    expect(found.sort()).toEqual(letters.map(({ rowid, code }) => `${rowid} ${code}`).sort());
  });

  it("may be more than there are cells", async () => {
    const at = backfillCase(folder, { columns: usualColumns, rows: [{ values: nodeValues(1) }] });
    for (const index of [1, 2]) {
      const args = ["--shard", `${index}/2`, "--run-id", "few"];
      const { exitCode } = await loadCommand({ ...at, runDir: `${at.runDir}-${index}` }, ...args);
      expect(exitCode).toBe(0);
    }
    expect(targetCells(at.target).length).toBe(1);
    const { exitCode, error } = await loadCommand(at, "--shard", "1/2");
    expect([exitCode, error?.code]).toEqual([3, "USAGE"]);
    const two = [at.source, "--to", "null:", "--to", "null:?layout=tile"];
    const mixed = await command(
      ...[...two, "--run-dir", `${at.runDir}-two`, "--shard", "1/2", "--run-id", "few"],
    );
    expect([mixed.exitCode, mixed.error?.code]).toEqual([3, "USAGE"]);
  });
});

describe("several targets at once", () => {
  it("each get every row their layout has a key for, and account for all", async () => {
    const { cells } = await whole;
    const at = backfillCase(folder, treeTable(bad));
    const tile = `${at.target}-tile`;
    const to = [`sqlite:${at.target}`, `sqlite:${tile}?layout=tile`, "null:"];
    const report = await load(at, { to, ...all });
    expect(targetCells(at.target)).toEqual(cells);
    expect(targetCells(tile).filter(({ level }) => level <= 21)).toEqual(cells);
    const sums = report.sinks.map(({ loaded, rejected, skipped }) => loaded + rejected + skipped);
    expect(sums).toEqual([report.total, report.total, report.total]);
    const deep = deadLettersOf(at.runDir).filter(({ code }) => code === "LEVEL_TOO_DEEP");
    expect(deep.map(({ sink }) => sink)).toEqual(["null:", `sqlite:${at.target}`]);
  });

  it("are asked for at least once", async () => {
    const { exitCode, error } = await command("nothing.gpkg");
    expect([exitCode, error?.code]).toEqual([3, "USAGE"]);
  });
});
