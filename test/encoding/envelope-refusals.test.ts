import { describe, expect, it } from "vitest";
import {
  decodeEnvelopes,
  decodeEnvelopesAsync,
  type EnvelopeRows,
  encodeEnvelopes,
  encodeEnvelopesAsync,
  envelopeBound,
  makeDecodedRows,
} from "../../src/index.js";
import { type BatchCall, describeArrays } from "../support/array-checks.js";
import { rowsOf, samples } from "../support/envelope-samples.js";
import { refusalOf } from "../support/refusal-of.js";
import type { TypedArray } from "../support/unfit-arrays.js";

type Pick = (name: string) => never;
const untyped = (value: unknown) => value as never;
const count = 3;

/** Arrays of a batch by name; those of columns as "id.kinds" and "id.slots". */
function flat(prefix: string, value: unknown): [string, TypedArray][] {
  if (ArrayBuffer.isView(value)) return [[prefix, value as TypedArray]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    const name = Array.isArray(value) ? `${prefix}[${key}]` : `${prefix}.${key}`;
    return flat(prefix === "" ? key : name, part);
  });
}

/** The same batch with the arrays that `at` gives under those names. */
function withArrays<Shape>(prefix: string, shape: Shape, at: Pick): Shape {
  const replace = (name: string, value: unknown): unknown => {
    if (ArrayBuffer.isView(value)) return at(name);
    if (Array.isArray(value)) return value.map((part, i) => replace(`${name}[${i}]`, part));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(([key, part]) => {
      return [key, replace(name === "" ? key : `${name}.${key}`, part)];
    });
    return Object.fromEntries(entries);
  };
  return replace(prefix, shape) as Shape;
}

function rows(): EnvelopeRows {
  const original = { kinds: Uint8Array.of(3, 3, 3), slots: new BigUint64Array(count) };
  return { ...rowsOf(samples), originals: { y: original, level: structuredClone(original) } };
}
const encodedOut = () => ({
  bytes: new Uint8Array(envelopeBound(rows())),
  offsets: new Uint32Array(count + 1),
  status: new Uint8Array(count),
});

function envelopes() {
  const { bytes, offsets } = encodeEnvelopes(rows());
  const { tiles, cells, level } = rows() as EnvelopeRows & {
    tiles: BigUint64Array;
    cells: Uint16Array;
  };
  return { tiles, cells, level, bytes, offsets };
}
const decodedOut = () => makeDecodedRows(count, 5000, 2);

const arrays = (...shapes: readonly (readonly [string, unknown])[]) =>
  Object.fromEntries(shapes.flatMap(([prefix, shape]) => flat(prefix, shape)));

const calls: readonly BatchCall[] = [
  {
    name: "envelopeBound",
    make: () => arrays(["", rows()]),
    run: (at) => envelopeBound(withArrays("", rows(), at)),
  },
  {
    name: "encodeEnvelopes, outputs made",
    make: () => arrays(["", rows()]),
    run: (at) => encodeEnvelopes(withArrays("", rows(), at)),
    runAsync: (at) => encodeEnvelopesAsync(withArrays("", rows(), at)),
  },
  {
    name: "encodeEnvelopes into outputs",
    make: () => arrays(["", rows()], ["out", encodedOut()]),
    run: (at) =>
      encodeEnvelopes(withArrays("", rows(), at), { out: withArrays("out", encodedOut(), at) }),
    runAsync: (at) =>
      encodeEnvelopesAsync(withArrays("", rows(), at), {
        out: withArrays("out", encodedOut(), at),
      }),
  },
  {
    name: "decodeEnvelopes, outputs made",
    make: () => arrays(["", envelopes()]),
    run: (at) => decodeEnvelopes(withArrays("", envelopes(), at)),
    runAsync: (at) => decodeEnvelopesAsync(withArrays("", envelopes(), at)),
  },
  {
    name: "decodeEnvelopes into outputs",
    make: () => arrays(["", envelopes()], ["out", decodedOut()]),
    run: (at) =>
      decodeEnvelopes(withArrays("", envelopes(), at), {
        out: withArrays("out", decodedOut(), at),
      }),
    runAsync: (at) =>
      decodeEnvelopesAsync(withArrays("", envelopes(), at), {
        out: withArrays("out", decodedOut(), at),
      }),
  },
];

for (const call of calls) {
  const optional = call.name.startsWith("decode") ? [] : ["bytes"];
  describeArrays({ ...call, optional, levels: ["level"], anyLength: ["bytes", "out.bytes"] });
}

it("all arrays of a batch are among those tested", () => {
  expect(Object.keys(calls[2]?.make() ?? {})).toHaveLength(26);
  expect(Object.keys(calls[4]?.make() ?? {})).toHaveLength(33);
});

describe("outputs too small", () => {
  it("are refused, and nothing in them counts", () => {
    const out = { ...encodedOut(), bytes: new Uint8Array(10) };
    const error = refusalOf(() => encodeEnvelopes(rows(), { out }));
    expect(error.code).toBe("OUTPUT_TOO_SMALL");
    expect(error.message).toContain("out.bytes of 10 bytes cannot hold the batch's result");
  });

  it.each([
    ["bytes", () => makeDecodedRows(count, 3, 2)],
    ["no bytes", () => makeDecodedRows(count, 0, 2)],
    ["columns", () => makeDecodedRows(count, 5000, 1)],
    ["no columns", () => makeDecodedRows(count, 5000)],
  ])("are refused for decoding: too few %s", async (_what, make) => {
    const error = refusalOf(() => decodeEnvelopes(envelopes(), { out: make() }));
    expect(error.code).toBe("OUTPUT_TOO_SMALL");
    expect(error.message).toContain("out.bytes or out.extras");
    await expect(decodeEnvelopesAsync(envelopes(), { out: make() })).rejects.toMatchObject({
      code: "OUTPUT_TOO_SMALL",
    });
  });

  it("fit to the byte, when they hold what is needed", () => {
    const { bytes } = decodeEnvelopes(envelopes(), { out: decodedOut() });
    expect(decodeEnvelopes(envelopes()).bytes).toEqual(bytes);
  });
});

describe("other arguments", () => {
  const column = { kinds: 5, slots: null };
  const with_ = (change: object) => () => encodeEnvelopes({ ...rows(), ...change });

  it.each<[string, () => unknown, string, string]>([
    ["no column", with_({ id: 5 }), "ARG_TYPE", "id must be {kinds, slots}, got 5"],
    ["a column's text", with_({ created: "2024" }), "ARG_TYPE", "created must be {kinds, slots}"],
    [
      "class 6",
      with_({ id: { kinds: 6, slots: null } }),
      "ARG_RANGE",
      "id.kinds must be a storage",
    ],
    ["class -1", with_({ metadata: { kinds: -1, slots: null } }), "ARG_RANGE", "got -1"],
    ["class 1.5", with_({ extras: [{ kinds: 1.5, slots: null }] }), "ARG_RANGE", "extras[0].kinds"],
    ["TEXT without slots", with_({ id: { kinds: 3, slots: null } }), "ARG_TYPE", "id.slots must"],
    ["REAL without slots", with_({ density: { kinds: 2, slots: null } }), "ARG_TYPE", "density"],
    ["a set without columns", with_({ extras: [] }), "ARG_LENGTH", "1 to 2000 columns, got 0"],
    ["2001 columns", with_({ extras: Array(2001).fill(column) }), "ARG_LENGTH", "got 2001"],
    ["columns without a set", with_({ columnSet: 0 }), "ARG_LENGTH", "no columns without"],
    ["set -1", with_({ columnSet: -1 }), "ARG_RANGE", "from 0 to 4294967295, got -1"],
    ["set 2^32", with_({ columnSet: 2 ** 32 }), "ARG_RANGE", "got 4294967296"],
    ["level 27", with_({ level: 27 }), "LEVEL_INVALID", "from 0 to 26, got 27"],
    [
      "level 22 of whole codes",
      () => decodeEnvelopes({ ...envelopes(), codes: new BigUint64Array(3), level: 22 }),
      ...(["LEVEL_INVALID", "from 0 to 21, got 22"] as const),
    ],
    [
      "a dictionary's bytes",
      () => encodeEnvelopes(rows(), { dictionary: untyped(new Uint8Array(9)) }),
      ...(["ARG_TYPE", "dictionary must be a Dictionary, got Uint8Array(9)"] as const),
    ],
    [
      "a list with something else",
      () => decodeEnvelopes(envelopes(), { dictionaries: [untyped(null)] }),
      ...(["ARG_TYPE", "dictionaries[0] must be a Dictionary, got null"] as const),
    ],
    [
      "a frame",
      () => encodeEnvelopes(rows(), { frame: untyped({ name: "x" }) }),
      ...(["FRAME_INVALID", "min is missing"] as const),
    ],
  ])("%s", (_case, act, code, message) => {
    const error = refusalOf(act);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});
