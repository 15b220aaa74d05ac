import { describe, expect, it } from "vitest";
import {
  Dictionary,
  encodeEnvelopes,
  type Samples,
  trainDictionary,
  trainDictionaryAsync,
  ValuePacker,
} from "../../src/index.js";
import { describeArrays } from "../support/array-checks.js";
import { refusalOf } from "../support/refusal-of.js";

const untyped = (value: unknown) => value as never;

/** Metadata as sensors write it, 100 to 200 bytes, no two alike. */
function records(count: number, seed: number): string[] {
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pick = (words: readonly string[]) => words[next(words.length)] ?? "";
  return Array.from({ length: count }, () =>
    JSON.stringify({
      sensor: pick(["bathymetry", "seismic", "borehole", "gravimetry"]),
      quality: pick(["good", "fair", "estimated"]),
      depth_m: next(12_000),
      temperature_c: next(4000) / 100,
      survey: `S-${next(100_000)}`,
      tags: [pick(["shelf", "ridge", "trench"]), pick(["soft", "rocky"])],
    }),
  );
}

function samplesOf(texts: readonly string[]): Samples {
  const bytes = Buffer.from(texts.join(""));
  const offsets = new Uint32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) offsets[i + 1] = (offsets[i] ?? 0) + text.length;
  return { bytes, offsets };
}

function envelopeBytes(texts: readonly string[], dictionary?: Dictionary): number {
  const packer = new ValuePacker();
  const metadata = packer.column(texts);
  const zeros = new Float64Array(texts.length);
  const codes = new BigUint64Array(texts.length);
  const rows = { x: zeros, y: zeros, z: zeros, codes, level: 0, metadata, bytes: packer.bytes() };
  return encodeEnvelopes(rows, dictionary === undefined ? {} : { dictionary }).bytes.length;
}

/** Noise that nothing compresses. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
}

const taught = samplesOf(records(2000, 1));

describe("trainDictionary", () => {
  it("makes the envelopes of rows it has not seen much smaller", () => {
    const unseen = records(1000, 2);
    const lengths = unseen.map((text) => text.length);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(200);
    const dictionary = trainDictionary(taught);
    const ratio = envelopeBytes(unseen) / envelopeBytes(unseen, dictionary);
    console.info(`dictionary: ${dictionary?.bytes.length} bytes, ratio ${ratio.toFixed(2)}`);
    expect(ratio).toBeGreaterThanOrEqual(1.5);
  });

  it("gives the same bytes every time, on the pool too", async () => {
    const { bytes } = trainDictionary(taught) ?? { bytes: undefined };
    expect(bytes).toBeDefined();
    expect(trainDictionary(taught)?.bytes).toEqual(bytes);
    const copies = { bytes: taught.bytes.slice(), offsets: taught.offsets.slice() };
    expect((await trainDictionaryAsync(copies))?.bytes).toEqual(bytes);
  });

  it("keeps to maxBytes and takes the number", () => {
    for (const maxBytes of [1, 100, 1000, 65_536]) {
      const dictionary = trainDictionary(taught, { maxBytes, number: 9 });
      expect(dictionary?.bytes.length ?? 0).toBeLessThanOrEqual(maxBytes);
      expect(dictionary?.number ?? 9).toBe(9);
    }
    expect(trainDictionary(taught)?.number).toBe(1);
    expect(trainDictionary(taught)?.bytes.length).toBeLessThanOrEqual(16_384);
  });

  it("gives nothing where the samples share nothing", () => {
    const offsets = Uint32Array.from({ length: 201 }, (_, i) => i * 150);
    expect(trainDictionary({ bytes: noise(30_000), offsets })).toBe(undefined);
    expect(trainDictionary({ bytes: new Uint8Array(0), offsets: new Uint32Array(1) })).toBe(
      undefined,
    );
    expect(trainDictionary({ bytes: new Uint8Array(0), offsets: new Uint32Array(0) })).toBe(
      undefined,
    );
    const empty = { bytes: new Uint8Array(0), offsets: new Uint32Array(1000) };
    expect(trainDictionary(empty)).toBe(undefined);
  });

  const bytes = new Uint8Array(10);
  it.each<[string, () => unknown, string, string]>([
    [
      "offsets that descend",
      () => trainDictionary({ bytes, offsets: Uint32Array.of(0, 5, 4) }),
      ...([
        "ARG_RANGE",
        "samples.offsets must ascend within the 10 bytes, got 4 at index 2",
      ] as const),
    ],
    [
      "offsets beyond the bytes",
      () => trainDictionary({ bytes, offsets: Uint32Array.of(0, 11) }),
      ...(["ARG_RANGE", "got 11 at index 1 after 0"] as const),
    ],
    ["0 bytes", () => trainDictionary(taught, { maxBytes: 0 }), "ARG_RANGE", "from 1 to 65536"],
    ["too many", () => trainDictionary(taught, { maxBytes: 65_537 }), "ARG_RANGE", "got 65537"],
    ["1.5 bytes", () => trainDictionary(taught, { maxBytes: 1.5 }), "ARG_RANGE", "got 1.5"],
    ["number 0", () => trainDictionary(taught, { number: 0 }), "DICTIONARY_INVALID", "got 0"],
  ])("refuses %s", (_case, act, code, message) => {
    const error = refusalOf(act);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});

describe("Dictionary", () => {
  it.each([Uint8Array.of(1, 2, 3), Buffer.from([1, 2, 3])])("keeps a copy of %o", (source) => {
    const dictionary = new Dictionary(2 ** 32 - 1, source);
    source.fill(9);
    dictionary.bytes.fill(8);
    expect([...dictionary.bytes]).toEqual([1, 2, 3]);
    expect(dictionary.number).toBe(4_294_967_295);
  });

  it("has up to 65536 bytes", () => {
    expect(new Dictionary(1, new Uint8Array(65_536)).bytes).toHaveLength(65_536);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 32, "1", 1n, undefined])("has no number %s", (number) => {
    const { code, message } = refusalOf(() => new Dictionary(untyped(number), new Uint8Array(9)));
    expect(code).toBe("DICTIONARY_INVALID");
    expect(message).toContain("number must be an integer from 1 to 4294967295, got ");
  });

  it.each([0, 65_537])("has not %s bytes", (length) => {
    const { code, message } = refusalOf(() => new Dictionary(1, new Uint8Array(length)));
    expect(code).toBe("DICTIONARY_INVALID");
    expect(message).toContain(`must have from 1 to 65536 bytes, got ${length}`);
  });
});

describeArrays({
  name: "Dictionary",
  make: () => ({ bytes: Uint8Array.of(1, 2, 3) }),
  anyLength: ["bytes"],
  run: (at) => new Dictionary(1, at("bytes")).bytes,
});

describeArrays({
  name: "trainDictionary",
  make: () => ({
    "samples.bytes": new Uint8Array(30),
    "samples.offsets": new Uint32Array(9),
  }),
  anyLength: ["samples.bytes", "samples.offsets"],
  run: (at) => trainDictionary({ bytes: at("samples.bytes"), offsets: at("samples.offsets") }),
  runAsync: (at) =>
    trainDictionaryAsync({ bytes: at("samples.bytes"), offsets: at("samples.offsets") }),
});
