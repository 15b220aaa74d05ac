import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ancestorAt,
  children,
  codeOf,
  codeOfIndices,
  firstDescendant,
  indicesOf,
  interleave,
  lastDescendant,
  maxCode,
  octant,
  parent,
  requireCode,
  tileCellOf,
} from "../../src/encoding/cell.js";
import { refusalOf } from "../support/refusal-of.js";

const seed = 20_240_502;

const anyCell = fc.integer({ min: 0, max: 26 }).chain((level) => {
  const index = fc.integer({ min: 0, max: 2 ** level - 1 });
  return fc.record({ level: fc.constant(level), indices: fc.tuple(index, index, index) });
});
const anyCode = fc.bigInt({ min: 0n, max: maxCode(26) });

/** Interleaving on text: the binary digits of z, y and x side by side. */
function oracleCode([x, y, z]: readonly number[], level: number): bigint {
  const digits = [z, y, x].map((index) => (index ?? 0).toString(2).padStart(level, "0"));
  let text = "";
  for (let i = 0; i < level; i++) text += digits.map((digit) => digit[i]).join("");
  return level === 0 ? 0n : BigInt(`0b${text}`);
}

describe("indices and codes", () => {
  it("interleaves x lowest", () => {
    expect(codeOfIndices(1, 0, 0, 1)).toBe(1n);
    expect(codeOfIndices(0, 1, 0, 1)).toBe(2n);
    expect(codeOfIndices(0, 0, 1, 1)).toBe(4n);
    expect(codeOfIndices(2, 0, 0, 2)).toBe(8n);
    const top = 2 ** 26 - 1;
    expect(codeOfIndices(top, top, top, 26)).toBe(2n ** 78n - 1n);
    expect(codeOfIndices(0, 0, 0, 0)).toBe(0n);
  });

  it("agree with interleaving on text, and come back", () => {
    fc.assert(
      fc.property(anyCell, ({ level, indices }) => {
        const code = codeOfIndices(...indices, level);
        expect(code).toBe(oracleCode(indices, level));
        expect(interleave(...indices)).toBe(code);
        expect(indicesOf(code, level)).toEqual(indices);
      }),
      { seed, numRuns: 1000 },
    );
  });
});

describe("parents and children", () => {
  it("halve and double every index", () => {
    fc.assert(
      fc.property(anyCell, ({ level, indices }) => {
        const [x, y, z] = indices;
        const code = oracleCode(indices, level);
        const up = indices.map((index) => index >> 1);
        expect(parent(code)).toBe(oracleCode(up, Math.max(level - 1, 0)));
        if (level > 0) expect(octant(code)).toBe((x & 1) + 2 * (y & 1) + 4 * (z & 1));
        if (level === 26) return;
        const expected = Array.from({ length: 8 }, (_, i) =>
          oracleCode([2 * x + (i & 1), 2 * y + ((i >> 1) & 1), 2 * z + (i >> 2)], level + 1),
        );
        expect(children(code)).toEqual(expected);
      }),
      { seed, numRuns: 300 },
    );
  });

  it("put a cell's descendants into one range", () => {
    const pair = fc
      .tuple(fc.integer({ min: 0, max: 26 }), fc.integer({ min: 0, max: 26 }))
      .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
    const descendant = pair.chain(([level, deeper]) =>
      fc.tuple(fc.constant(level), fc.constant(deeper), fc.bigInt(0n, maxCode(deeper))),
    );
    fc.assert(
      fc.property(descendant, ([level, deeper, code]) => {
        const ancestor = ancestorAt(code, deeper, level);
        const first = firstDescendant(ancestor, level, deeper);
        const last = lastDescendant(ancestor, level, deeper);
        expect(first <= code && code <= last).toBe(true);
        expect(last - first + 1n).toBe(8n ** BigInt(deeper - level));
        expect(ancestorAt(first, deeper, level)).toBe(ancestor);
        expect(ancestorAt(last, deeper, level)).toBe(ancestor);
        let climbed = code;
        for (let i = deeper; i > level; i--) climbed = parent(climbed);
        expect(ancestor).toBe(climbed);
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe("tile and cell", () => {
  it("split a code after its low 15 bits, and come back", () => {
    fc.assert(
      fc.property(anyCode, (code) => {
        const { tile, cell } = tileCellOf(code);
        expect(tile).toBe(code / 32768n);
        expect(cell).toBe(Number(code % 32768n));
        expect(codeOf(tile, cell)).toBe(code);
      }),
      { seed },
    );
    expect(tileCellOf(7n, 1)).toEqual({ tile: 0n, cell: 7 });
    expect(refusalOf(() => tileCellOf(8n, 1)).code).toBe("CODE_OUT_OF_RANGE");
    expect(tileCellOf(maxCode(26))).toEqual({ tile: 2n ** 63n - 1n, cell: 32767 });
  });
});

describe("refusals", () => {
  const untyped = (value: unknown) => value as never;

  it.each<[string, () => unknown, string, string]>([
    ["a number", () => parent(untyped(5)), "ARG_TYPE", "code must be a bigint, got 5."],
    ["text", () => octant(untyped("5")), "ARG_TYPE", 'code must be a bigint, got "5".'],
    ["a negative code", () => parent(-1n), "CODE_OUT_OF_RANGE", "got -1n."],
    ["79 bits", () => tileCellOf(2n ** 78n), "CODE_OUT_OF_RANGE", "at level 26, got"],
    ["level 26", () => children(2n ** 75n), "CODE_OUT_OF_RANGE", "of a cell above level 26"],
    ["8 at level 1", () => requireCode(8n, 1), "CODE_OUT_OF_RANGE", "0 to 7 at level 1, got 8n."],
    ["1 at level 0", () => indicesOf(1n, 0), "CODE_OUT_OF_RANGE", "0 to 0 at level 0, got 1n."],
    ["level 27", () => indicesOf(0n, 27), "LEVEL_INVALID", "integer from 0 to 26, got 27."],
    ["level 1.5", () => maxCode(1.5), "LEVEL_INVALID", "got 1.5."],
    ["level '1'", () => maxCode(untyped("1")), "LEVEL_INVALID", 'got "1".'],
    ["a deeper ancestor", () => ancestorAt(0n, 3, 4), "LEVEL_INVALID", "from 0 to 3, got 4."],
    ["a higher descendant", () => firstDescendant(0n, 3, 2), "LEVEL_INVALID", "level 3 to 26, got"],
    ["level 27 below", () => lastDescendant(0n, 3, 27), "LEVEL_INVALID", "deeperLevel must be"],
    ["a large tile", () => codeOf(2n ** 63n, 0), "CODE_OUT_OF_RANGE", "tile must be from 0 to"],
    ["a large cell", () => codeOf(0n, 32768), "CODE_OUT_OF_RANGE", "0 to 32767, got 32768."],
    ["half a cell", () => codeOf(0n, 0.5), "CODE_OUT_OF_RANGE", "cell must be an integer"],
    ["a bigint cell", () => codeOf(0n, untyped(1n)), "ARG_TYPE", "cell must be a number, got 1n."],
    [
      "a large index",
      () => codeOfIndices(0, 8, 0, 3),
      "CODE_OUT_OF_RANGE",
      "iy must be an integer",
    ],
    ["index -1", () => codeOfIndices(-1, 0, 0, 3), "CODE_OUT_OF_RANGE", "ix must be an integer"],
    [
      "index NaN",
      () => codeOfIndices(0, 0, Number.NaN, 3),
      "CODE_OUT_OF_RANGE",
      "iz must be an integer",
    ],
    [
      "a bigint index",
      () => codeOfIndices(0, 0, untyped(1n), 3),
      "ARG_TYPE",
      "iz must be a number",
    ],
  ])("name what came: %s", (_case, act, code, message) => {
    const error = refusalOf(act);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});
