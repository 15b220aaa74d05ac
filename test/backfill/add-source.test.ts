import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { generate } from "../../src/generate/generate.js";
import type { RunEvent } from "../../src/load/progress.js";
import {
  type BackfillCase,
  backfillCase,
  exportOf,
  load,
  loadCommand,
} from "../support/backfill-case.js";
import { nodeTable, readJson, targetCells } from "../support/run-samples.js";
import { writeTree } from "../support/small-trees.js";
import { quoted, tablesOf } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const NODES = 3000;

/** A case whose source and run are its own and whose target is another one's. */
function beside({ target }: BackfillCase): BackfillCase {
  return { ...backfillCase(folder, nodeTable(1)), target };
}

/** Of a generated Earth, the rows with this condition; its root belongs to no part. */
function cutOut(earth: string, path: string, condition: string): void {
  copyFileSync(earth, path);
  const database = new Database(path);
  const [table = ""] = tablesOf(path).filter((name) => !name.startsWith("rtree"));
  database.exec(`DELETE FROM ${quoted(table)} WHERE NOT (Level > 0 AND (${condition}))`);
  database.close();
}

const addSource = ["--add-source", "--max-errors", "0"];

describe("parts of an Earth", () => {
  it("are loaded into one target as sources that lie apart, others are refused", async () => {
    const earth = join(folder, "earth.gpkg");
    await generate({ path: earth, nodes: NODES, seed: 7 });
    const west = backfillCase(folder, nodeTable(1));
    const [east, middle] = [beside(west), beside(west)];
    const parts = { west: "X < 0", east: "X > 0", middle: "abs(X) < 15000000 AND Level > 3" };
    const cases = { west, east, middle };
    for (const name of ["west", "east", "middle"] as const) {
      cutOut(earth, cases[name].source, parts[name]);
    }
    const loadPart = (name: keyof typeof parts) =>
      loadCommand(cases[name], ...addSource, "--source-name", name);
    expect((await loadPart("west")).exitCode).toBe(0);
    expect((await loadPart("east")).exitCode).toBe(0);
    expect(targetCells(west.target).length).toBe(NODES - 1);

    const before = readFileSync(west.target);
    const files = readdirSync(west.folder).filter((name) => name.startsWith("target"));
    const refused = await loadPart("middle");
    expect([refused.exitCode, refused.error?.code]).toEqual([3, "SOURCE_OVERLAP"]);
    expect(refused.error?.message).toMatch(
      /holds the source "(west|east)", whose cell \d+ of level 1/,
    );
    expect(refused.error?.message).toMatch(/lies around cell \d+ of level \d+ of "middle"/);
    expect(readFileSync(west.target).equals(before)).toBe(true);
    expect(readdirSync(west.folder).filter((name) => name.startsWith("target"))).toEqual(files);
    const report = readJson(middle.runDir, "report.json");
    expect([report.exitCode, report.outcome]).toEqual([3, "failed"]);
  });
});

describe("a source to be added", () => {
  const load4 = (at: BackfillCase, name: string, ...args: string[]) =>
    loadCommand(at, ...addSource, "--source-name", name, ...args);

  it("is compared by all its rows, whatever filters leave out", async () => {
    const first = backfillCase(folder, nodeTable(1));
    const second = beside(first);
    for (const { source } of [first, second]) Database(source).exec("DROP TABLE nodes").close();
    writeTree(first.source, [
      { path: [1], material: 1 },
      { path: [2, 2], material: 1 },
    ]);
    writeTree(second.source, [
      { path: [3], material: 1 },
      { path: [2], material: 1 },
    ]);
    expect((await load4(first, "first", "--levels", "1..1")).exitCode).toBe(0);
    const refused = await load4(second, "second", "--where", "MaterialId = 2");
    expect([refused.exitCode, refused.error?.code]).toEqual([3, "SOURCE_OVERLAP"]);
  });

  it("that is a newer version of one replaces what is known of that", async () => {
    const first = backfillCase(folder, nodeTable(1));
    const [newer, second] = [beside(first), beside(first)];
    const trees = [
      [first, [1]],
      [newer, [4]],
      [second, [1, 1]],
    ] as const;
    for (const [{ source }, path] of trees) {
      Database(source).exec("DROP TABLE nodes").close();
      writeTree(source, [{ path, material: 1 }]);
    }
    expect((await load4(first, "first")).exitCode).toBe(0);
    expect((await load4(second, "second")).error?.code).toBe("SOURCE_OVERLAP");
    expect((await load4(newer, "first")).exitCode).toBe(0);
    const restarted = await load4(second, "second", "--restart");
    expect(restarted.exitCode).toBe(0);
    expect(targetCells(first.target).length).toBe(3);
    expect((await load4(first, "first", "--restart")).error?.code).toBe("SOURCE_OVERLAP");
  });

  it("leaves all targets alone where one of them refuses it", async () => {
    const first = backfillCase(folder, nodeTable(5));
    await load(first, { sourceName: "first" });
    const other = { ...backfillCase(folder, nodeTable(1, { 0: { Z: 1e6 } })) };
    await load(other, { sourceName: "other" });
    const before = readFileSync(other.target);
    const second = { ...backfillCase(folder, nodeTable(3)), target: other.target };
    const two = ["--to", `sqlite:${first.target}`];
    const refused = await load4(second, "second", ...two);
    expect([refused.exitCode, refused.error?.code]).toEqual([3, "SOURCE_OVERLAP"]);
    expect(readFileSync(other.target).equals(before)).toBe(true);
  });

  it("that was interrupted before its first row is in nobody's way, and compared when it goes on", async () => {
    const first = backfillCase(folder, nodeTable(5));
    const stop = new AbortController();
    const onProgress = (event: RunEvent) => {
      if (event.event === "phase" && event.phase === "derive") stop.abort();
    };
    const { outcome } = await load(
      first,
      { sourceName: "first" },
      { signal: stop.signal, onProgress },
    );
    expect([outcome, existsSync(first.target)]).toEqual(["interrupted", true]);
    const second = { ...backfillCase(folder, nodeTable(3)), target: first.target };
    expect((await load4(second, "second")).exitCode).toBe(0);
    const { exitCode, error } = await loadCommand(first);
    expect([exitCode, error?.code]).toEqual([3, "SOURCE_OVERLAP"]);
    expect((await exportOf(second)).length).toBe(3);
  });
});
