import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/load/progress.js";
import { backfillCase, exportOf, load, loadCommand, sourceRows } from "../support/backfill-case.js";
import { rejectionOf } from "../support/rejection-of.js";
import { deadLettersOf, nodeTable, targetCells } from "../support/run-samples.js";
import { describeOnSmallDisk } from "../support/small-disk.js";
import type { TableValue } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();

describe("a target that does not fit", () => {
  it("is refused before a row is written, and stays as it was", async () => {
    const at = backfillCase(folder, nodeTable(6));
    await load(at);
    const before = readFileSync(at.target);
    const other = { ...backfillCase(folder, nodeTable(6)), target: at.target };
    const cases = [
      { code: "TARGET_FRAME", args: ["--frame", "bluemarble", "--max-errors", "100%"] },
      { code: "TARGET_SOURCE", args: ["--source-name", "another"] },
    ];
    for (const { code, args } of cases) {
      const { exitCode, error } = await loadCommand(other, ...args);
      expect([exitCode, error?.code]).toEqual([3, code]);
      expect(error?.remedy.length).toBeGreaterThan(20);
    }
    const tile = await rejectionOf(load(other, { to: [`sqlite:${at.target}?layout=tile`] }));
    expect(tile.code).toBe("TARGET_LAYOUT");
    expect(readFileSync(at.target).equals(before)).toBe(true);
    expect(existsSync(other.runDir)).toBe(false);
  });

  it("takes another source with --add-source, and the same one again", async () => {
    const at = backfillCase(folder, nodeTable(3));
    await load(at);
    const changes = { 0: { Z: 1e6 }, 1: { Z: 1e6 } };
    const other = { ...backfillCase(folder, nodeTable(2, changes)), target: at.target };
    const { exitCode } = await loadCommand(other, "--source-name", "another", "--add-source");
    expect(exitCode).toBe(0);
    expect(await exportOf(at)).toEqual([...sourceRows(at), ...sourceRows(other)].sort());
    const again = await load({ ...at, runDir: `${at.runDir}-2` });
    expect(again.sinks[0]?.loaded).toBe(3);
    expect(targetCells(at.target).length).toBe(5);
  });

  it("is refused where it is no target, or cannot be made", async () => {
    const at = backfillCase(folder, nodeTable(2));
    writeFileSync(at.target, "a letter to a friend, which must not be lost");
    const cases = [
      { code: "TARGET_NOT_DATABASE", exitCode: 3, target: at.target },
      { code: "TARGET_FOREIGN", exitCode: 3, target: at.source },
      { code: "TARGET_FAILED", exitCode: 5, target: join(at.folder, "no", "such", "folder") },
    ];
    for (const { code, exitCode, target } of cases) {
      const result = await loadCommand({ ...at, target });
      expect([result.exitCode, result.error?.code]).toEqual([exitCode, code]);
    }
    const url = await rejectionOf(load(at, { to: ["cassandra://user:secret@host/space"] }));
    expect([url.code, url.message.includes("secret")]).toEqual(["TARGET_URL", false]);
    const twice = await rejectionOf(load(at, { to: ["null:", "null:"] }));
    expect(twice.code).toBe("USAGE");
    expect(readFileSync(at.target, "utf8")).toContain("a letter to a friend");
  });
});

describe("a target that refuses some rows", () => {
  it("gets all others: the batch is halved until each stands alone", async () => {
    const at = backfillCase(folder, nodeTable(3000));
    await load(at, { limit: 1 });
    const database = new Database(at.target);
    database.exec(`CREATE TRIGGER no_fives BEFORE INSERT ON octree_nodes
      WHEN new.last_modified % 5 = 3 BEGIN SELECT RAISE(ABORT, 'no rows of that second'); END`);
    database.close();
    const source = new Database(at.source);
    source.exec("UPDATE nodes SET Created = 1700000000000 + (Id % 100 = 7) * 3");
    source.close();

    const second = { ...at, runDir: `${at.runDir}-2` };
    const { exitCode, report } = await loadCommand(second, "--max-errors", "30");
    expect([exitCode, report?.total]).toEqual([1, 3000]);
    expect(report?.sinks[0]).toMatchObject({ loaded: 2970, rejected: 30 });
    const letters = deadLettersOf(second.runDir);
    const expected = Array.from({ length: 30 }, (_, i) => BigInt(i * 100 + 7));
    expect(letters.map(({ rowid }) => rowid)).toEqual(expected);
    for (const { code, stage, sink, message, row } of letters) {
      expect([code, stage, sink]).toEqual(["ROW_REFUSED", "sink", `sqlite:${at.target}`]);
      expect(message).toContain("no rows of that second");
      expect(JSON.parse(row ?? "")).toMatchObject({ Level: { type: "integer", value: 12 } });
    }
    expect(targetCells(at.target).length).toBe(2970);
  });
});

describe("the dead letter of a row that a target refused", () => {
  it("has the row as it was in its table: names, unmapped columns, text that was coerced", async () => {
    const columns = ["Owner", "fid", "X", "Y", "Z", "Level", "Stoff", "Metadata", "Note"];
    const values: TableValue[] = [
      ...["the crown", 7n, "1234.50", -3n, 0.1, "9", null, Uint8Array.of(1, 255), -0.5],
    ];
    const table = { columns: columns.map((name) => ({ name })), rows: [{ values }] };
    const at = backfillCase(folder, table);
    const mapping = join(at.folder, "columns.json");
    writeFileSync(mapping, JSON.stringify({ id: "fid", materialId: "Stoff", density: null }));
    const first = { ...backfillCase(folder, nodeTable(1)), target: at.target };
    await load(first);
    const database = new Database(at.target);
    database.exec(`CREATE TRIGGER no_rows BEFORE INSERT ON octree_nodes
      BEGIN SELECT RAISE(ABORT, 'none at all'); END`);
    database.close();
    const args = ["--columns", mapping, "--coerce-text", "--max-errors", "1", "--add-source"];
    expect((await loadCommand(at, ...args)).exitCode).toBe(1);
    const [letter] = deadLettersOf(at.runDir);
    expect([letter?.stage, letter?.code]).toEqual(["sink", "ROW_REFUSED"]);
    expect(JSON.parse(letter?.row ?? "")).toEqual({
      Owner: { type: "text", value: "the crown" },
      fid: { type: "integer", value: 7 },
      X: { type: "text", value: "1234.50" },
      Y: { type: "integer", value: -3 },
      Z: { type: "real", value: 0.1 },
      Level: { type: "text", value: "9" },
      Stoff: { type: "null" },
      Metadata: { type: "blob", value: "01ff" },
      Note: { type: "real", value: -0.5 },
    });
  });
});

describe("a target that is gone between two processes of a run", () => {
  it("is not taken for the one that has the rows already", async () => {
    const at = backfillCase(folder, nodeTable(40_000));
    const stop = new AbortController();
    const onProgress = (event: RunEvent) => {
      if (event.event === "progress" && event.migrated > 0) stop.abort();
    };
    const options = { rowsPerSecond: 60_000 };
    const first = await load(at, options, { signal: stop.signal, onProgress });
    expect(first.outcome).toBe("interrupted");
    expect(first.sinks[0]?.loaded).toBeGreaterThan(0);
    rmSync(at.target);
    const { exitCode, error } = await loadCommand(at);
    expect([exitCode, error?.code]).toEqual([3, "RUN_OTHER"]);
    expect(existsSync(at.target)).toBe(false);
    const { report } = await loadCommand(at, "--restart", "--rate", "off");
    expect(report?.sinks[0]?.loaded).toBe(40_000);
  });
});

describeOnSmallDisk(24 * 2 ** 20, "a target's disk", (disk) => {
  it("that is full ends the run, which goes on when there is room", async () => {
    const padding = (i: number) => Uint8Array.from({ length: 900 }, (_, j) => (i * j * 31) >> 2);
    const rows = Array.from({ length: 9000 }, (_, i) => [i, { Metadata: padding(i) }] as const);
    const at = {
      ...backfillCase(folder, nodeTable(9000, Object.fromEntries(rows))),
      target: join(disk, "target.octree"),
    };
    const ballast = join(disk, "ballast");
    writeFileSync(ballast, new Uint8Array(18 * 2 ** 20));
    const { exitCode, error } = await loadCommand(at);
    expect([exitCode, error?.code]).toEqual([5, "TARGET_FULL"]);
    rmSync(ballast);
    const { outcome, total, sinks } = await load(at);
    expect([outcome, total, sinks[0]?.loaded]).toEqual(["done", 9000, 9000]);
    expect(await exportOf({ ...at, folder })).toEqual(sourceRows(at));
  });
});
