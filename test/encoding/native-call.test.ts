import { describe, expect, it } from "vitest";
import { encode, encodeEnvelopes, encodeTiles, tokens } from "../../src/index.js";
import { refusalOf } from "../support/refusal-of.js";
import { detached, resizable, shared } from "../support/unfit-arrays.js";

// What each fault is called is tested beside each function; here, that the
// message says enough to find it.
const three = () => new Float64Array(3);
const points = () => ({ x: three(), y: three(), z: three() });
const untyped = (value: unknown) => value as never;

describe("refusals of memory", () => {
  it.each<[string, () => unknown, string]>([
    [
      "ARG_SHARED",
      () => encode({ ...points(), y: untyped(shared(three())) }, 3),
      "y must not lie on a SharedArrayBuffer, but does. Copy the values into an array",
    ],
    [
      "ARG_RESIZABLE",
      () => encode({ ...points(), z: untyped(resizable(three(), 24)) }, 3),
      "z must be of fixed length, but lies on a resizable ArrayBuffer. Copy the values",
    ],
    [
      "ARG_DETACHED",
      () => encode({ ...points(), x: untyped(detached(three())) }, 3),
      "x has no memory: its buffer is detached. Pass the array that owns the memory now",
    ],
    [
      "ARG_OVERLAP",
      () => {
        const { buffer } = three();
        tokens(new BigInt64Array(buffer), { out: new BigInt64Array(buffer) });
      },
      "out shares memory with keys. Give every output memory that no other argument",
    ],
    [
      "ARG_OVERLAP",
      () => {
        const cells = new Uint16Array(3);
        const status = new Uint8Array(cells.buffer, 5, 1);
        const xyz = three().subarray(0, 3);
        const out = { tiles: new BigUint64Array(1), cells: cells.subarray(2), status };
        encodeTiles({ xyz }, 3, { out });
      },
      "out.cells shares memory with out.status",
    ],
    [
      "ARG_SHARED",
      () => {
        const kinds = new Uint8Array(3).fill(1);
        const slots = untyped(shared(new BigUint64Array(3)));
        const key = { codes: new BigUint64Array(3), level: 1 };
        encodeEnvelopes({ ...points(), ...key, columnSet: 1, extras: [{ kinds, slots }] });
      },
      "extras[0].slots must not lie on a SharedArrayBuffer",
    ],
  ])("%s is explained", (code, act, message) => {
    const error = refusalOf(act);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

describe("arrays of no elements", () => {
  it("share memory with nothing", () => {
    const buffer = new ArrayBuffer(8);
    const none = new Float64Array(buffer, 8);
    const out = { codes: new BigUint64Array(buffer, 8), status: new Uint8Array(buffer, 8) };
    expect(encode({ x: none, y: none, z: none }, 1, { out }).rejected).toBe(0);
  });

  it("are refused on unfit memory all the same", () => {
    const none = new Float64Array(0);
    for (const make of [shared, detached]) {
      const unfit = untyped(make(new Float64Array(0)));
      expect(refusalOf(() => encode({ x: none, y: none, z: unfit }, 1)).code).toMatch(/^ARG_/);
    }
  });
});
