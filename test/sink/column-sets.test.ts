import { describe, expect, it } from "vitest";
import { numberColumnSets } from "../../src/sink/column-sets.js";

const a = [{ name: "owner", declaredType: "TEXT" }];
const b = [{ name: "owner", declaredType: "" }];
const c = [...a, ...b];

describe("numberColumnSets", () => {
  it("numbers from 1, equal columns alike, none as undefined", () => {
    const numbers = numberColumnSets([a, [], b, a], []).map((set) => set?.number);
    expect(numbers).toEqual([1, undefined, 2, 1]);
  });

  it("keeps the numbers a target knows and reuses none for other columns", () => {
    const recorded = [{ number: 7, columns: b }];
    expect(numberColumnSets([a, b], [recorded])).toEqual([
      { number: 8, columns: a },
      { number: 7, columns: b },
    ]);
  });

  it("finds numbers that fit several targets", () => {
    const one = [{ number: 1, columns: a }];
    const two = [
      { number: 1, columns: b },
      { number: 2, columns: c },
    ];
    expect(numberColumnSets([a, b, c], [one, two]).map((set) => set?.number)).toEqual([3, 4, 2]);
  });
});
