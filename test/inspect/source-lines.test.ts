import { describe, expect, it } from "vitest";
import { frames } from "../../src/encoding/frame.js";
import { type CheckLine, verdictOf } from "../../src/inspect/lines.js";
import type { SourceFacts } from "../../src/inspect/source-facts.js";
import { sourceLines } from "../../src/inspect/source-lines.js";
import { derivedFacts, fileFacts, sourceFacts } from "./survey-samples.js";

const settings = { maxErrors: { kind: "share", percent: 1 }, onCollision: "newest" } as const;

const linesOf = (changes: Partial<SourceFacts>, more: object = {}) =>
  sourceLines(sourceFacts(changes), { ...settings, ...more });

function line(lines: readonly CheckLine[], check: string): CheckLine | undefined {
  return lines.find((one) => one.check === check);
}

function rejected(rows: number): Pick<SourceFacts, "rejected"> {
  const examples = [{ file: "/data/earth.gpkg", rowid: "12", message: "no number" }];
  return { rejected: [{ code: "COORDINATE_INVALID", rows, examples }] };
}

describe("a source's lines", () => {
  it("are all go where nothing is wrong", () => {
    const lines = linesOf({});
    expect(lines.filter(({ verdict }) => verdict !== "go")).toEqual([]);
    expect(verdictOf(lines)).toBe("go");
  });

  it("say no where more rows are bad than a load may reject, and warn up to there", () => {
    expect(line(linesOf(rejected(10)), "rejected rows")?.verdict).toBe("warning");
    expect(line(linesOf(rejected(11)), "rejected rows")).toMatchObject({
      verdict: "no-go",
      code: "MAX_ERRORS",
    });
    const more = { maxErrors: { kind: "rows", rows: 11 } };
    expect(line(linesOf(rejected(11), more), "rejected rows")?.verdict).toBe("warning");
    expect(line(linesOf(rejected(3)), "bad values")).toMatchObject({
      verdict: "warning",
      code: "COORDINATE_INVALID",
      examples: ["row 12 of /data/earth.gpkg: no number"],
    });
  });

  it("count collisions among the rejected rows, and say no where they are to end the load", () => {
    const derived = derivedFacts({ collisions: 11, rows: 989 });
    expect(line(linesOf({ derived }), "rejected rows")?.verdict).toBe("no-go");
    expect(line(linesOf({ derived }), "collisions")?.verdict).toBe("warning");
    const one = { derived: derivedFacts({ collisions: 1, rows: 999 }) };
    expect(verdictOf(linesOf(one))).toBe("warning");
    expect(line(linesOf(one, { onCollision: "fail" }), "collisions")?.verdict).toBe("no-go");
  });

  it("name the frame that would hold the points", () => {
    const fitOf = (inside: number, other: number): SourceFacts["fit"] => ({
      points: 1000,
      min: [0, 0, 0],
      max: [39e6, 19e6, 19e6],
      frames: [
        { frame: frames.centred.toJSON(), inside },
        { frame: frames.bluemarble.toJSON(), inside: other },
      ],
    });
    expect(line(linesOf({ fit: fitOf(400, 1000) }), "frame")).toMatchObject({
      verdict: "no-go",
      code: "OUT_OF_FRAME",
      remedy: expect.stringContaining("--frame bluemarble"),
    });
    expect(line(linesOf({ fit: fitOf(999, 400) }), "frame")).toMatchObject({ verdict: "warning" });
    expect(line(linesOf({ fit: fitOf(1000, 1000) }), "frame")).toMatchObject({
      verdict: "warning",
      remedy: expect.stringContaining("--frame bluemarble"),
    });
    expect(line(linesOf({ fit: fitOf(1000, 999) }), "frame")?.verdict).toBe("go");
  });

  it("warn of orphans, unreadable times, mixed classes, a source in use and long values", () => {
    const classes = { integer: 3, real: 997, text: 0, blob: 0, null: 0, tooLarge: 0 };
    const mixed = { name: "X", declaredType: "", meaning: "x", classes };
    const nulls = { ...mixed, name: "Y", classes: { ...classes, integer: 0, null: 3 } };
    const lines = linesOf({
      derived: derivedFacts({ orphans: 5 }),
      unreadableCreated: 2,
      files: [fileFacts({ columns: [mixed, nulls], walBytes: 4096 })],
      metadata: {
        ...{ values: 1, bytes: 2 ** 21, histogram: [] },
        longest: { file: 0, rowid: "1", bytes: 2 ** 21 },
      },
    });
    const warned = lines.filter(({ verdict }) => verdict === "warning").map(({ check }) => check);
    expect(warned.sort()).toEqual(
      ["created", "metadata", "orphans", "source in use", "storage classes"].sort(),
    );
    expect(line(lines, "storage classes")?.finding).toContain("X has 3 INTEGER, 997 REAL");
    expect(verdictOf(lines)).toBe("warning");
  });

  it("list unmapped columns, and what a GeoPackage says of its geometry", () => {
    const classes = { integer: 0, real: 0, text: 1000, blob: 0, null: 0, tooLarge: 0 };
    const geometry = { column: "geom", type: "POINT", srsId: 4978, z: 1 };
    const file = fileFacts({
      columns: [{ name: "Owner", declaredType: "TEXT", meaning: null, classes }],
      geoPackage: { version: 10300, geometry, extent: null },
      geometryColumn: "geom",
    });
    const lines = linesOf({ files: [file] });
    expect(line(lines, "unmapped columns")?.finding).toContain("Owner");
    expect(line(lines, "geopackage")?.finding).toContain("POINT in geom");
  });
});
