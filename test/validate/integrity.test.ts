import { describe, expect, it } from "vitest";
import type { Layout } from "../../src/encoding/layout.js";
import {
  checkCase,
  keyOfPath,
  loadedTree,
  onlyCheck,
  plant,
  toldShortly,
  treePaths,
  treeRows,
} from "../support/check-case.js";
import { change, query } from "../support/loaded-target.js";
import { keyCondition } from "../support/planted-faults.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const checks = ["integrity"] as const;

describe.each<Layout>(["node", "tile"])("integrity of layout %s", (layout) => {
  const table = layout === "node" ? "octree_nodes" : "octree_tiles";

  it("passes where each row is in its cell, collisions' losers and bad rows aside", async () => {
    const rows = treeRows().map((row, i) => (i === 100 ? { ...row, fault: "x" } : row));
    const twice = { path: [1, 2], material: 4, created: 5 };
    const made = await loadedTree(folder, layout, [...rows, twice] as ReturnType<typeof treeRows>);
    const result = await checkCase(made, { checks });
    expect(result).toMatchObject({ exitCode: 0, findings: [] });
    expect(onlyCheck(result)).toMatchObject({
      ...{ check: "integrity", status: "passed", checked: treePaths.length },
      notes: [expect.stringMatching(/^1 rows .* no cell/)],
    });
  });

  it("finds rows that are gone, in each other's place or of another material", async () => {
    const made = await loadedTree(folder, layout);
    const [one, other] = [
      [1, 1, 1],
      [1, 1, 2],
    ] as const;
    const hex = (path: readonly number[]) => {
      const where = keyCondition(layout, keyOfPath(path));
      const [[text] = []] = query(
        made.target,
        `SELECT hex(compressed_data) FROM ${table} WHERE ${where}`,
      ) as string[][];
      return `x'${text}'`;
    };
    const [first, second] = [hex(one), hex(other)];
    plant(made, layout, one, `compressed_data = ${second}`);
    plant(made, layout, other, `compressed_data = ${first}`);
    plant(made, layout, [7, 7, 7], "material_id = 9");
    plant(made, layout, [7, 7], "material_id = 0");
    change(made.target, `DELETE FROM ${table} WHERE ${keyCondition(layout, keyOfPath([2]))}`);
    const result = await checkCase(made, { checks });
    expect(toldShortly(result.findings)).toEqual(
      [
        `different ${keyOfPath(one)} compressed_data`,
        `different ${keyOfPath(other)} compressed_data`,
        `different ${keyOfPath([7, 7, 7])} material_id`,
        `different ${keyOfPath([7, 7])} material_id`,
        `missing ${keyOfPath([2])}`,
      ].sort(),
    );
    expect(result.findings.map(({ envelope }) => envelope).sort()).toEqual([
      null,
      null,
      null,
      "swapped",
      "swapped",
    ]);
    expect(result.exitCode).toBe(6);
  });

  it("sees no derived column: that is the sample's part", async () => {
    const made = await loadedTree(folder, layout);
    plant(made, layout, [], "children_mask = 1, homogeneity = 0.25");
    expect(await checkCase(made, { checks })).toMatchObject({ exitCode: 0, findings: [] });
    const both = await checkCase(made, { checks: ["integrity", "sample"] });
    expect(both.checks).toMatchObject([
      { check: "sample", status: "failed" },
      { check: "integrity", status: "passed" },
    ]);
  });
});
