import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/encoding/kernel.js";
import {
  decodeCall,
  encodeCall,
  encodeTilesCall,
  runCall,
} from "../../src/encoding/morton-call.js";
import { type Frame, frames, rowStatus, type Triple } from "../../src/index.js";
import { crooked, strangeNumbers } from "../support/arbitrary-points.js";
import { stepped } from "../support/doubles.js";
import { engines } from "../support/kernels.js";
import { fractionOf, isInside, oracleDecode, oracleEncode } from "../support/morton-oracle.js";

const noCode = 2n ** 64n - 1n;
const noCell = 65_535;
const axes = [0, 1, 2] as const;

/** One coordinate replaced, in the middle of the frame otherwise. */
function withCoordinate(frame: Frame, axis: 0 | 1 | 2, value: number): Triple {
  const middle = axes.map((i) => frame.min[i] + frame.size[i] / 2);
  const at = (i: 0 | 1 | 2) => (i === axis ? value : (middle[i] ?? 0));
  return [at(0), at(1), at(2)];
}

/** Encodes at one level, in both forms, and checks each row against the oracle. */
function checkRows(on: Engine, frame: Frame, points: readonly Triple[], level: number): void {
  const xyz = Float64Array.from(points.flat());
  const expected = points.map((point) => oracleEncode(frame, point, level, 26));
  const tiles = runCall(on, encodeTilesCall({ xyz }, level, { frame }));
  expect([...tiles.status]).toEqual(expected.map(({ status }) => status));
  const keys = expected.map(({ code }) =>
    code === undefined ? [noCode, noCell] : [code >> 15n, Number(code & 0x7fffn)],
  );
  expect(points.map((_, row) => [tiles.tiles[row], tiles.cells[row]])).toEqual(keys);
  if (level > 21) return;
  const whole = runCall(on, encodeCall({ xyz }, level, { frame }));
  expect([...whole.codes]).toEqual(expected.map(({ code }) => code ?? noCode));
  expect(whole.status).toEqual(tiles.status);
}

describe("the faces of a frame", () => {
  /** Both faces of each axis, and the doubles next to them. */
  function facePoints(frame: Frame): { readonly point: Triple; readonly inside: boolean }[] {
    return axes.flatMap((axis) =>
      [frame.min[axis], frame.min[axis] + frame.size[axis]].flatMap((face) =>
        [-2, -1, 0, 1, 2].map((ulps) => {
          const value = stepped(face, ulps);
          const inside = isInside(fractionOf(frame, axis, value));
          return { point: withCoordinate(frame, axis, value), inside };
        }),
      ),
    );
  }

  it.each([frames.centred, frames.bluemarble, crooked])(
    "$name: some ulps fall outside",
    (frame) => {
      const points = facePoints(frame);
      expect(points).toHaveLength(30);
      // The faces themselves, and half of their neighbours unless rounding takes them in.
      const inside = points.filter((point) => point.inside).length;
      expect(inside).toBeGreaterThanOrEqual(18);
      expect(inside).toBeLessThan(30);
    },
  );

  it("keep what is an ulp below the lowest face out, in every kernel", () => {
    const below = stepped(-20e6, -1);
    for (const { on } of engines) {
      const points = { xyz: Float64Array.of(-20e6, 0, 0, below, 0, 0) };
      const { codes, status } = runCall(on, encodeCall(points, 1, {}));
      expect([...codes]).toEqual([6n, noCode]);
      expect([...status]).toEqual([0, rowStatus.xOutside]);
    }
  });

  it.each(engines)("are judged by t alone: $name", ({ on }) => {
    for (const frame of [frames.centred, frames.bluemarble, crooked]) {
      const points = facePoints(frame).map(({ point }) => point);
      for (const level of [0, 1, 21, 26]) checkRows(on, frame, points, level);
    }
  });
});

describe.each(engines)("kernel $name", ({ on }) => {
  it("refuses NaN and infinities, and takes -0 and denormals as numbers", () => {
    for (const frame of [frames.centred, frames.bluemarble, crooked]) {
      const points = axes.flatMap((axis) =>
        strangeNumbers.map((value) => withCoordinate(frame, axis, value)),
      );
      for (const level of [0, 7, 26]) checkRows(on, frame, points, level);
    }
    const zeros = Float64Array.of(0, 0, 0, -0, -0, -0, 5e-324, 5e-324, 5e-324);
    const { bluemarble } = frames;
    const { codes } = runCall(on, encodeCall({ xyz: zeros }, 21, { frame: bluemarble }));
    expect([...codes]).toEqual([0n, 0n, 0n]);
    const below = Float64Array.of(-5e-324, -5e-324, -5e-324);
    // Less than nothing: -5e-324 / 4e7 rounds to -0, which is not below 0.
    const { status } = runCall(on, encodeCall({ xyz: below }, 21, { frame: bluemarble }));
    expect([...status]).toEqual([0]);
  });

  it("names every axis that is outside, and the level, in one status", () => {
    const out = 99e9;
    const combinations = Array.from({ length: 16 }, (_, bits) => ({
      point: [bits & 1 ? out : 0, bits & 2 ? Number.NaN : 0, bits & 4 ? -out : 0],
      level: bits & 8 ? 27 : 5,
      bits,
    }));
    const xyz = Float64Array.from(combinations.flatMap(({ point }) => point));
    const level = Uint8Array.from(combinations, (row) => row.level);
    const made = runCall(on, encodeTilesCall({ xyz }, level, {}));
    expect([...made.status]).toEqual(combinations.map(({ bits }) => bits));
    expect(made.rejected).toBe(15);
  });

  it("gives no bad row a plausible code, and stops at none", () => {
    const count = 1000;
    const bad = (row: number) => row % 3 === 1;
    const x = Float64Array.from({ length: count }, (_, row) => (bad(row) ? 21e6 : row));
    const zero = new Float64Array(count);
    const made = runCall(on, encodeTilesCall({ x, y: zero, z: zero }, 26, {}));
    const whole = runCall(on, encodeCall({ x, y: zero, z: zero }, 21, {}));
    expect(made.rejected).toBe(333);
    for (let row = 0; row < count; row += 1) {
      expect(made.tiles[row] === noCode).toBe(bad(row));
      expect(made.cells[row] === noCell).toBe(bad(row));
      expect(whole.codes[row] === noCode).toBe(bad(row));
    }
    const back = runCall(on, decodeCall({ tiles: made.tiles, cells: made.cells }, 26, {}));
    expect(back.rejected).toBe(333);
    for (let row = 0; row < count; row += 1) {
      for (const axis of [back.x, back.y, back.z]) expect(Number.isNaN(axis[row])).toBe(bad(row));
      expect(back.status[row]).toBe(bad(row) ? rowStatus.badCode : rowStatus.ok);
    }
  });

  it("takes each level a row by itself, up to 21 for whole codes and 26 for tiles", () => {
    const level = Uint8Array.from({ length: 256 }, (_, i) => i);
    const xyz = new Float64Array(3 * 256);
    const whole = runCall(on, encodeCall({ xyz }, level, {}));
    const tiles = runCall(on, encodeTilesCall({ xyz }, level, {}));
    const expected = (max: number) =>
      [...level].map((value) => (value > max ? rowStatus.badLevel : rowStatus.ok));
    expect([...whole.status]).toEqual(expected(21));
    expect([...tiles.status]).toEqual(expected(26));
    const codes = new BigUint64Array(256);
    const cells = new Uint16Array(256);
    expect([...runCall(on, decodeCall({ codes }, level, {})).status]).toEqual(expected(21));
    const back = runCall(on, decodeCall({ tiles: codes, cells }, level, {}));
    expect([...back.status]).toEqual(expected(26));
  });

  it("refuses the first code above its level, at every level", () => {
    for (let level = 0; level <= 26; level += 1) {
      const top = 8n ** BigInt(level);
      const keys = [0n, top - 1n, top, 2n ** 78n - 1n, 2n ** 79n - 1n];
      const tiles = BigUint64Array.from(keys, (code) => code >> 15n);
      const cells = Uint16Array.from(keys, (code) => Number(code & 0x7fffn));
      const made = runCall(on, decodeCall({ tiles, cells }, level, { corner: "max" }));
      const oracle = keys.map((_, row) =>
        oracleDecode(frames.centred, { tile: tiles[row] ?? 0n, cell: cells[row] ?? 0 }, level, {
          corner: "max",
          maxLevel: 26,
        }),
      );
      expect([...made.status]).toEqual(oracle.map(({ status }) => status));
      expect([...made.status].slice(0, 3)).toEqual([0, 0, 16]);
      expect([...made.x]).toEqual(oracle.map(({ point }) => point[0]));
      if (level > 21) continue;
      const codes = BigUint64Array.of(0n, top - 1n, top, 2n ** 63n, 2n ** 64n - 1n);
      const whole = runCall(on, decodeCall({ codes }, level, {}));
      expect([...whole.status]).toEqual([0, 0, 16, 16, 16]);
    }
  });

  it("refuses the sixteenth bit of a cell", () => {
    const tiles = new BigUint64Array(2);
    const cells = Uint16Array.of(0x7fff, 0x8000);
    const { status } = runCall(on, decodeCall({ tiles, cells }, 26, {}));
    expect([...status]).toEqual([0, rowStatus.badCode]);
  });
});

describe("2^24 points in one batch", () => {
  it("get the codes that each of them gets alone", () => {
    const count = 2 ** 24;
    const golden = 0.618_033_988_749_894_9;
    const x = new Float64Array(count);
    for (let row = 0; row < count; row += 1) x[row] = (((row * golden) % 1) - 0.5) * 20e6;
    const every = 2 ** 20;
    for (let row = every - 1; row < count; row += every) x[row] = Number.NaN;
    const on = engines[0]?.on;
    if (on === undefined) throw new Error("no kernel runs here");
    const { codes, status, rejected } = runCall(on, encodeCall({ x, y: x, z: x }, 21, {}));
    expect(rejected).toBe(16);
    for (let row = 0; row < count; row += 16_381) {
      const value = x[row] ?? 0;
      const { code } = oracleEncode(frames.centred, [value, value, value], 21, 21);
      expect(codes[row]).toBe(code ?? noCode);
    }
    expect(status[count - 1]).toBe(rowStatus.xOutside | rowStatus.yOutside | rowStatus.zOutside);
    expect(codes[count - 1]).toBe(noCode);
    expect(codes[count - 2]).not.toBe(noCode);
  });
});
