import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indicesOf } from "../../src/encoding/cell.js";
import { frames, type Triple } from "../../src/encoding/frame.js";
import { encodePoint } from "../../src/encoding/point.js";
import type { Layout } from "../../src/sink/sink.js";
import { openTarget } from "../../src/target/open-target.js";
import type { Target } from "../../src/target/target.js";
import type { TargetRow } from "../../src/target/target-row.js";
import { loadTarget } from "../support/loaded-target.js";
import { rejectionOf } from "../support/rejection-of.js";
import { runs } from "../support/seed.js";
import { cellOf, type SinkRow } from "../support/sink-blocks.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
let targets = 0;
const newPath = () => join(folder, `target-${targets++}.db`);

async function withTarget<T>(
  rows: readonly SinkRow[],
  layout: Layout,
  use: (target: Target, path: string) => Promise<T>,
): Promise<T> {
  const path = newPath();
  loadTarget(path, rows, layout);
  const target = await openTarget(`sqlite:${path}`);
  try {
    return await use(target, path);
  } finally {
    await target.close();
  }
}

async function keysOf(rows: AsyncIterable<TargetRow>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { level, mortonCode } of rows) keys.push(`${level}:${mortonCode}`);
  return keys;
}

const layouts: readonly Layout[] = ["node", "tile"];
const point: Triple = [1_000_000.5, -2_000_000.25, 3000];

describe.each(layouts)("getCell, layout %s", (layout) => {
  it("gives every value of the row back", async () => {
    const row: SinkRow = {
      ...cellOf(point, 18),
      ...{ point, material: -7, homogeneity: Math.fround(0.1), mask: 0xfe, lastModified: 5n },
      ...{ id: 2n ** 60n, density: -0, created: "2024-05-01", metadata: '{"a":"北"}' },
    };
    await withTarget([row], layout, async (target) => {
      expect(target.layout).toBe(layout);
      const found = await target.getCell(row.code, 18);
      expect(found).toEqual({
        ...{ level: 18, mortonCode: row.code, point, materialId: -7, childrenMask: 0xfe },
        ...{ homogeneity: Math.fround(0.1), lastModified: 5n },
        ...{ writeTimeUs: 1_700_000_000_000_000n, columnSet: 0, extras: [] },
        values: {
          ...{ id: 2n ** 60n, x: point[0], y: point[1], z: point[2], level: 18n, materialId: -7n },
          ...{ density: -0, metadata: '{"a":"北"}', created: "2024-05-01" },
        },
      });
    });
  });

  it("finds neither a neighbour, nor another level, nor a deleted row", async () => {
    const cell = { level: 5, code: 77n };
    await withTarget([cell, { level: 5, code: 80n }], layout, async (target, path) => {
      expect(await target.getCell(78n, 5)).toBeUndefined();
      expect(await target.getCell(77n, 6)).toBeUndefined();
      expect(await target.getCell(77n, 5)).toBeDefined();
      expect(await target.getCell(77n, 26)).toBeUndefined();
      const database = new Database(path);
      database.exec(
        `UPDATE ${layout === "node" ? "octree_nodes" : "octree_tiles"} SET deleted = 1`,
      );
      database.close();
      expect(await target.getCell(77n, 5)).toBeUndefined();
      expect(await target.getNearest(0, 0, 0, 20)).toBeUndefined();
    });
  });
});

describe.each(layouts)("getNearest, layout %s", (layout) => {
  it("gives the cell itself or its deepest ancestor", async () => {
    const levels = [0, 3, 9, 18];
    const rows = levels.map((level) => ({ ...cellOf(point, level), material: level }));
    const beside = cellOf([-5e6, 5e6, -5e6], 12);
    await withTarget([...rows, beside], layout, async (target) => {
      for (const [level, expected] of [
        [0, 0],
        [2, 0],
        [3, 3],
        [17, 9],
        [18, 18],
        [26, 18],
      ]) {
        const row = await target.getNearest(...point, level ?? 0);
        expect(row?.materialId).toBe(expected);
      }
    });
  });

  it("gives nothing where there is no ancestor", async () => {
    await withTarget([cellOf(point, 2)], layout, async (target) => {
      expect(await target.getNearest(-5e6, 5e6, -5e6, 20)).toBeUndefined();
    });
  });

  it("refuses a point outside the target's frame", async () => {
    await withTarget([], layout, async (target) => {
      expect((await rejectionOf(target.getNearest(3e7, 0, 0, 5))).code).toBe("OUT_OF_FRAME");
    });
  });
});

describe.each(layouts)("getBox, layout %s", (layout) => {
  const maxLevel = layout === "node" ? 21 : 26;
  const coordinate = (i: 0 | 1 | 2) => {
    const { min, size } = frames.centred;
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    return unit.map((t) => Math.min(min[i] + size[i] * t, min[i] + size[i]));
  };
  const anyPoint = fc.tuple(coordinate(0), coordinate(1), coordinate(2));
  const anyCell = fc
    .tuple(anyPoint, fc.integer({ min: 0, max: maxLevel }))
    .map(([at, level]) => cellOf(at, level));

  it("equals a look at every row", async () => {
    const anyCase = fc.record({
      cells: fc.array(anyCell, { maxLength: 60 }),
      corners: fc.tuple(anyPoint, anyPoint),
      from: fc.integer({ min: 0, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ cells, corners: [a, b], from }) => {
        const least = a.map((value, i) => Math.min(value, b[i] ?? 0)) as [number, number, number];
        const most = a.map((value, i) => Math.max(value, b[i] ?? 0)) as [number, number, number];
        const isInBox = ({ level, code }: SinkRow) => {
          const low = indicesOf(encodePoint(...least, level), level);
          const high = indicesOf(encodePoint(...most, level), level);
          return indicesOf(code, level).every((i, k) => i >= (low[k] ?? 0) && i <= (high[k] ?? 0));
        };
        const distinct = [
          ...new Map(cells.map((cell) => [`${cell.level}:${cell.code}`, cell])).values(),
        ];
        const wanted = distinct
          .filter((cell) => cell.level >= from && cell.level <= 20 && isInBox(cell))
          .sort((x, y) => x.level - y.level || (x.code < y.code ? -1 : 1))
          .map(({ level, code }) => `${level}:${code}`);
        await withTarget(distinct, layout, async (target) => {
          const box = { min: least, max: most };
          expect(await keysOf(target.getBox(box, { levels: [from, 20] }))).toEqual(wanted);
          const limited = await keysOf(target.getBox(box, { levels: [from, 20], limit: 2 }));
          expect(limited).toEqual(wanted.slice(0, 2));
        });
      }),
      runs(25),
    );
  });

  it("reads more rows than one batch holds", async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => ({ level: 8, code: BigInt(i) + 5n }));
    await withTarget(rows, layout, async (target) => {
      const all = { min: frames.centred.min, max: [20e6, 10e6, 10e6] as const };
      const keys = await keysOf(target.getBox(all));
      expect(keys).toEqual(rows.map(({ code }) => `8:${code}`));
    });
  });

  it("refuses a box outside the frame", async () => {
    await withTarget([], layout, async (target) => {
      const rows = target.getBox({ min: [0, 0, 0], max: [3e7, 0, 0] });
      expect((await rejectionOf(keysOf(rows))).code).toBe("OUT_OF_FRAME");
    });
  });
});

describe("openTarget", () => {
  it("reads while a load is under way", async () => {
    const path = newPath();
    loadTarget(path, [{ level: 1, code: 1n }]);
    const writer = new Database(path);
    writer.exec("BEGIN IMMEDIATE; DELETE FROM octree_nodes");
    const target = await openTarget(`sqlite:${path}`);
    expect(await target.getCell(1n, 1)).toBeDefined();
    writer.exec("COMMIT");
    expect(await target.getCell(1n, 1)).toBeUndefined();
    await target.close();
    writer.close();
  });

  it("takes the frame from the target and refuses another", async () => {
    const path = newPath();
    loadTarget(path, [], "node", { frame: frames.bluemarble });
    const target = await openTarget(`sqlite:${path}`, { frame: frames.bluemarble });
    expect(target.frame.toJSON()).toEqual(frames.bluemarble.toJSON());
    await target.close();
    const other = await rejectionOf(openTarget(`sqlite:${path}`, { frame: frames.centred }));
    expect(other.code).toBe("TARGET_FRAME");
    const layout = await rejectionOf(openTarget(`sqlite:${path}?layout=tile`));
    expect(layout.code).toBe("TARGET_LAYOUT");
  });

  it("makes no file where there is none", async () => {
    const path = newPath();
    expect((await rejectionOf(openTarget(`sqlite:${path}`))).code).toBe("TARGET_MISSING");
    expect((await rejectionOf(openTarget(`sqlite:${path}`))).code).toBe("TARGET_MISSING");
    expect((await rejectionOf(openTarget("null:"))).code).toBe("TARGET_MISSING");
  });

  it("names the row whose envelope is damaged", async () => {
    await withTarget([{ level: 5, code: 77n }], "node", async (target, path) => {
      const database = new Database(path);
      database.exec("UPDATE octree_nodes SET morton_code = 78");
      database.close();
      const error = await rejectionOf(target.getCell(78n, 5));
      expect(error.code).toBe("ENVELOPE_CHECKSUM");
      expect(error.fault).toContain("code 78 at level 5");
    });
  });
});
