import { describe, expect, it } from "vitest";
import { type ColumnMapping, matchColumns, parseColumnMapping } from "../../src/source/columns.js";
import { refusalOf } from "../support/refusal-of.js";

function match(names: string, mapping: ColumnMapping = {}, geometry: string | null = null) {
  const columns = names.split(" ").map((name) => ({ name, declaredType: "" }));
  return matchColumns(columns, mapping, geometry);
}

const all = "Id X Y Z Level MaterialId Density Metadata Created";

describe("matchColumns", () => {
  it("finds the default names in any case", () => {
    const found = match("CREATED id x Y z LEVEL materialid DENSITY MetaData");
    expect(found).toMatchObject({
      kind: "fits",
      names: { id: "id", x: "x", level: "LEVEL", materialId: "materialid", created: "CREATED" },
      absent: [],
      extras: [],
    });
  });

  it("folds only ASCII letters, as SQLite does", () => {
    expect(match("X Y Z Leve\u{13f}")).toMatchObject({ kind: "misses", missing: ["Level"] });
  });

  it("needs coordinates and a level; what else is absent it says", () => {
    expect(match("X Y Z Level")).toMatchObject({
      kind: "fits",
      absent: ["id", "materialId", "density", "metadata", "created"],
    });
    expect(match("Id X Z")).toStrictEqual({ kind: "misses", missing: ["Y", "Level"] });
  });

  it("keeps the rest in the table's order", () => {
    const found = match(`owner ${all} colour`);
    expect(found.kind === "fits" && found.extras.map(({ name }) => name)).toStrictEqual([
      "owner",
      "colour",
    ]);
  });

  it("takes the mapping's names; the default names are then ordinary columns", () => {
    const found = match(`${all} node_id`, { id: "NODE_ID", density: null });
    expect(found).toMatchObject({
      names: { id: "node_id", density: null },
      absent: ["density"],
    });
    expect(found.kind === "fits" && found.extras.map(({ name }) => name)).toStrictEqual([
      "Id",
      "Density",
    ]);
  });

  it("does not take a column for two things", () => {
    expect(match("a X Y Z Level", { x: "Y", y: "X" })).toMatchObject({
      names: { x: "Y", y: "X" },
    });
    expect(match("X Y Z Level", { id: "x" })).toStrictEqual({ kind: "misses", missing: ["X"] });
  });

  it("misses a column that the mapping names in vain, indispensable or not", () => {
    expect(match(all, { density: "rho" })).toStrictEqual({ kind: "misses", missing: ["rho"] });
  });

  it("has the point column stand for coordinates that are not all there", () => {
    expect(match("fid geom Level", {}, "geom")).toMatchObject({
      kind: "fits",
      geometry: "geom",
      names: { x: null, y: null, z: null },
      absent: ["id", "materialId", "density", "metadata", "created"],
      extras: [{ name: "fid" }, { name: "geom" }],
    });
    const partly = match("geom X Y Level", {}, "geom");
    expect(partly.kind === "fits" && partly.extras.map(({ name }) => name)).toStrictEqual([
      "geom",
      "X",
      "Y",
    ]);
    expect(match("geom X Y Z Level", {}, "geom")).toMatchObject({
      geometry: null,
      names: { x: "X" },
      extras: [{ name: "geom" }],
    });
    expect(match("geom Level", { x: "east" }, "geom")).toMatchObject({ missing: ["east"] });
  });
});

describe("parseColumnMapping", () => {
  it("takes the default names in any case", () => {
    expect(parseColumnMapping({ X: "east", materialid: "m", density: null })).toStrictEqual({
      x: "east",
      materialId: "m",
      density: null,
    });
  });

  it.each([
    [[], "an object, got an array of 0"],
    ["x", 'an object, got "x"'],
    [null, "an object, got null"],
    [{ colour: "c" }, 'got "colour"'],
    [{ x: 3 }, "x must be mapped to a column's name or null, got 3"],
    [{ x: "" }, "x must be mapped"],
    [{ x: "a", X: "b" }, "X is mapped twice"],
    [{ x: "a", y: "A" }, "x and y are both mapped"],
  ])("refuses %j", (value, fault) => {
    const error = refusalOf(() => parseColumnMapping(value));
    expect(error.code).toBe("SOURCE_MAPPING");
    expect(error.fault).toContain(fault);
  });
});
