import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pointOf, pointValuesOf } from "../../src/source/row-point.js";
import { Source } from "../../src/source/source.js";
import { nodeValues } from "../support/run-samples.js";
import { usualColumns, writeTable } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const good = { x: 1.5, y: -2n, z: 0, level: 7n };

describe("pointOf", () => {
  it("takes what the loader takes for coordinates and a level", () => {
    expect(pointOf(good, false)).toEqual({ x: 1.5, y: -2, z: 0, level: 7 });
    const text = { x: "+1.5e1", y: ".5", z: "-3", level: "-0" };
    expect(pointOf(text, true)).toEqual({ x: 15, y: 0.5, z: -3, level: 0 });
    expect(pointOf(text, false)).toBeUndefined();
  });

  it.each([
    { x: null },
    { x: 2n ** 53n + 1n },
    { y: Buffer.from("1") },
    { z: "0x10" },
    { z: " 1" },
    { z: "" },
    { z: "1e999" },
    { z: "1".repeat(64) },
    { level: 27n },
    { level: -1n },
    { level: 7 },
    { level: null },
    { level: "7.0" },
  ])("finds no cell for %o", (fault) => {
    expect(pointOf({ ...good, ...fault }, true)).toBeUndefined();
  });
});

describe("pointValuesOf", () => {
  it("gives the values of a block's first row in their storage classes", async () => {
    const path = join(folder, "source.db");
    const values = [
      { X: 0.1, Y: -5n, Z: "Ünder", Level: "12", Metadata: "long before the others" },
      { X: null, Y: Buffer.from([1]), Z: -0, Level: 2n ** 62n },
    ];
    const rows = values.map((changes, i) => ({ values: nodeValues(i, changes) }));
    writeTable(path, { columns: usualColumns, rows });
    const source = await Source.open({ paths: [path] });
    const read = async (after: bigint, last: bigint) => {
      const block = await source.read(0, after, { maxRows: 9, maxBytes: 4096 }, last);
      return block === null ? null : pointValuesOf(block);
    };
    expect(await read(0n, 2n)).toMatchObject({ x: 0.1, y: -5n, level: "12" });
    expect(await read(1n, 2n)).toEqual({ x: null, y: null, z: -0, level: 2n ** 62n });
    await source.close();
  });
});
