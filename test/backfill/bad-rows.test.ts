import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { frames } from "../../src/encoding/frame.js";
import { errorEntry } from "../../src/errors/codes.js";
import { RawText } from "../../src/target/target-row.js";
import { backfillCase, exportOf, load, loadCommand, sourceRows } from "../support/backfill-case.js";
import {
  deadLettersOf,
  lettersByCode,
  type NodeValues,
  nodeTable,
  nodeValues,
  targetCells,
} from "../support/run-samples.js";
import { usualColumns } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const MIB = 2 ** 20;

/** One bad row each, and the code it must be rejected with. */
const badRows: readonly { readonly values: NodeValues; readonly code: string }[] = [
  { values: { X: "12.5" }, code: "COORDINATE_INVALID" },
  { values: { X: Uint8Array.of(1, 2) }, code: "COORDINATE_INVALID" },
  { values: { Y: null }, code: "COORDINATE_INVALID" },
  { values: { Z: new RawText(Uint8Array.of(0xff)) }, code: "COORDINATE_INVALID" },
  { values: { Z: 2n ** 53n + 1n }, code: "COORDINATE_INEXACT" },
  { values: { X: 2n ** 53n + 2n }, code: "OUT_OF_FRAME" },
  { values: { X: 20e6 + 1 }, code: "OUT_OF_FRAME" },
  { values: { Y: -1e308, Z: Number.POSITIVE_INFINITY }, code: "OUT_OF_FRAME" },
  { values: { Level: null }, code: "LEVEL_CLASS" },
  { values: { Level: 12 }, code: "LEVEL_CLASS" },
  { values: { Level: "12" }, code: "LEVEL_CLASS" },
  { values: { Level: 27n }, code: "LEVEL_INVALID" },
  { values: { Level: -1n }, code: "LEVEL_INVALID" },
  { values: { Level: 2n ** 62n }, code: "LEVEL_INVALID" },
  { values: { Level: 22n }, code: "LEVEL_TOO_DEEP" },
  { values: { MaterialId: 2n ** 31n }, code: "MATERIAL_INVALID" },
  { values: { MaterialId: 1 }, code: "MATERIAL_INVALID" },
  { values: { MaterialId: "7" }, code: "MATERIAL_INVALID" },
];

describe("rows that cannot be loaded", () => {
  it("are dead letters with a stable code and the row, and the others are loaded", async () => {
    const changes = Object.fromEntries(badRows.map(({ values }, i) => [i, values]));
    const at = backfillCase(folder, nodeTable(badRows.length + 30, changes));
    const { exitCode, report } = await loadCommand(at, "--max-errors", "100%");
    expect([exitCode, report?.outcome, report?.total]).toEqual([1, "rejected", 48]);
    expect(report?.sinks[0]).toMatchObject({ loaded: 30, rejected: 18, skipped: 0 });

    const letters = deadLettersOf(at.runDir);
    expect(letters.map(({ rowid, code }) => [Number(rowid), code])).toEqual(
      badRows.map(({ code }, i) => [i + 1, code]),
    );
    for (const { file, code, message, row } of letters) {
      expect(file).toBe(at.source);
      expect(errorEntry(code as never).remedy).not.toBe("");
      expect(message.length).toBeGreaterThan(15);
      const kept = JSON.parse(row ?? "{}") as Record<string, unknown>;
      expect(Object.keys(kept)).toEqual(usualColumns.map(({ name }) => name));
    }
    expect(await exportOf(at)).toEqual(withoutRejected(sourceRows(at), badRows.length));
    const byCode = report?.rejectedByCode.map(({ code, rows }) => [code, rows]) ?? [];
    expect(Object.fromEntries(byCode)).toEqual(lettersByCode(at.runDir));
  });

  it("say which built-in frame would hold them", async () => {
    const far = { X: 30_000_000, Y: 15_000_000, Z: 10_000_000 };
    const at = backfillCase(folder, nodeTable(2, { 1: far }));
    await load(at, { maxErrors: 5 });
    const [letter] = deadLettersOf(at.runDir);
    expect(letter?.message).toContain("outside the frame centred on x, y");
    expect(letter?.message).toContain("bluemarble would hold it");
    const again = backfillCase(folder, nodeTable(2, { 0: far, 1: { ...far, Z: 5 } }));
    expect((await load(again, { frame: frames.bluemarble })).outcome).toBe("done");
  });

  it("need no room in layout tile from level 22 to 26", async () => {
    const at = backfillCase(folder, nodeTable(3, { 0: { Level: 22n }, 1: { Level: 26n } }));
    const report = await load(at, { to: [`sqlite:${at.target}?layout=tile`] });
    expect(report.outcome).toBe("done");
    expect(targetCells(at.target).map(({ level }) => level)).toEqual([12, 22, 26]);
    expect(await exportOf(at)).toEqual(sourceRows(at));
  });
});

/** Ids of the bad rows are the first ones. */
function withoutRejected(rows: readonly string[], bad: number): string[] {
  return rows.filter((row) => Number(/(?:^|; )id=integer (\d+)/.exec(row)?.[1]) > bad);
}

describe("TEXT in numeric columns", () => {
  it("is loaded with --coerce-text where it is a number, and comes back as the text", async () => {
    const changes: Record<number, NodeValues> = {
      0: { X: "-12.50", Y: "1e6", Z: "+7" },
      1: { Level: "11", MaterialId: "-3" },
      2: { X: "12 m" },
      3: { Level: "1.0" },
      4: { X: "0x10" },
      5: { Z: "nan" },
      6: { MaterialId: "" },
    };
    const at = backfillCase(folder, nodeTable(9, changes));
    const { exitCode } = await loadCommand(at, "--coerce-text", "--max-errors", "5");
    expect(exitCode).toBe(1);
    expect(lettersByCode(at.runDir)).toEqual({
      COORDINATE_INVALID: 3,
      LEVEL_CLASS: 1,
      MATERIAL_INVALID: 1,
    });
    const loaded = sourceRows(at).filter((row) => /(?:^|; )id=integer [1289](;|$)/.test(row));
    expect(await exportOf(at)).toEqual(loaded);
    expect(targetCells(at.target).find(({ level }) => level === 11)?.materialId).toBe(-3);
  });
});

describe("values of any size and kind", () => {
  it("are loaded up to 16 MiB, and TOO_LARGE beyond", async () => {
    const large = new Uint8Array(16 * MIB).fill(7);
    for (let i = 0; i < large.length; i += 97) large[i] = (i * 31) & 0xff;
    const changes: Record<number, NodeValues> = {
      0: { Metadata: large },
      1: { Metadata: new Uint8Array(16 * MIB + 1) },
      2: { Id: "i".repeat(16 * MIB + 1) },
      3: { Created: "c".repeat(70_000) },
    };
    const at = backfillCase(folder, nodeTable(6, changes));
    const report = await load(at, { maxErrors: 2 });
    expect(report.sinks[0]).toMatchObject({ loaded: 4, rejected: 2 });
    const letters = deadLettersOf(at.runDir);
    expect(letters.map(({ rowid, code }) => [Number(rowid), code])).toEqual([
      [2, "TOO_LARGE"],
      [3, "TOO_LARGE"],
    ]);
    const rejectedIds = [/(?:^|; )id=integer 2(;|$)/, /(?:^|; )id=text /];
    const loaded = sourceRows(at).filter((row) => !rejectedIds.some((id) => id.test(row)));
    const exported = await exportOf(at);
    expect(exported.length).toBe(loaded.length);
    expect(exported.every((row, i) => row === loaded[i])).toBe(true);
  });

  it("may be NULL wherever a row can be without", async () => {
    const none = { Id: null, MaterialId: null, Density: null, Metadata: null, Created: null };
    const at = backfillCase(folder, nodeTable(3, { 0: none, 1: none, 2: none }));
    expect((await load(at)).outcome).toBe("done");
    expect(await exportOf(at)).toEqual(sourceRows(at));
    expect(targetCells(at.target).map(({ materialId }) => materialId)).toEqual([null, null, null]);
  });

  it("warn of a Created that is no time, and keep it", async () => {
    const at = backfillCase(folder, nodeTable(4, { 1: { Created: "yesterday" } }));
    const report = await load(at);
    expect(report.outcome).toBe("done");
    expect(report.warnings).toMatchObject([
      { code: "CREATED_UNREADABLE", rows: 1 },
      { code: "ORPHAN", rows: 4 },
    ]);
    expect(await exportOf(at)).toEqual(sourceRows(at));
  });
});

describe("rows that are there twice", () => {
  it("may share an Id, but of one cell's only the newest is loaded", async () => {
    const same = { Id: 1n };
    const old = { X: 5.5, Y: 5.5, Level: 9n, Created: "2001-01-01" };
    const changes = { 0: same, 1: same, 3: old, 4: { ...old, Created: "2002-01-01" }, 5: old };
    const at = backfillCase(folder, nodeTable(6, changes));
    const { exitCode, report } = await loadCommand(at, "--max-errors", "50%");
    expect([exitCode, report?.collisions, report?.sinks[0]?.loaded]).toEqual([1, 2, 4]);
    const letters = deadLettersOf(at.runDir);
    expect(letters.map(({ rowid, code }) => [Number(rowid), code])).toEqual([
      [4, "KEY_COLLISION"],
      [6, "KEY_COLLISION"],
    ]);
    expect(letters[0]?.message).toMatch(/^row 5 of .* has the same level and code as row 4 of /);
    expect(letters.every(({ row }) => row?.includes('"Created"'))).toBe(true);
  });

  it("end the run with --on-collision fail before anything is sent", async () => {
    const at = backfillCase(folder, { columns: usualColumns, rows: twins() });
    const { exitCode, error } = await loadCommand(at, "--on-collision", "fail");
    expect([exitCode, error?.code]).toEqual([5, "KEY_COLLISION"]);
    expect(targetCells(at.target)).toEqual([]);
  });

  it("are no dead letters where a filter leaves the loser out", async () => {
    const at = backfillCase(folder, { columns: usualColumns, rows: twins() });
    const report = await load(at, { where: "Id <> 1" });
    expect([report.outcome, report.total, report.sinks[0]?.loaded]).toEqual(["done", 1, 1]);
    expect(deadLettersOf(at.runDir)).toEqual([]);
    const other = backfillCase(folder, { columns: usualColumns, rows: twins() });
    const limited = await load(other, { limit: 1, maxErrors: 1 });
    expect([limited.outcome, limited.total]).toEqual(["rejected", 1]);
    expect(lettersByCode(other.runDir)).toEqual({ KEY_COLLISION: 1 });
  });
});

/** Two rows of one cell: the second wins by its Id. */
function twins() {
  return [{ values: nodeValues(0) }, { values: nodeValues(0, { Id: 2n }) }];
}

describe("--max-errors", () => {
  it("stops a run before and while rows are sent, and a higher one completes it", async () => {
    const cases: { changes: Record<number, NodeValues>; loadedBefore: number }[] = [
      { changes: { 3: nodeOf(4), 5: nodeOf(4) }, loadedBefore: 0 },
      { changes: { 3: { Level: 23n }, 5: { Level: 24n } }, loadedBefore: 18 },
    ];
    for (const { changes, loadedBefore } of cases) {
      const at = backfillCase(folder, nodeTable(20, changes));
      const stopped = await loadCommand(at, "--max-errors", "1");
      expect([stopped.exitCode, stopped.report?.outcome]).toEqual([2, "max-errors"]);
      expect(targetCells(at.target).length).toBe(loadedBefore);
      const done = await loadCommand(at, "--max-errors", "10%");
      expect([done.exitCode, done.report?.outcome]).toEqual([1, "rejected"]);
      expect(done.report?.sinks[0]).toMatchObject({ loaded: 18, rejected: 2 });
      expect(deadLettersOf(at.runDir).length).toBe(2);
    }
  });

  it("stays what the run began with unless a resume says another", async () => {
    const at = backfillCase(folder, nodeTable(10, { 3: { X: null } }));
    const stop = new AbortController();
    const first = await load(
      at,
      { maxErrors: "10%" },
      {
        signal: stop.signal,
        onProgress: (event) => {
          if (event.event === "phase" && event.phase === "derive") stop.abort();
        },
      },
    );
    expect(first.outcome).toBe("interrupted");
    expect((await load(at)).outcome).toBe("rejected");
  });
});

/** The cell of the row `index`. */
function nodeOf(index: number): NodeValues {
  const [, X = null, Y = null, Z = null] = nodeValues(index);
  return { X, Y, Z };
}

describe("a table of odd names", () => {
  it("is found by --table among several, whatever the case", async () => {
    const at = backfillCase(folder, { ...nodeTable(3), name: 'A "quoted" one' });
    const database = new Database(at.source);
    database.exec("CREATE TABLE other(x, Y, z, LEVEL)");
    database.close();
    const ambiguous = await loadCommand(at);
    expect([ambiguous.exitCode, ambiguous.error?.code]).toEqual([3, "SOURCE_TABLE_AMBIGUOUS"]);
    expect((await loadCommand(at, "--table", 'a "QUOTED" one')).exitCode).toBe(0);
    expect(await exportOf(at)).toEqual(sourceRows(at, 'A "quoted" one'));
  });
});
