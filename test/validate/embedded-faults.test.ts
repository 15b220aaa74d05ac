import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Layout } from "../../src/encoding/layout.js";
import { load } from "../support/backfill-case.js";
import { embeddedPlants } from "../support/embedded-plants.js";
import { change } from "../support/loaded-target.js";
import {
  expectedFindings,
  keyCondition,
  plantFaults,
  strayKey,
  toldFindings,
} from "../support/planted-faults.js";
import { keyOfRow } from "../support/prune-samples.js";
import { nodeTable, targetCells } from "../support/run-samples.js";
import { cellOf, type SinkRow, sinkBatch } from "../support/sink-blocks.js";
import { editRow } from "../support/small-trees.js";
import { tempFolder } from "../support/temp-folder.js";
import { CASE_ROWS, loadedCase, validateCase } from "../support/validation-case.js";

const folder = tempFolder();

describe.each<Layout>(["node", "tile"])("a full validation of layout %s", (layout) => {
  it("finds nothing where nothing is wrong, and leaves no sorted rows behind", async () => {
    const made = await loadedCase(folder, layout);
    const result = await validateCase(made);
    expect(result).toMatchObject({ exitCode: 0, findings: [], unchecked: [] });
    expect(result.rows).toMatchObject({
      source: CASE_ROWS,
      target: CASE_ROWS,
      equal: CASE_ROWS,
      settled: 0,
    });
    expect(result.checks).toMatchObject([
      { check: "rows", status: "passed", checked: CASE_ROWS },
      { check: "counts", status: "passed", checked: CASE_ROWS },
    ]);
    expect(result.run?.runDir).toBe(made.runDir);
    expect(existsSync(join(result.validationDir, "spill"))).toBe(false);
  });

  it("finds, names and classes each planted fault, and reports nothing else", async () => {
    const made = await loadedCase(folder, layout);
    const planted = await plantFaults(embeddedPlants(made.target, layout), 100);
    const result = await validateCase(made);
    expect(toldFindings(result.findings)).toEqual(expectedFindings(planted));
    expect(result.exitCode).toBe(6);
    const { missing, extra, different } = result.checks[0]?.findings ?? {};
    expect([missing, extra, different]).toEqual([1, 1, planted.length - 2]);
    expect(result.rows?.equal).toBe(CASE_ROWS - planted.length + 1);
  });

  it("excuses what a load rejects too: collisions' losers, bad rows and their earlier rows", async () => {
    const made = await loadedCase(folder, layout);
    // Row 8 comes to where row 7 is, and loses; row 21 loses its material, and its key stays.
    const [, x, y] = nodeTable(10).rows[7]?.values ?? [];
    editRow(made.source, 9n, { X: x ?? null, Y: y ?? null, Created: "2020-01-01T00:00:00Z" });
    editRow(made.source, 22n, { MaterialId: "rock" });
    const result = await validateCase(made);
    expect(result.rows?.rejected).toEqual({ KEY_COLLISION: 1, MATERIAL_INVALID: 1 });
    expect(result.rows?.excused).toBe(1);
    expect(toldFindings(result.findings)).toEqual(
      expectedFindings([{ class: "extra", key: keyOfRow(8) }]),
    );
  });

  it("names the source's columns that an envelope holds otherwise", async () => {
    const made = await loadedCase(folder, layout);
    editRow(made.source, 51n, { Density: 0.25, Metadata: "{}" });
    editRow(made.source, 52n, { Created: "2024-05-01T12:00:00.0Z" });
    editRow(made.source, 53n, { Id: "53" });
    const result = await validateCase(made);
    const columns = ["compressed_data"];
    expect(toldFindings(result.findings)).toEqual(
      expectedFindings([
        { class: "different", key: keyOfRow(50), columns, sourceColumns: ["Density", "Metadata"] },
        { class: "different", key: keyOfRow(51), columns, sourceColumns: ["Created"] },
        { class: "different", key: keyOfRow(52), columns, sourceColumns: ["Id"] },
      ]),
    );
  });

  it("lists a key that the source no longer has, and one it got since", async () => {
    const made = await loadedCase(folder, layout);
    editRow(made.source, 1001n, null);
    editRow(made.source, 1002n, { Level: 11n });
    const result = await validateCase(made);
    const classes = result.findings.map(({ class: name, level }) => `${name} ${level}`).sort();
    expect(classes).toEqual(["extra 12", "extra 12", "missing 11"]);
  });

  it("finds values of other classes, and keys that are no cells", async () => {
    const made = await loadedCase(folder, layout);
    const table = layout === "node" ? "octree_nodes" : "octree_tiles";
    const set = (index: number, what: string) =>
      change(
        made.target,
        `UPDATE ${table} SET ${what} WHERE ${keyCondition(layout, keyOfRow(index))}`,
      );
    set(10, "material_id = 'rock'");
    set(11, "homogeneity = 0.1");
    set(12, "children_mask = 300");
    set(13, "last_modified = 'now'");
    set(14, "compressed_data = zeroblob(0)");
    set(15, "level = 99");
    const result = await validateCase(made);
    const found = new Map(result.findings.map((one) => [`${one.level} ${one.code}`, one]));
    const columnsOf = (index: number) => found.get(keyOfRow(index))?.columns;
    expect([10, 11, 12, 13, 14].map(columnsOf)).toEqual([
      ["material_id"],
      ["homogeneity"],
      ["children_mask"],
      ["last_modified"],
      ["compressed_data"],
    ]);
    expect(found.get(keyOfRow(15))?.class).toBe("missing");
    expect(found.get("0 0")).toMatchObject({ class: "extra", note: expect.stringMatching(/99/) });
    expect(result.findings.length).toBe(7);
  });

  it("names every row of a range that was cut off", async () => {
    const made = await loadedCase(folder, layout);
    const key = layout === "node" ? "morton_code" : "tile";
    const table = layout === "node" ? "octree_nodes" : "octree_tiles";
    const cut = `level = 12 AND ${key} > (SELECT ${key} FROM ${table} WHERE level = 12
      ORDER BY ${key} DESC LIMIT 1 OFFSET 60)`;
    const before = targetCells(made.target).map(({ level, code }) => `${level} ${code}`);
    change(made.target, `UPDATE ${table} SET deleted = 1 WHERE ${cut}`);
    const left = new Set(targetCells(made.target).map(({ level, code }) => `${level} ${code}`));
    const gone = before.filter((cell) => !left.has(cell));
    expect(gone.length).toBeGreaterThan(10);
    const result = await validateCase(made);
    const expected = gone.map((cell) => ({ class: "missing", key: cell }) as const);
    expect(toldFindings(result.findings)).toEqual(expectedFindings(expected));
    expect(result.rows?.equal).toBe(CASE_ROWS - gone.length);
  });

  it("names every row of an empty target and of a target that another source filled", async () => {
    const made = await loadedCase(folder, layout);
    const table = layout === "node" ? "octree_nodes" : "octree_tiles";
    change(made.target, `DELETE FROM ${table}`);
    const result = await validateCase(made);
    expect(result.checks[0]?.findings).toEqual({ missing: CASE_ROWS });
    expect(result.findings.length).toBe(100);
    change(made.source, "DELETE FROM nodes");
    const nothing = await validateCase(made);
    expect(nothing).toMatchObject({ exitCode: 0, rows: { source: 0, target: 0, equal: 0 } });
  });
});

it("takes no other bytes of an envelope for a difference where they hold the same", async () => {
  const metadata = "a".repeat(200);
  const made = await loadedCase(folder, "node", { 3: { Metadata: metadata } });
  const [id, x, y, z, , , density, , created] = nodeTable(4).rows[3]?.values ?? [];
  const point = [Number(x), Number(y), Number(z)] as const;
  // The loader does not try to compress so short a text.
  const row = { ...cellOf(point, 12), point, id, density, created, metadata };
  const other = Buffer.from(sinkBatch([row as SinkRow]).bytes).toString("hex");
  const plants = embeddedPlants(made.target, "node");
  expect(other.length).toBeLessThan((await plants.read(3)).compressed_data.length);
  await plants.write(3, { compressed_data: other });
  const result = await validateCase(made);
  expect(result).toMatchObject({
    exitCode: 0,
    findings: [],
    rows: { equal: CASE_ROWS - 1, settled: 1 },
  });
});

it("does not take the settings of a load into another target", async () => {
  const made = await loadedCase(folder, "node", { 3: { Level: "12" } });
  await load(made, {
    to: [`sqlite:${made.target}.other`],
    runDir: join(made.folder, "run2"),
    coerceText: true,
  });
  const other = { ...made, target: `${made.target}.other` };
  expect((await validateCase(other)).exitCode).toBe(0);
  const strict = await validateCase(made);
  expect(strict).toMatchObject({ exitCode: 0, rows: { rejected: { LEVEL_CLASS: 1 } } });
  const named = await validateCase(made, { coerceText: true });
  expect(named.checks[0]?.findings).toEqual({ missing: 1 });
  expect(strayKey).not.toBe(keyOfRow(3));
});
