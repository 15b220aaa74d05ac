import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  planDecode,
  planDecodeBound,
  planEncode,
  planEncodeBound,
} from "../../src/encoding/envelope-call.js";
import { frameHandle } from "../../src/encoding/frame-handle.js";
import { decodeCall, encodeCall, encodeTilesCall } from "../../src/encoding/morton-call.js";
import { callNative, type NativeCall } from "../../src/encoding/native-call.js";
import { nativeAddon } from "../../src/native/addon.js";
import { runs } from "../support/seed.js";

// The addon itself, without the typed-array face before it: whatever a defect
// there might let through gets an exception here, and touches no memory.
const addon = nativeAddon();
const frame = frameHandle();
const dictionary = addon.createDictionary(1, new Uint8Array(100));

const junk = fc.constantFrom<unknown>(
  ...[undefined, null, true, -1, 0, 3, 4.5, 2 ** 40, Number.NaN, 1n, "x", Symbol("s"), {}, []],
  ...[frame, dictionary, () => 1, new Date(0), new ArrayBuffer(8), [new Uint8Array(3)]],
  ...[new Float64Array(3), new Float64Array(0), new BigUint64Array(3), new BigInt64Array(3)],
  ...[new Uint8Array(3), new Uint8Array(4), new Uint16Array(3), new Uint32Array(4)],
  ...[new DataView(new ArrayBuffer(8)), new Float64Array(new SharedArrayBuffer(24))],
);

const batchCalls = [
  ...(["encode", "encodeStrided", "decode", "copyIn", "copyOut", "bigintTokens"] as const),
  ...(["tileTokens", "envelopeEncodeBound", "envelopeEncode", "envelopeDecodeBound"] as const),
  ...(["envelopeDecode", "trainDictionary", "lz4CompressRows", "lz4DecompressRows"] as const),
];

describe.each(batchCalls)("%s", (name) => {
  it("throws at arguments of any kind and number, or works", () => {
    const args = fc.array(junk, { maxLength: 35, size: "max" });
    let thrown = 0;
    fc.assert(
      fc.property(args, fc.boolean(), (values, onPool) => {
        try {
          addon[name](...values, onPool);
        } catch (error) {
          thrown += 1;
          expect(error).toBeInstanceOf(TypeError);
          expect(String(error)).toMatch(/^TypeError: native argument \d+: expected /);
        }
      }),
      runs(300),
    );
    expect(thrown).toBeGreaterThan(200);
  });
});

/** Argument lists as the typed-array face makes them. */
function rightArguments(): Partial<Record<(typeof batchCalls)[number], readonly unknown[]>> {
  const [x, y, z] = [new Float64Array(3), new Float64Array(3), new Float64Array(3)];
  const [tiles, cells, level] = [new BigUint64Array(3), new Uint16Array(3), new Uint8Array(3)];
  const [bytes, offsets] = [new Uint8Array(30), Uint32Array.of(0, 9, 20, 30)];
  const rows = { x, y, z, tiles, cells, level, columnSet: 1, extras: [{ kinds: 5, slots: null }] };
  const envelopes = { tiles, cells, level, bytes, offsets };
  return {
    encode: encodeCall({ x, y, z }, level, {}).args,
    encodeStrided: encodeTilesCall({ xyz: x }, 26, {}).args,
    decode: decodeCall({ tiles, cells }, level, {}).args,
    tileTokens: [tiles, level, new BigInt64Array(3), false],
    envelopeEncodeBound: planEncodeBound(rows).args,
    envelopeEncode: planEncode(rows, {}, 1000).args,
    envelopeDecodeBound: planDecodeBound(envelopes).args,
    envelopeDecode: planDecode(envelopes, {}, [100, 1]).args,
    trainDictionary: [bytes, offsets, 100, false],
  };
}

describe.each(Object.entries(rightArguments()))("%s, almost right,", (name, right) => {
  it("throws at each wrong argument", () => {
    const call = addon[name as (typeof batchCalls)[number]];
    call(...right);
    const change = fc.tuple(fc.nat({ max: right.length - 1 }), junk);
    let thrown = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const args = [...right];
        for (const [at, value] of changes) args[at] = value;
        try {
          call(...args);
        } catch (error) {
          thrown += 1;
          expect(String(error)).toMatch(/^TypeError: native argument \d+: expected /);
        }
      }),
      runs(1000),
    );
    expect(thrown).toBeGreaterThan(500);
  });
});

describe("handles", () => {
  it("of a frame take six numbers", () => {
    for (const wrong of [new Float64Array(5), new Float64Array(7), new Uint8Array(6), undefined]) {
      expect(() => addon.createFrame(wrong as Float64Array)).toThrow(TypeError);
    }
  });

  it("of a dictionary are null where number or length is out of range", () => {
    expect(addon.createDictionary(0, new Uint8Array(9))).toBe(null);
    expect(addon.createDictionary(1, new Uint8Array(0))).toBe(null);
    expect(addon.createDictionary(1, new Uint8Array(65_537))).toBe(null);
    expect(() => addon.createDictionary(-1, new Uint8Array(9))).toThrow(TypeError);
  });

  it("cannot stand for one another", () => {
    const x = new Float64Array(1);
    const outputs = [new BigUint64Array(1), null, new Uint8Array(1), false] as const;
    expect(() => addon.encode(0, x, x, x, 1, dictionary, ...outputs)).toThrow(TypeError);
    const keys = [new BigUint64Array(0), null, 1] as const;
    const envelopes = [...keys, new Uint8Array(0), new Uint32Array(1)] as const;
    expect(() => addon.envelopeDecode(...envelopes, frame, [frame])).toThrow(TypeError);
  });
});

describe("callNative", () => {
  it("passes on a refusal that it has no words for", () => {
    const x = new Float64Array(1);
    const call: NativeCall = {
      args: [99, x, x, x, 1, frame, new BigUint64Array(1), null, new Uint8Array(1), false],
      names: ["", "x", "y", "z", "level", "frame", "out.codes", "out.cells", "out.status"],
      firstOutput: 6,
    };
    expect(() => callNative(addon.encode, call)).toThrow(
      new TypeError("native argument 1: expected an unsigned integer within its range"),
    );
  });
});
