import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf, codeOfIndices, tileCellOf } from "../../../src/encoding/cell.js";
import { frames } from "../../../src/encoding/frame.js";
import type { IndexBox } from "../../../src/encoding/index-box.js";
import {
  cellCount,
  codesOf,
  indexBoxOf,
  isInBox,
  tileBoxOf,
  tileSpans,
} from "../../../src/target/cassandra/box-cover.js";
import { runs } from "../../support/seed.js";

/** Boxes of up to 20 cells an axis at any level and place, those across tiles among them. */
const anyBox: fc.Arbitrary<IndexBox> = fc
  .record({
    level: fc.integer({ min: 0, max: 26 }),
    corner: fc.tuple(fc.nat(), fc.nat(), fc.nat()),
    sides: fc.tuple(...([0, 1, 2] as const).map(() => fc.integer({ min: 0, max: 19 }))),
  })
  .map(({ level, corner, sides }) => {
    const last = 2 ** level - 1;
    const low = corner.map((value) => value % (last + 1)) as [number, number, number];
    const high = low.map((from, axis) => Math.min(last, from + (sides[axis] ?? 0)));
    return { level, low, high: high as [number, number, number] };
  });

function bruteCodes({ low, high, level }: IndexBox): bigint[] {
  const codes: bigint[] = [];
  for (let x = low[0]; x <= high[0]; x++)
    for (let y = low[1]; y <= high[1]; y++)
      for (let z = low[2]; z <= high[2]; z++) codes.push(codeOfIndices(x, y, z, level));
  return codes.sort((a, b) => (a < b ? -1 : 1));
}

describe("codesOf", () => {
  it("gives each cell of the box once, ascending", () => {
    fc.assert(
      fc.property(anyBox, (box) => {
        const codes = bruteCodes(box);
        expect([...codesOf(box)]).toEqual(codes);
        expect(cellCount(box)).toBe(codes.length);
      }),
      runs(60),
    );
  });
});

describe("tileSpans", () => {
  it("holds all cells of the box, in tiles that it touches, ascending and apart", () => {
    fc.assert(
      fc.property(anyBox, (box) => {
        const spans = [...tileSpans(box)];
        const bounds = spans.flatMap(({ tile, firstCell, lastCell }) => [
          codeOf(tile, firstCell),
          codeOf(tile, lastCell),
        ]);
        for (const [i, bound] of bounds.entries()) {
          const before = bounds[i - 1] ?? -1n;
          expect(i % 2 === 0 ? bound > before : bound >= before).toBe(true);
        }
        const codes = bruteCodes(box);
        const missed = codes.filter((code) => {
          const { tile, cell } = tileCellOf(code);
          return !spans.some(
            (span) => span.tile === tile && span.firstCell <= cell && cell <= span.lastCell,
          );
        });
        expect(missed).toEqual([]);
        const tiles = new Set(codes.map((code) => code >> 15n));
        expect(new Set(spans.map(({ tile }) => tile))).toEqual(tiles);
        expect(cellCount(tileBoxOf(box))).toBe(tiles.size);
        expect(spans.length).toBeLessThanOrEqual(16 * tiles.size);
      }),
      runs(100),
    );
  });

  it("reads a whole tile at once", () => {
    const tile: IndexBox = { low: [32, 0, 64], high: [63, 31, 95], level: 12 };
    expect([...tileSpans(tile)]).toEqual([
      { tile: codeOfIndices(1, 0, 2, 7), firstCell: 0, lastCell: 32_767 },
    ]);
  });
});

describe("isInBox", () => {
  it("agrees with the list of codes", () => {
    fc.assert(
      fc.property(anyBox, anyBox, (box, other) => {
        const codes = new Set(bruteCodes(box));
        for (const code of bruteCodes({ ...other, level: box.level, ...clipped(other, box.level) }))
          expect(isInBox(box, code)).toBe(codes.has(code));
      }),
      runs(40),
    );
  });
});

function clipped({ low, high }: IndexBox, level: number): Pick<IndexBox, "low" | "high"> {
  const clip = ([x, y, z]: readonly [number, number, number]): [number, number, number] => {
    const last = 2 ** level - 1;
    return [Math.min(x, last), Math.min(y, last), Math.min(z, last)];
  };
  return { low: clip(low), high: clip(high) };
}

describe("indexBoxOf", () => {
  it("takes both corners, the frame's far end included", () => {
    const { min, size } = frames.centred;
    const max = [min[0] + size[0], min[1] + size[1], min[2] + size[2]] as const;
    const whole = indexBoxOf({ min, max }, 3, frames.centred);
    expect(whole).toEqual({ low: [0, 0, 0], high: [7, 7, 7], level: 3 });
  });

  it.each([
    ["BOX_INVALID", { min: [1, 0, 0], max: [0, 0, 0] }],
    ["OUT_OF_FRAME", { min: [0, 0, 0], max: [3e7, 0, 0] }],
  ] as const)("refuses with %s", (code, box) => {
    expect(() => indexBoxOf(box, 5, frames.centred)).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });
});
