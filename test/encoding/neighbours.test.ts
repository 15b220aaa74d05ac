import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOfIndices, indicesOf, maxCode } from "../../src/encoding/cell.js";
import { type Connectivity, neighbour, neighbours } from "../../src/encoding/neighbours.js";
import { refusalOf } from "../support/refusal-of.js";

const seed = 20_240_503;

const anyCell = fc
  .integer({ min: 0, max: 26 })
  .chain((level) => fc.tuple(fc.bigInt(0n, maxCode(level)), fc.constant(level)));

const connectivities: readonly Connectivity[] = [6, 18, 26];

/** Looks at every cell of the level and keeps those near enough. */
function oracleNeighbours(code: bigint, level: number, connectivity: Connectivity): bigint[] {
  const here = indicesOf(code, level);
  const found: bigint[] = [];
  for (let other = 0n; other <= maxCode(level); other++) {
    const steps = indicesOf(other, level).map((index, axis) => Math.abs(index - (here[axis] ?? 0)));
    const sum = steps.reduce((total, step) => total + step, 0);
    if (other !== code && Math.max(...steps) === 1 && sum <= { 6: 1, 18: 2, 26: 3 }[connectivity]) {
      found.push(other);
    }
  }
  return found;
}

describe("neighbour", () => {
  it("moves along each axis and back", () => {
    const step = fc.integer({ min: -3, max: 3 });
    fc.assert(
      fc.property(anyCell, step, step, step, ([code, level], dx, dy, dz) => {
        const [ix, iy, iz] = indicesOf(code, level);
        const moved = [ix + dx, iy + dy, iz + dz] as const;
        const inside = moved.every((index) => index >= 0 && index < 2 ** level);
        const other = neighbour(code, level, dx, dy, dz);
        expect(other).toBe(inside ? codeOfIndices(...moved, level) : undefined);
        if (other !== undefined) expect(neighbour(other, level, -dx, -dy, -dz)).toBe(code);
      }),
      { seed, numRuns: 1000 },
    );
  });

  it("ends at the frame's faces", () => {
    expect(neighbour(0n, 0, 1, 0, 0)).toBeUndefined();
    expect(neighbour(0n, 26, -1, 0, 0)).toBeUndefined();
    expect(neighbour(maxCode(26), 26, 0, 0, 1)).toBeUndefined();
    expect(neighbour(0n, 26, Number.MAX_SAFE_INTEGER, 0, 0)).toBeUndefined();
    expect(neighbour(0n, 26, 2 ** 26 - 1, 0, 0)).toBe(codeOfIndices(2 ** 26 - 1, 0, 0, 26));
  });

  it("refuses steps that are no integers", () => {
    const half = refusalOf(() => neighbour(0n, 3, 0.5, 0, 0));
    expect(half.code).toBe("ARG_RANGE");
    expect(half.message).toContain("dx must be an integer, got 0.5.");
    const missing = refusalOf(() => neighbour(0n, 3, 0, 0, undefined as never));
    expect(missing.code).toBe("ARG_TYPE");
    expect(missing.message).toContain("dz must be an integer, got undefined.");
  });
});

describe("neighbours", () => {
  it("are those that looking at every cell finds", () => {
    for (const connectivity of connectivities) {
      for (const level of [0, 1, 2, 3]) {
        for (let code = 0n; code <= maxCode(level); code += level === 3 ? 7n : 1n) {
          expect(neighbours(code, level, { connectivity })).toEqual(
            oracleNeighbours(code, level, connectivity),
          );
        }
      }
    }
  });

  it("are ascending, mutual, and 26 away from the frame's faces", () => {
    fc.assert(
      fc.property(anyCell, ([code, level]) => {
        const around = neighbours(code, level);
        expect(around).toEqual([...new Set(around)].sort((a, b) => (a < b ? -1 : 1)));
        for (const other of around) expect(neighbours(other, level)).toContain(code);
        const last = 2 ** level - 1;
        const inner = indicesOf(code, level).every((index) => index > 0 && index < last);
        if (inner) expect(around).toHaveLength(26);
      }),
      { seed },
    );
    expect(neighbours(0n, 26)).toHaveLength(7);
    expect(neighbours(0n, 26, { connectivity: 18 })).toHaveLength(6);
    expect(neighbours(0n, 26, { connectivity: 6 })).toEqual([1n, 2n, 4n]);
  });

  it("refuse another connectivity", () => {
    for (const connectivity of [8, "6", null]) {
      const error = refusalOf(() => neighbours(0n, 3, { connectivity: connectivity as never }));
      expect(error.code).toBe("ARG_RANGE");
      expect(error.message).toContain("connectivity must be 6, 18 or 26, got ");
    }
    expect(refusalOf(() => neighbours(9n, 1)).code).toBe("CODE_OUT_OF_RANGE");
  });
});
