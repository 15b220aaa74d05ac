import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOfIndices, lastDescendant, maxCode } from "../../src/encoding/cell.js";
import { type Box, type CodeRange, coverBox } from "../../src/encoding/cover.js";
import { Frame, frames, type Triple } from "../../src/encoding/frame.js";
import { refusalOf } from "../support/refusal-of.js";

const seed = 20_240_504;

/** A frame whose sizes are no powers of two, so that t is rounded. */
const odd = new Frame({ name: "odd", min: [-7, 0.1, 1000], size: [10, 0.3, 77] });

function pointOf(frame: Frame, t: readonly number[]): Triple {
  const at = (axis: 0 | 1 | 2) => frame.min[axis] + frame.size[axis] * (t[axis] ?? 0);
  return [at(0), at(1), at(2)];
}

/** Boxes given by t, so that faces of cells and of the frame come up often. */
function anyBox(frame: Frame): fc.Arbitrary<Box> {
  const t = fc.oneof(
    fc.double({ min: 0, max: 0.999, noNaN: true }),
    fc.integer({ min: 0, max: 15 }).map((i) => i / 16),
  );
  const corner = fc.tuple(t, t, t);
  return fc.tuple(corner, corner).map(([a, b]) => ({
    min: pointOf(
      frame,
      a.map((value, axis) => Math.min(value, b[axis] ?? 0)),
    ),
    max: pointOf(
      frame,
      a.map((value, axis) => Math.max(value, b[axis] ?? 0)),
    ),
  }));
}

/** The contract's index of a coordinate, on its own. */
function indexOf(value: number, frame: Frame, axis: 0 | 1 | 2, level: number): number {
  const t = (value - frame.min[axis]) / frame.size[axis];
  return t === 1 ? 2 ** level - 1 : Math.floor(t * 2 ** level);
}

/** Every code of the level, asked one by one whether the box touches it. */
function oracleCodes(box: Box, level: number, frame: Frame): bigint[] {
  const touches = (index: number, axis: 0 | 1 | 2) =>
    index >= indexOf(box.min[axis], frame, axis, level) &&
    index <= indexOf(box.max[axis], frame, axis, level);
  const codes: bigint[] = [];
  const cells = 2 ** level;
  for (let x = 0; x < cells; x++) {
    for (let y = 0; y < cells; y++) {
      for (let z = 0; z < cells; z++) {
        if (touches(x, 0) && touches(y, 1) && touches(z, 2)) {
          codes.push(codeOfIndices(x, y, z, level));
        }
      }
    }
  }
  return codes.sort((a, b) => (a < b ? -1 : 1));
}

function codesIn(ranges: readonly CodeRange[]): bigint[] {
  const codes: bigint[] = [];
  for (const { first, last } of ranges) {
    for (let code = first; code <= last; code++) codes.push(code);
  }
  return codes;
}

/** Ascending, disjoint, not adjacent, within the level. */
function expectTidy(ranges: readonly CodeRange[], level: number): void {
  let end = -2n;
  for (const { first, last } of ranges) {
    expect(first > end + 1n).toBe(true);
    expect(last >= first).toBe(true);
    end = last;
  }
  expect(end <= maxCode(level)).toBe(true);
}

describe("coverBox", () => {
  const levels = fc.integer({ min: 0, max: 4 });

  it("is exactly the cells the box touches", () => {
    fc.assert(
      fc.property(anyBox(odd), levels, (box, level) => {
        const cover = coverBox(box, level, { frame: odd });
        expectTidy(cover.ranges, level);
        expect(cover.exact).toBe(true);
        expect(codesIn(cover.ranges)).toEqual(oracleCodes(box, level, odd));
      }),
      { seed, numRuns: 300 },
    );
  });

  it("misses no cell with maxRanges, and says truly whether it has extra ones", () => {
    const limits = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(anyBox(odd), levels, limits, (box, level, maxRanges) => {
        const cover = coverBox(box, level, { frame: odd, maxRanges });
        expectTidy(cover.ranges, level);
        expect(cover.ranges.length).toBeLessThanOrEqual(maxRanges);
        const covered = new Set(codesIn(cover.ranges));
        const needed = oracleCodes(box, level, odd);
        for (const code of needed) expect(covered.has(code)).toBe(true);
        expect(cover.exact).toBe(covered.size === needed.length);
      }),
      { seed, numRuns: 300 },
    );
  });

  it("closes the smallest gaps first", () => {
    const box: Box = { min: [-20e6, -10e6, -10e6], max: [19e6, -9e6, -9e6] };
    const { ranges } = coverBox(box, 4);
    const gaps = ranges.slice(1).map(({ first }, i) => first - (ranges[i]?.last ?? 0n));
    const widest = gaps.toSorted((a, b) => (a < b ? -1 : 1)).at(-1) ?? 0n;
    const at = gaps.indexOf(widest);
    expect(coverBox(box, 4, { maxRanges: 2 }).ranges).toEqual([
      { first: ranges[0]?.first, last: ranges[at]?.last },
      { first: ranges[at + 1]?.first, last: ranges.at(-1)?.last },
    ]);
  });

  it("gives a point its one cell at level 26, at the frame's corners too", () => {
    const { min, size } = frames.bluemarble;
    const low: Box = { min, max: min };
    expect(coverBox(low, 26, { frame: frames.bluemarble })).toEqual({
      ranges: [{ first: 0n, last: 0n }],
      exact: true,
    });
    const high: Box = { min: size, max: size };
    expect(coverBox(high, 26, { frame: frames.bluemarble, maxRanges: 1 })).toEqual({
      ranges: [{ first: maxCode(26), last: maxCode(26) }],
      exact: true,
    });
  });

  it("is one range for the whole frame, at every level", () => {
    const whole: Box = { min: [-20e6, -10e6, -10e6], max: [20e6, 10e6, 10e6] };
    for (let level = 0; level <= 26; level++) {
      expect(coverBox(whole, level)).toEqual({
        ranges: [{ first: 0n, last: maxCode(level) }],
        exact: true,
      });
    }
  });

  it("covers at level 26 what it covers at level 4 when the box ends on cells of level 4", () => {
    const unit = new Frame({ name: "unit", min: [0, 0, 0], size: [16, 16, 16] });
    const below = (value: number) => value - value * 2 ** -40;
    const box: Box = { min: [3, 5, 2], max: [below(11), below(14), below(9)] };
    const deep = coverBox(box, 26, { frame: unit });
    const expected = coverBox(box, 4, { frame: unit }).ranges.map(({ first, last }) => ({
      first: first << 66n,
      last: lastDescendant(last, 4, 26),
    }));
    expect(deep).toEqual({ ranges: expected, exact: true });
  });

  it("stays within its limits on a large box at level 26", () => {
    const box: Box = { min: [-19e6, -9e6, -9e6], max: [19e6, 9e6, 9e6] };
    const error = refusalOf(() => coverBox(box, 26));
    expect(error.code).toBe("COVER_TOO_FINE");
    expect(error.message).toContain("at level 26 has more than 1048576 ranges");
    expect(error.message).toContain("maxRanges");
    const cover = coverBox(box, 26, { maxRanges: 5000 });
    expect(cover.exact).toBe(false);
    expect(cover.ranges).toHaveLength(5000);
    expectTidy(cover.ranges, 26);
    const corner = (point: Triple) =>
      codeOfIndices(
        indexOf(point[0], frames.centred, 0, 26),
        indexOf(point[1], frames.centred, 1, 26),
        indexOf(point[2], frames.centred, 2, 26),
        26,
      );
    expect(cover.ranges[0]?.first).toBe(corner(box.min));
    expect(cover.ranges.at(-1)?.last).toBe(corner(box.max));
  });

  it("holds the cells of points in the box at level 26, with few ranges", () => {
    fc.assert(
      fc.property(
        anyBox(odd),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (box, shares) => {
          const { ranges } = coverBox(box, 26, { frame: odd, maxRanges: 50 });
          const index = (axis: 0 | 1 | 2) => {
            const share = shares.next().value ?? 0;
            const value = box.min[axis] + share * (box.max[axis] - box.min[axis]);
            return indexOf(Math.min(value, box.max[axis]), odd, axis, 26);
          };
          for (let i = 0; i < 20; i++) {
            const code = codeOfIndices(index(0), index(1), index(2), 26);
            expect(ranges.some(({ first, last }) => first <= code && code <= last)).toBe(true);
          }
        },
      ),
      { seed, numRuns: 50 },
    );
  });
});

describe("coverBox refuses", () => {
  const cube = (low: number, high: number) => ({ min: [low, low, low], max: [high, high, high] });

  it.each<[string, unknown, string, string]>([
    ["no object", null, "BOX_INVALID", "box must be an object of min and max, got null."],
    ["no max", { min: [0, 0, 0] }, "BOX_INVALID", "box.max must be an array of three numbers"],
    ["two numbers", { ...cube(0, 1), min: [0, 0] }, "BOX_INVALID", "box.min must be an array"],
    [
      "NaN",
      { ...cube(0, 1), max: [1, Number.NaN, 1] },
      "BOX_INVALID",
      "box.max.y must be a number, got",
    ],
    ["text", { ...cube(0, 1), max: [1, 1, "1"] }, "BOX_INVALID", "box.max.z must be a number, got"],
    ["min above max", { ...cube(0, 1), min: [0, 2, 0] }, "BOX_INVALID", "box.min.y = 2 is above"],
    ["a corner below", { ...cube(0, 1), min: [-2.1e7, 0, 0] }, "OUT_OF_FRAME", "box.min: x = -21"],
    ["a corner above", cube(0, 1.1e7), "OUT_OF_FRAME", "box.max: y = 11000000 is outside: frame"],
    [
      "Infinity",
      { ...cube(0, 1), max: [1, 1, Number.POSITIVE_INFINITY] },
      "OUT_OF_FRAME",
      "box.max: z = Infinity",
    ],
  ])("%s", (_case, box, code, message) => {
    const error = refusalOf(() => coverBox(box as Box, 5));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it("other levels and limits", () => {
    const box = cube(0, 1) as unknown as Box;
    expect(refusalOf(() => coverBox(box, 27)).code).toBe("LEVEL_INVALID");
    for (const maxRanges of [0, -1, 1.5, Number.NaN, 1_048_577, "5"]) {
      const error = refusalOf(() => coverBox(box, 5, { maxRanges: maxRanges as number }));
      expect(error.code).toBe("ARG_RANGE");
      expect(error.message).toContain("maxRanges must be an integer from 1 to 1048576, got");
    }
  });
});
