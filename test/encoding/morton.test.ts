import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Frame, frames } from "../../src/encoding/frame.js";
import type { Engine } from "../../src/encoding/kernel.js";
import { decode, decodeTiles, encode, encodeTiles } from "../../src/encoding/morton.js";
import {
  decodeCall,
  encodeCall,
  encodeTilesCall,
  runCall,
} from "../../src/encoding/morton-call.js";
import { anyPoint, crooked } from "../support/arbitrary-points.js";
import { bitsOf } from "../support/doubles.js";
import { describeKernels, engines } from "../support/kernels.js";
import {
  anyKeyBatch,
  anyPointBatch,
  cellsOf,
  expectPoints,
  type KeyBatch,
  levelsOf,
  oracleCodes,
  oraclePoints,
  type PointBatch,
  pointsOf,
  tilesOf,
} from "../support/morton-batches.js";
import { runs, seed } from "../support/seed.js";

const noCode = 2n ** 64n - 1n;
const noCell = 65_535;

beforeAll(() => console.info(`Morton batches: seed ${seed}; ${describeKernels()}`));

function checkWholeCodes(on: Engine, batch: PointBatch): void {
  const expected = oracleCodes(batch, 21);
  const made = runCall(on, encodeCall(pointsOf(batch), levelsOf(batch), { frame: batch.frame }));
  expect([...made.codes]).toEqual(expected.map(({ code }) => code ?? noCode));
  expect([...made.status]).toEqual(expected.map(({ status }) => status));
  expect(made.rejected).toBe(expected.filter(({ code }) => code === undefined).length);
}

function checkTiles(on: Engine, batch: PointBatch): void {
  const expected = oracleCodes(batch, 26);
  const made = runCall(
    on,
    encodeTilesCall(pointsOf(batch), levelsOf(batch), { frame: batch.frame }),
  );
  const tile = (code: bigint | undefined) => (code === undefined ? noCode : code / 32_768n);
  const cell = (code: bigint | undefined) => (code === undefined ? noCell : Number(code % 32_768n));
  expect([...made.tiles]).toEqual(expected.map(({ code }) => tile(code)));
  expect([...made.cells]).toEqual(expected.map(({ code }) => cell(code)));
  expect([...made.status]).toEqual(expected.map(({ status }) => status));
  expect(made.rejected).toBe(expected.filter(({ code }) => code === undefined).length);
}

/** Whole codes: those of the keys that 64 bits hold, and nothing else changes. */
function asWholeCodes(batch: KeyBatch): KeyBatch & { readonly codes: BigUint64Array } {
  const words = batch.rows.map(({ tile, cell }) =>
    BigInt.asUintN(64, (tile << 15n) + BigInt(cell)),
  );
  const rows = batch.rows.map(({ level }, i) => ({
    level,
    tile: (words[i] ?? 0n) >> 15n,
    cell: Number((words[i] ?? 0n) & 0x7fffn),
  }));
  return { ...batch, rows, codes: BigUint64Array.from(words) };
}

describe.each(engines)("kernel $name agrees with the oracle", ({ on }) => {
  it("encoding to whole codes", () => {
    fc.assert(
      fc.property(anyPointBatch, (batch) => checkWholeCodes(on, batch)),
      runs(200),
    );
  });

  it("encoding to tiles and cells, to level 26", () => {
    const deeper = fc
      .tuple(anyPointBatch, fc.integer({ min: 0, max: 26 }))
      .map(([batch, level]) =>
        batch.oneLevel === undefined ? batch : { ...batch, oneLevel: level },
      );
    fc.assert(
      fc.property(deeper, (batch) => checkTiles(on, batch)),
      runs(200),
    );
  });

  it("encoding more rows than a block of interleaved points holds", () => {
    const points = fc.sample(anyPoint(crooked), { seed, numRuns: 1300 });
    const rows = points.map((point, i) => ({ point, level: i % 28 }));
    for (const stride of [0, 3, 8]) {
      const batch = { frame: crooked, rows, oneLevel: undefined, stride, offset: 1 };
      checkWholeCodes(on, batch);
      checkTiles(on, batch);
      checkTiles(on, { ...batch, oneLevel: 26 });
    }
  });

  it("decoding whole codes, bit for bit", () => {
    fc.assert(
      fc.property(anyKeyBatch, (keys) => {
        const batch = asWholeCodes(keys);
        const { codes, frame, corner } = batch;
        const expected = oraclePoints(batch, 21);
        const made = runCall(on, decodeCall({ codes }, levelsOf(batch), { frame, corner }));
        expectPoints(made, expected);
        expect([...made.status]).toEqual(expected.map(({ status }) => status));
        expect(made.rejected).toBe(expected.filter(({ status }) => status !== 0).length);
      }),
      runs(200),
    );
  });

  it("decoding tiles and cells, bit for bit", () => {
    fc.assert(
      fc.property(anyKeyBatch, (batch) => {
        const { frame, corner } = batch;
        const expected = oraclePoints(batch, 26);
        const input = { tiles: tilesOf(batch), cells: cellsOf(batch) };
        const made = runCall(on, decodeCall(input, levelsOf(batch), { frame, corner }));
        expectPoints(made, expected);
        expect([...made.status]).toEqual(expected.map(({ status }) => status));
        expect(made.rejected).toBe(expected.filter(({ status }) => status !== 0).length);
      }),
      runs(200),
    );
  });

  it("gives a point's parent cell the code without its last three bits", () => {
    const frame = frames.bluemarble;
    const points = fc.array(anyPoint(frame), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 26 }), (rows, level) => {
        const xyz = Float64Array.from(rows.flat());
        const deep = runCall(on, encodeTilesCall({ xyz }, level, { frame }));
        const high = runCall(on, encodeTilesCall({ xyz }, level - 1, { frame }));
        expect(high.status).toEqual(deep.status);
        const whole = ({ tiles, cells }: typeof deep, row: number) =>
          ((tiles[row] ?? 0n) << 15n) | BigInt(cells[row] ?? 0);
        for (const [row, status] of deep.status.entries()) {
          if (status === 0) expect(whole(high, row)).toBe(whole(deep, row) >> 3n);
        }
      }),
      runs(100),
    );
  });

  it("finds a cell's centre in that cell again", () => {
    const code = fc.bigInt({ min: 0n, max: 8n ** 26n - 1n });
    const codes = fc.array(code, { minLength: 1, maxLength: 20 });
    const frame = fc.constantFrom(frames.centred, frames.bluemarble, crooked);
    fc.assert(
      fc.property(codes, fc.integer({ min: 0, max: 26 }), frame, (deep, level, box) => {
        const keys = deep.map((c) => c >> BigInt(3 * (26 - level)));
        const tiles = BigUint64Array.from(keys, (c) => c >> 15n);
        const cells = Uint16Array.from(keys, (c) => Number(c & 0x7fffn));
        const centres = runCall(on, decodeCall({ tiles, cells }, level, { frame: box }));
        const again = runCall(on, encodeTilesCall(centres, level, { frame: box }));
        expect(again.tiles).toEqual(tiles);
        expect(again.cells).toEqual(cells);
      }),
      runs(100),
    );
  });
});

describe("public functions", () => {
  const points = { x: Float64Array.of(1e6), y: Float64Array.of(-2e6), z: Float64Array.of(3e6) };

  it("take centred for the frame and center for the corner", () => {
    const { codes } = encode(points, 21);
    expect(codes).toEqual(encode(points, 21, { frame: frames.centred }).codes);
    expect(codes).not.toEqual(encode(points, 21, { frame: frames.bluemarble }).codes);
    expect(decode(codes, 21)).toEqual(decode(codes, 21, { corner: "center" }));
    expect(decode(codes, 21).x).not.toEqual(decode(codes, 21, { corner: "min" }).x);
  });

  it("take a frame in plain data", () => {
    const spec = { name: "plain", min: [0, -4e6, 0], size: [8e6, 8e6, 8e6] } as const;
    const { tiles, cells } = encodeTiles(points, 3, { frame: spec });
    expect([...tiles]).toEqual([0n]);
    // Indices 1, 2, 3: of each axis the low bit, then the next one.
    expect([...cells]).toEqual([0b110_101]);
    expect(decodeTiles(tiles, cells, 3, { frame: new Frame(spec), corner: "min" })).toMatchObject({
      x: Float64Array.of(1e6),
    });
  });

  it("fill the outputs they are given and return those", () => {
    const out = { codes: new BigUint64Array(1), status: Uint8Array.of(9) };
    const made = encode(points, 3, { out });
    expect(made.codes).toBe(out.codes);
    expect(made.status).toBe(out.status);
    expect(out).toMatchObject({ codes: encode(points, 3).codes, status: Uint8Array.of(0) });
    const back = decode(out.codes, 3);
    const into = decode(out.codes, 3, { out: { ...back, x: new Float64Array(1) } });
    expect(into.y).toBe(back.y);
    expect(into.x).toEqual(back.x);
  });

  it("take empty batches", () => {
    const none = new Float64Array(0);
    for (const level of [5, new Uint8Array(0)]) {
      expect(encode({ x: none, y: none, z: none }, level)).toMatchObject({ rejected: 0 });
      expect(encodeTiles({ xyz: none, stride: 8 }, level).tiles).toHaveLength(0);
      expect(decode(new BigUint64Array(0), level).x).toHaveLength(0);
    }
  });

  it("give the faces of the world their literal coordinates", () => {
    const top = decode(BigUint64Array.of(2n ** 63n - 1n), 21, { corner: "max" });
    expect([top.x, top.y, top.z].map((axis) => bitsOf(axis[0] ?? 0))).toEqual(
      [20e6, 10e6, 10e6].map(bitsOf),
    );
    expect([...encode({ xyz: Float64Array.of(20e6, 10e6, 10e6) }, 21).codes]).toEqual([
      2n ** 63n - 1n,
    ]);
  });
});
