import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Layout } from "../../src/encoding/layout.js";
import {
  checkCase,
  keyOfPath,
  loadedTree,
  onlyCheck,
  plant,
  rowidOf,
  toldShortly,
  treePaths,
  treeRows,
} from "../support/check-case.js";
import { query } from "../support/loaded-target.js";
import { nextFloat } from "../support/planted-faults.js";
import { editRow } from "../support/small-trees.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const ROWS = treePaths.length;

describe.each<Layout>(["node", "tile"])("a sample of layout %s", (layout) => {
  it("is what is checked where nothing is named, and passes", async () => {
    const made = await loadedTree(folder, layout);
    const result = await checkCase(made);
    expect(result).toMatchObject({ exitCode: 0, rows: null, findings: [], unchecked: [] });
    const check = onlyCheck(result);
    expect(check).toMatchObject({ check: "sample", status: "passed", checked: ROWS });
    expect(check.figures).toEqual({ farthestOutsideCellM: 0, farthestFromSourceM: 0 });
    expect(result.run?.runDir).toBe(made.runDir);
    expect(existsSync(join(result.validationDir, "checks"))).toBe(false);
    expect(existsSync(join(result.validationDir, "validation.json"))).toBe(true);
  });

  it("finds a fault in each column, with what was derived from all of the source", async () => {
    const made = await loadedTree(folder, layout);
    const table = layout === "node" ? "octree_nodes" : "octree_tiles";
    const [[homogeneity = 0] = []] = query(
      made.target,
      `SELECT homogeneity FROM ${table} WHERE level = 0`,
    ) as number[][];
    plant(made, layout, [0, 1, 1], "material_id = 77");
    plant(made, layout, [], `homogeneity = ${nextFloat(homogeneity)}`);
    plant(made, layout, [3], "children_mask = 127");
    plant(made, layout, [4, 4, 4], "last_modified = last_modified + 1");
    plant(made, layout, [5, 5, 5], "compressed_data = zeroblob(40)");
    plant(made, layout, [6, 6, 6], "deleted = 1");
    const result = await checkCase(made);
    expect(result.exitCode).toBe(6);
    expect(toldShortly(result.findings)).toEqual(
      [
        `different ${keyOfPath([0, 1, 1])} material_id`,
        `different ${keyOfPath([])} homogeneity`,
        `different ${keyOfPath([3])} children_mask`,
        `different ${keyOfPath([4, 4, 4])} last_modified`,
        `different ${keyOfPath([5, 5, 5])} compressed_data`,
        `missing ${keyOfPath([6, 6, 6])}`,
      ].sort(),
    );
    expect(onlyCheck(result)).toMatchObject({
      status: "failed",
      findings: { different: 5, missing: 1 },
    });
  });

  it("excuses rows that no load takes, though they count for their parents", async () => {
    const rows = treeRows().map((row, i) => (i === 100 ? { ...row, fault: "material" } : row));
    const twice = { path: [1, 2], material: 4, created: 5 };
    const made = await loadedTree(folder, layout, [...rows, twice] as ReturnType<typeof treeRows>);
    const result = await checkCase(made);
    expect(result).toMatchObject({ exitCode: 0, findings: [] });
    expect(onlyCheck(result)).toMatchObject({ status: "passed", checked: ROWS - 1 });
    expect(onlyCheck(result).notes.join()).toMatch(
      /KEY_COLLISION.*MATERIAL_INVALID|MATERIAL_INVALID.*KEY_COLLISION/,
    );
  });

  it("is so large and of such rows as is said, the same each time", async () => {
    const made = await loadedTree(folder, layout);
    for (const octant of [0, 1, 2, 3, 4, 5, 6, 7])
      plant(made, layout, [octant, 0, 0], "deleted = 1");
    const found = async (seed: number) => {
      const result = await checkCase(made, { sample: 150, seed });
      expect(onlyCheck(result).checked).toBe(150);
      return toldShortly(result.findings);
    };
    const first = await found(1);
    expect(await found(1)).toEqual(first);
    const others = [await found(2), await found(3), await found(4)];
    expect(others.some((other) => other.join() !== first.join())).toBe(true);
  });
});

it("compares with the values that the source has now", async () => {
  const made = await loadedTree(folder, "node");
  editRow(made.source, rowidOf([2, 2, 2]), { Metadata: "{}", Density: 0.5 });
  const result = await checkCase(made);
  expect(result.findings).toMatchObject([
    {
      class: "different",
      sourceColumns: ["Density", "Metadata"],
      source: { rowid: String(rowidOf([2, 2, 2])) },
    },
  ]);
});

it("says that it checked nothing where there is nothing to check", async () => {
  const made = await loadedTree(folder, "node", [{ path: [1], material: 1, fault: "x" }]);
  const result = await checkCase(made);
  expect(result.exitCode).toBe(8);
  expect(onlyCheck(result)).toMatchObject({ status: "unchecked", checked: 0 });
});
