import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float32Text, parseFraction, parseInteger } from "../../src/cache/decimal-text.js";
import { seed } from "../support/seed.js";

const fraction = fc
  .float({ min: 0, max: 1, noNaN: true, minExcluded: true })
  .filter((value) => value > 0);

describe("homogeneity as text", () => {
  it("reads back as the same float32, and no shorter text does", () => {
    fc.assert(
      fc.property(fraction, (value) => {
        const text = float32Text(value);
        expect(parseFraction(text)).toBe(value);
        const digits = text
          .replace(/e.*$/, "")
          .replace(/^0\.0*/, "")
          .replace(".", "").length;
        for (let fewer = 1; fewer < digits; fewer += 1) {
          expect(Math.fround(Number(value.toPrecision(fewer)))).not.toBe(value);
        }
      }),
      { seed, numRuns: 2000 },
    );
  });

  it.each([
    [1, "1"],
    [0.5, "0.5"],
    [Math.fround(1 / 3), "0.33333334"],
    [Math.fround(1e-6), "0.000001"],
    [Math.fround(1e-7), "1e-7"],
    [Math.fround(1.5e-7), "1.5e-7"],
    [2 ** -149, "1e-45"],
  ])("%f is %s", (value, text) => {
    expect(float32Text(value)).toBe(text);
    expect(parseFraction(text)).toBe(value);
  });

  it.each([
    ...["", "0", "0.0", "-0.5", "1.5", "2", "1.0", "0.50", ".5", "0.5 ", " 0.5", "+0.5", "1e0"],
    ...["0.5f", "5e-1x", "NaN", "Infinity", "1e-99", "0x1", "1e-7e-7", `0.${"1".repeat(40)}`],
  ])("%j is none", (text) => {
    expect(parseFraction(text)).toBeUndefined();
  });
});

describe("an integer as text", () => {
  it("is read where it is within bounds", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(parseInteger(String(value), -(2n ** 63n), 2n ** 63n - 1n)).toBe(value);
        expect(parseInteger(String(value), value + 1n, 2n ** 63n)).toBeUndefined();
      }),
      { seed },
    );
  });

  it.each([
    "",
    "-",
    "-0",
    "00",
    "01",
    "+1",
    "1.0",
    "1e3",
    " 1",
    "1\n",
    "0x1",
    "１",
    "9".repeat(40),
  ])("%j is none", (text) => {
    expect(parseInteger(text, -(2n ** 200n), 2n ** 200n)).toBeUndefined();
  });
});
