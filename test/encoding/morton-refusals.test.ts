import { describe, expect, it } from "vitest";
import {
  decode,
  decodeAsync,
  decodeTiles,
  decodeTilesAsync,
  encode,
  encodeAsync,
  encodeTiles,
  encodeTilesAsync,
} from "../../src/index.js";
import { type BatchCall, describeArrays } from "../support/array-checks.js";
import { refusalOf } from "../support/refusal-of.js";
import { rejectionOf } from "../support/rejection-of.js";

const points = () => ({
  x: Float64Array.of(1e6, 2e6, 3e6),
  y: Float64Array.of(-1e6, 99e6, 0),
  z: Float64Array.of(5, 6, 7),
});
const level = () => ({ level: Uint8Array.of(3, 4, 21) });
const interleaved = () => ({ xyz: Float64Array.of(1e6, 2e6, 3e6, 4e6, 5e6, 6e6, 7e6, 8e6, 9e6) });
const outCodes = () => ({ "out.codes": new BigUint64Array(3), "out.status": new Uint8Array(3) });
const outTiles = () => ({
  "out.tiles": new BigUint64Array(3),
  "out.cells": new Uint16Array(3),
  "out.status": new Uint8Array(3),
});
const outPoints = () => ({
  "out.x": new Float64Array(3),
  "out.y": new Float64Array(3),
  "out.z": new Float64Array(3),
  "out.status": new Uint8Array(3),
});
const codes = () => ({ codes: BigUint64Array.of(511n, 4096n, 77n) });
const tiles = () => ({
  tiles: BigUint64Array.of(0n, 0n, 12n),
  cells: Uint16Array.of(511, 4096, 32767),
});

type Pick = (name: string) => never;
const xyzOf = (at: Pick) => ({ x: at("x"), y: at("y"), z: at("z") });
const codesOut = (at: Pick) => ({ out: { codes: at("out.codes"), status: at("out.status") } });
const tilesOut = (at: Pick) => ({
  out: { tiles: at("out.tiles"), cells: at("out.cells"), status: at("out.status") },
});
const pointsOut = (at: Pick) => ({
  out: { x: at("out.x"), y: at("out.y"), z: at("out.z"), status: at("out.status") },
});

const calls: readonly BatchCall[] = [
  {
    name: "encode, outputs made",
    make: () => ({ ...points(), ...level() }),
    run: (at) => encode(xyzOf(at), at("level")),
    runAsync: (at) => encodeAsync(xyzOf(at), at("level")),
  },
  {
    name: "encode into outputs",
    make: () => ({ ...points(), ...level(), ...outCodes() }),
    run: (at) => encode(xyzOf(at), at("level"), codesOut(at)),
    runAsync: (at) => encodeAsync(xyzOf(at), at("level"), codesOut(at)),
  },
  {
    name: "encode of interleaved points",
    make: () => ({ ...interleaved(), ...level(), ...outCodes() }),
    run: (at) => encode({ xyz: at("xyz") }, at("level"), codesOut(at)),
    runAsync: (at) => encodeAsync({ xyz: at("xyz") }, at("level"), codesOut(at)),
  },
  {
    name: "encodeTiles of interleaved points, outputs made",
    make: () => ({ ...interleaved(), ...level() }),
    run: (at) => encodeTiles({ xyz: at("xyz") }, at("level")),
    runAsync: (at) => encodeTilesAsync({ xyz: at("xyz") }, at("level")),
  },
  {
    name: "encodeTiles into outputs",
    make: () => ({ ...points(), ...level(), ...outTiles() }),
    run: (at) => encodeTiles(xyzOf(at), at("level"), tilesOut(at)),
    runAsync: (at) => encodeTilesAsync(xyzOf(at), at("level"), tilesOut(at)),
  },
  {
    name: "decode, outputs made",
    make: () => ({ ...codes(), ...level() }),
    run: (at) => decode(at("codes"), at("level")),
    runAsync: (at) => decodeAsync(at("codes"), at("level")),
  },
  {
    name: "decode into outputs",
    make: () => ({ ...codes(), ...level(), ...outPoints() }),
    run: (at) => decode(at("codes"), at("level"), pointsOut(at)),
    runAsync: (at) => decodeAsync(at("codes"), at("level"), pointsOut(at)),
  },
  {
    name: "decodeTiles, outputs made",
    make: () => ({ ...tiles(), ...level() }),
    run: (at) => decodeTiles(at("tiles"), at("cells"), at("level")),
    runAsync: (at) => decodeTilesAsync(at("tiles"), at("cells"), at("level")),
  },
  {
    name: "decodeTiles into outputs",
    make: () => ({ ...tiles(), ...level(), ...outPoints() }),
    run: (at) => decodeTiles(at("tiles"), at("cells"), at("level"), pointsOut(at)),
    runAsync: (at) => decodeTilesAsync(at("tiles"), at("cells"), at("level"), pointsOut(at)),
  },
];

for (const call of calls) describeArrays({ ...call, levels: ["level"] });

const untyped = (value: unknown) => value as never;

describe("arrays of other eight-byte elements", () => {
  it("are no codes, with outputs made or given", () => {
    const given = { out: decode(new BigUint64Array(1), 3) };
    for (const wrong of [BigInt64Array.of(1n), Float64Array.of(1)]) {
      for (const options of [{}, given]) {
        expect(refusalOf(() => decode(untyped(wrong), 3, options))).toMatchObject({
          code: "ARG_TYPE",
          message: expect.stringMatching(/^codes must be a BigUint64Array, got (Big|Float)/),
        });
      }
      const out = { codes: untyped(wrong), status: new Uint8Array(1) };
      const refusal = refusalOf(() => encode({ xyz: new Float64Array(3) }, 3, { out }));
      expect(refusal.code).toBe("ARG_TYPE");
    }
  });
});

describe("levels", () => {
  const bad: readonly unknown[] = [-1, 27, 255, 1.5, Number.NaN, -0.5, "3", 3n, undefined];

  it.each(bad)("%s for all rows is refused", async (value) => {
    const xyz = { xyz: new Float64Array(3) };
    const tile = new BigUint64Array(1);
    const acts: (() => unknown)[] = [
      () => encode(xyz, untyped(value)),
      () => encode(xyz, untyped(value), { out: encode(xyz, 0) }),
      () => encodeTiles(xyz, untyped(value)),
      () => decode(tile, untyped(value)),
      () => decodeTiles(tile, new Uint16Array(1), untyped(value)),
    ];
    for (const act of acts) {
      const { code, message } = refusalOf(act);
      expect(code).toBe("LEVEL_INVALID");
      expect(message).toMatch(/^level must be an integer from 0 to 2[16], got /);
    }
    expect((await rejectionOf(encodeAsync(xyz, untyped(value)))).code).toBe("LEVEL_INVALID");
  });

  it("of whole codes end at 21, of tiles at 26", () => {
    const xyz = { xyz: new Float64Array(3) };
    expect(refusalOf(() => encode(xyz, 22)).message).toContain("from 0 to 21, got 22.");
    expect(refusalOf(() => decode(new BigUint64Array(1), 22)).code).toBe("LEVEL_INVALID");
    expect(encode(xyz, 21).rejected).toBe(0);
    expect(encodeTiles(xyz, 26).rejected).toBe(0);
  });

  it("null is no level", () => {
    const xyz = { xyz: new Float64Array(3) };
    for (const options of [{}, { out: encode(xyz, 0) }]) {
      const { code, message } = refusalOf(() => encode(xyz, untyped(null), options));
      expect(code).toBe("ARG_TYPE");
      expect(message).toMatch(/^level must be a Uint8Array, got null\./);
    }
  });
});

describe("other arguments", () => {
  const xyz = new Float64Array(6);
  const out = { codes: new BigUint64Array(1), status: new Uint8Array(1) };
  const code = BigUint64Array.of(0n);

  it.each<[string, () => unknown, string, string]>([
    ["no points", () => encode(untyped(undefined), 3), "ARG_TYPE", "points must be {x, y, z}"],
    ["null", () => encode(untyped(null), 3, { out }), "ARG_TYPE", "got null"],
    ["stride 2", () => encode({ xyz, stride: 2 }, 3), "ARG_RANGE", "from 3 to 1048576, got 2"],
    ["stride 3.5", () => encode({ xyz, stride: 3.5 }, 3, { out }), "ARG_RANGE", "got 3.5"],
    [
      "a huge stride",
      () => encode({ xyz, stride: 2 ** 20 + 1 }, 3, { out }),
      "ARG_RANGE",
      "stride",
    ],
    ["stride '4'", () => encode({ xyz, stride: untyped("4") }, 3), "ARG_RANGE", 'got "4"'],
    ["half a point", () => encode({ xyz, stride: 4 }, 3), "ARG_LENGTH", "6 elements, 2 of them"],
    ["half a point", () => encode({ xyz, stride: 5 }, 3, { out }), "ARG_LENGTH", "1 of them"],
    ["a frame's name", () => encode({ xyz }, 3, { frame: untyped("x") }), "FRAME_INVALID", '"x"'],
    ["a corner", () => decode(code, 3, { corner: untyped("mid") }), "ARG_RANGE", 'got "mid"'],
    ["no corner", () => decode(code, 3, { corner: untyped(null) }), "ARG_RANGE", "got null"],
  ])("%s", (_case, act, stableCode, message) => {
    const error = refusalOf(act);
    expect(error.code).toBe(stableCode);
    expect(error.message).toContain(message);
  });

  it("share memory as they like among inputs", () => {
    const same = Float64Array.of(1, 2, 3);
    expect(encode({ x: same, y: same, z: same }, 21).rejected).toBe(0);
    const separate = encode({ x: same, y: same.slice(), z: same.slice() }, 21);
    expect(encode({ x: same, y: same, z: same }, 21)).toEqual(separate);
  });
});
