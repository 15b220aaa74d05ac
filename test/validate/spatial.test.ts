import { describe, expect, it } from "vitest";
import type { Layout } from "../../src/encoding/layout.js";
import {
  checkCase,
  keyOfPath,
  loadedTree,
  onlyCheck,
  plant,
  toldShortly,
  treeRows,
} from "../support/check-case.js";
import { change } from "../support/loaded-target.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const checks = ["spatial"] as const;

describe.each<Layout>(["node", "tile"])("the spatial index of layout %s", (layout) => {
  const table = layout === "node" ? "octree_nodes" : "octree_tiles";

  it("passes: masks, children and boxes agree with the source", async () => {
    const made = await loadedTree(folder, layout);
    const result = await checkCase(made, { checks });
    expect(result).toMatchObject({ exitCode: 0, findings: [], unchecked: [] });
    const { status, checked, figures } = onlyCheck(result);
    expect(status).toBe("passed");
    expect(checked).toBeGreaterThan(200);
    expect(figures).toMatchObject({ boxes: 20, parents: checked });
    expect(Number(figures?.rowsInBoxes)).toBeGreaterThan(200);
    expect(Number(figures?.children)).toBeGreaterThan(500);
  });

  it("excuses a child that a load rejected: its parent's mask has it all the same", async () => {
    const rows = treeRows().map((row, i) => {
      return i % 50 === 49 ? { ...row, fault: "material" as const } : row;
    });
    const made = await loadedTree(folder, layout, rows);
    const result = await checkCase(made, { checks });
    expect(result).toMatchObject({ exitCode: 0, findings: [] });
  });

  it("finds a wrong mask, a child that is gone and one that nobody has", async () => {
    // No cell below [1, 1], so that one can be planted there.
    const rows = treeRows().filter(({ path }) => path.join() !== "1,1,1");
    const made = await loadedTree(folder, layout, rows);
    plant(made, layout, [2], "children_mask = children_mask & 127");
    plant(made, layout, [3, 3, 3], "deleted = 1");
    plant(made, layout, [0, 0], "children_mask = 300");
    const [level = "", code = ""] = keyOfPath([1, 1, 1]).split(" ");
    const names = layout === "node" ? "morton_code, level" : "level, tile, cell";
    const values = layout === "node" ? `${code}, ${level}` : `${level}, 0, ${code}`;
    change(
      made.target,
      `INSERT INTO ${table} (${names}, homogeneity, children_mask, compressed_data, last_modified, write_time)
       VALUES (${values}, 1, 0, zeroblob(9), 0, 1)`,
    );
    const result = await checkCase(made, { checks });
    expect(toldShortly(result.findings)).toEqual(
      [
        `different ${keyOfPath([2])} children_mask`,
        `different ${keyOfPath([0, 0])} children_mask`,
        `extra ${keyOfPath([1, 1, 1])}`,
        `missing ${keyOfPath([3, 3, 3])}`,
      ].sort(),
    );
    expect(result.exitCode).toBe(6);
    expect(onlyCheck(result).findings).toEqual({ different: 2, extra: 1, missing: 1 });
  });
});
