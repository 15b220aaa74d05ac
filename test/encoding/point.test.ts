import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCode, encodePoint, type FrameSpec, frames } from "../../src/index.js";
import { anyPoint, crooked } from "../support/arbitrary-points.js";
import { bitsOf } from "../support/doubles.js";
import { oracleDecode, oracleEncode } from "../support/morton-oracle.js";
import { refusalOf } from "../support/refusal-of.js";
import { runs } from "../support/seed.js";

const anyLevel = fc.integer({ min: 0, max: 26 });
const anyFrame = fc.constantFrom(frames.centred, frames.bluemarble, crooked);
const untyped = (value: unknown) => value as never;

describe("encodePoint", () => {
  it("gives the oracle's code, or names every axis that is outside", () => {
    const cases = fc
      .tuple(anyFrame, anyLevel)
      .chain(([frame, level]) =>
        fc.record({ frame: fc.constant(frame), level: fc.constant(level), point: anyPoint(frame) }),
      );
    let refused = 0;
    fc.assert(
      fc.property(cases, ({ frame, level, point }) => {
        const { code, status } = oracleEncode(frame, point, level, 26);
        if (code !== undefined) {
          expect(encodePoint(...point, level, frame)).toBe(code);
          return;
        }
        refused += 1;
        const error = refusalOf(() => encodePoint(...point, level, frame));
        expect(error.code).toBe("OUT_OF_FRAME");
        for (const [axis, name] of ["x", "y", "z"].entries()) {
          const named = new RegExp(`(^|; )${name} (= |is not)`).test(error.message);
          expect(named, error.message).toBe((status >> axis) % 2 === 1);
        }
      }),
      runs(1000),
    );
    expect(refused).toBeGreaterThan(100);
    expect(refused).toBeLessThan(900);
  });

  it("says value, interval and frame of what is outside", () => {
    const { message } = refusalOf(() => encodePoint(21e6, Number.NaN, 0, 5));
    expect(message).toContain(
      'x = 21000000 is outside: frame "centred" reaches from -20000000 to 20000000 metres',
    );
    expect(message).toContain('y is not a number (NaN); frame "centred" reaches from');
    expect(message).not.toContain("z =");
  });

  it("takes centred as its frame", () => {
    expect(encodePoint(0, 0, 0, 1)).toBe(7n);
    expect(encodePoint(0, 0, 0, 1, frames.bluemarble)).toBe(0n);
    expect(encodePoint(20e6, 10e6, 10e6, 26)).toBe(2n ** 78n - 1n);
  });

  it.each<[string, () => unknown, string, string]>([
    ["text", () => encodePoint(untyped("1"), 0, 0, 1), "ARG_TYPE", 'x must be a number, got "1"'],
    ["a bigint", () => encodePoint(0, 0, untyped(1n), 1), "ARG_TYPE", "z must be a number, got 1n"],
    ["level 27", () => encodePoint(0, 0, 0, 27), "LEVEL_INVALID", "from 0 to 26, got 27"],
    ["level 1.5", () => encodePoint(0, 0, 0, 1.5), "LEVEL_INVALID", "got 1.5"],
    ["no level", () => encodePoint(0, 0, 0, untyped(undefined)), "LEVEL_INVALID", "undefined"],
    ["a frame", () => encodePoint(0, 0, 0, 1, untyped({})), "FRAME_INVALID", "name is missing"],
  ])("refuses %s", (_case, act, code, message) => {
    const error = refusalOf(act);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

describe("decodeCode", () => {
  it("gives the oracle's three points, bit for bit", () => {
    const cases = anyLevel.chain((level) =>
      fc.tuple(fc.constant(level), fc.bigInt({ min: 0n, max: 8n ** BigInt(level) - 1n }), anyFrame),
    );
    fc.assert(
      fc.property(cases, ([level, code, frame]) => {
        const points = decodeCode(code, level, frame);
        const key = { tile: code >> 15n, cell: Number(code & 0x7fffn) };
        for (const corner of ["min", "center", "max"] as const) {
          const { point } = oracleDecode(frame, key, level, { corner, maxLevel: 26 });
          expect(points[corner].map(bitsOf)).toEqual(point.map(bitsOf));
        }
      }),
      runs(500),
    );
  });

  it("gives the world for the root", () => {
    expect(decodeCode(0n, 0)).toEqual({
      min: [-20e6, -10e6, -10e6],
      center: [0, 0, 0],
      max: [20e6, 10e6, 10e6],
    });
  });

  it.each<[string, () => unknown, string]>([
    ["a code above its level", () => decodeCode(8n, 1), "CODE_OUT_OF_RANGE"],
    ["a negative code", () => decodeCode(-1n, 26), "CODE_OUT_OF_RANGE"],
    ["79 bits", () => decodeCode(2n ** 78n, 26), "CODE_OUT_OF_RANGE"],
    ["a number", () => decodeCode(untyped(1), 1), "ARG_TYPE"],
    ["level 27", () => decodeCode(0n, 27), "LEVEL_INVALID"],
    ["a frame", () => decodeCode(0n, 1, { name: "" } as unknown as FrameSpec), "FRAME_INVALID"],
  ])("refuses %s", (_case, act, code) => {
    expect(refusalOf(act).code).toBe(code);
  });
});
