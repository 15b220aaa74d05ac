import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CellName,
  findOverlap,
  requireNoOverlap,
  type TopmostCells,
} from "../../src/sink/topmost-cells.js";
import { refusalOf } from "../support/refusal-of.js";
import { runs } from "../support/seed.js";

/** One of the cells lies in the other, or they are the same. */
function areRelated([level, code]: CellName, [otherLevel, otherCode]: CellName): boolean {
  const shared = Math.min(level, otherLevel);
  const at = (own: number, text: string) => BigInt(text) / 8n ** BigInt(own - shared);
  return at(level, code) === at(otherLevel, otherCode);
}

/** Those that lie in no other, each once, in any order. */
function apart(cells: readonly CellName[]): CellName[] {
  return cells.filter((cell, i) => {
    return !cells.some((other, j) => {
      return areRelated(cell, other) && (other[0] < cell[0] || (other[0] === cell[0] && j < i));
    });
  });
}

/** As native/derive/topmost_cells.h covers a source. */
function covered(cells: readonly CellName[], level: number): TopmostCells {
  const names = cells.map(([own, code]) => {
    const kept = Math.min(own, level);
    return `${kept} ${BigInt(code) / 8n ** BigInt(own - kept)}`;
  });
  const list = [...new Set(names)].map((name): CellName => {
    const [kept = "", code = ""] = name.split(" ");
    return [Number(kept), code];
  });
  return { cells: list, coarsenedTo: cells.some(([own]) => own > level) ? level : null };
}

/** Near each other, so that about half of the sources overlap. */
const cell = fc
  .tuple(
    fc.integer({ min: 0, max: 26 }),
    fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 5 }),
  )
  .map(([level, octants]): CellName => {
    const path = [...Array<number>(26).fill(3), ...octants].slice(-26).slice(0, level);
    return [level, String(path.reduce((code, octant) => code * 8n + BigInt(octant), 0n))];
  });
const scattered = fc
  .tuple(fc.integer({ min: 2, max: 26 }), fc.bigInt({ min: 0n, max: 8n ** 26n - 1n }))
  .map(([level, code]): CellName => [level, String(code >> BigInt(3 * (26 - level)))]);
const source = fc.array(fc.oneof(cell, scattered), { maxLength: 12 }).map(apart);

describe("two sources", () => {
  it("overlap where a cell of one is, holds or lies in a cell of the other", () => {
    fc.assert(
      fc.property(source, source, (one, other) => {
        const found = findOverlap(
          { cells: one, coarsenedTo: null },
          { cells: other, coarsenedTo: null },
        );
        const pairs = one.flatMap((a) => other.filter((b) => areRelated(a, b)).map((b) => [a, b]));
        if (pairs.length === 0) return found === undefined;
        const isPair = pairs.some(([a, b]) => a === found?.one && b === found?.other);
        return isPair && found?.isCertain === true;
      }),
      runs(2000),
    );
  });

  it("that are only known by covers may overlap where these do, and else do not", () => {
    const level = fc.integer({ min: 0, max: 26 });
    fc.assert(
      fc.property(source, source, level, level, (one, other, a, b) => {
        const found = findOverlap(covered(one, a), covered(other, b));
        const overlaps = one.some((mine) => other.some((theirs) => areRelated(mine, theirs)));
        if (overlaps) expect(found).toBeDefined();
        if (found?.isCertain === true) expect(overlaps).toBe(true);
      }),
      runs(2000),
    );
  });
});

describe("a source to be added", () => {
  const exact = (...cells: CellName[]): TopmostCells => ({ cells, coarsenedTo: null });
  const west = { name: "west", topmost: exact([1, "0"], [3, "500"]) };
  const refusal = (topmost: TopmostCells, name = "east", recorded: TopmostCells = west.topmost) =>
    refusalOf(() =>
      requireNoOverlap("sqlite:a", [{ ...west, topmost: recorded }], { name, topmost }),
    );

  it("is refused with both sources and cells named", () => {
    const cases: [TopmostCells, string][] = [
      [exact([2, "5"]), "whose cell 0 of level 1 lies around cell 5 of level 2"],
      [exact([1, "0"]), "whose cell 0 of level 1 is the same as cell 0 of level 1"],
      [exact([1, "4"], [2, "62"]), "whose cell 500 of level 3 lies in cell 62 of level 2"],
    ];
    for (const [topmost, cells] of cases) {
      const { code, fault } = refusal(topmost);
      expect([code, fault]).toEqual([
        "SOURCE_OVERLAP",
        `sqlite:a holds the source "west", ${cells} of "east"`,
      ]);
    }
    const { fault } = refusal({ cells: [[2, "62"]], coarsenedTo: 2 });
    expect(fault).toMatch(/lies in cell 62 of level 2 of "east": they may overlap/);
  });

  it("is compared neither with itself nor with one that has no rows there", () => {
    const east = { name: "east", topmost: exact([2, "5"]) };
    expect(() => requireNoOverlap("a", [west], { ...east, name: "west" })).not.toThrow();
    expect(() => requireNoOverlap("a", [{ name: "west", topmost: null }], east)).not.toThrow();
    expect(() =>
      requireNoOverlap("a", [west], { ...east, topmost: exact([2, "8"]) }),
    ).not.toThrow();
  });
});
