import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DecodedRows,
  Dictionary,
  decodeEnvelopes,
  frames,
  rowStatus,
  valueAt,
} from "../../src/index.js";
import { shownDecoded } from "../support/envelope-batches.js";
import { packed, type Sample, samples, sealed } from "../support/envelope-samples.js";
import { runs } from "../support/seed.js";

const dictionary = new Dictionary(5, Buffer.from("north east south west ".repeat(20)));
const dictionaries = [dictionary];
const named = samples.map((sample, i) => ({ name: `sample ${i}`, sample }));
const [, texts] = samples;
if (texts === undefined) throw new Error("samples");

/** Envelopes, each under the key of that sample. */
function decodeAll(sample: Sample, envelopes: readonly Uint8Array[], options = {}) {
  const { keys } = sealed(sample);
  const all = { ...keys(envelopes.length), ...packed(envelopes) };
  return decodeEnvelopes(all, { dictionaries, ...options });
}

function expectNothing(decoded: DecodedRows, row: number): void {
  for (const axis of [decoded.x, decoded.y, decoded.z]) expect(axis[row]).toBe(Number.NaN);
  const { id, density, created, metadata, originals, extras } = decoded;
  const columns = [id, density, created, metadata, ...Object.values(originals), ...extras];
  for (const { kinds, slots } of columns) expect([kinds[row], slots[row]]).toEqual([0, 0n]);
  expect(decoded.columnSets[row]).toBe(0);
}

describe.each(named)("an envelope of $name", ({ sample }) => {
  const { envelope, keys } = sealed(sample, { dictionary });

  it("is whole as it is", () => {
    expect([...decodeAll(sample, [envelope]).status]).toEqual([0]);
  });

  it("is refused under another tile, cell, level or frame", () => {
    const key = keys(1);
    const batch = { ...packed([envelope]), ...key };
    const level = sample.level === 0 ? 1 : sample.level - 1;
    const moved = [
      ...[0n, 8n, 32n, 60n].map((bit) => ({ tiles: key.tiles.map((tile) => tile ^ (1n << bit)) })),
      ...[0, 7, 14].map((bit) => ({ cells: key.cells.map((cell) => cell ^ (1 << bit)) })),
      { level },
    ].map((change) => decodeEnvelopes({ ...batch, ...change }, { dictionaries }));
    for (const decoded of moved) {
      // Far up, most keys are none of their level.
      expect([rowStatus.badChecksum, rowStatus.badCode]).toContain(decoded.status[0]);
      expectNothing(decoded, 0);
    }
    if (sample.level === 26) {
      const found = moved.map(({ status }) => status[0]);
      expect(found).toEqual([...Array(7).fill(rowStatus.badChecksum), rowStatus.badCode]);
    }
    const framed = decodeAll(sample, [envelope], { frame: frames.bluemarble });
    expect(framed.status[0]).toBe(rowStatus.badChecksum);
    expectNothing(framed, 0);
  });

  it("is refused wherever it ends too early, and with a byte too many", () => {
    const cut = Array.from(envelope, (_, length) => envelope.slice(0, length));
    const more = [Uint8Array.of(...envelope, 0), Uint8Array.of(0, ...envelope)];
    const decoded = decodeAll(sample, [...cut, ...more]);
    expect(decoded.rejected).toBe(envelope.length + 2);
    expect([...decoded.status.subarray(0, 8)]).toEqual(Array(8).fill(rowStatus.truncated));
    for (const [row] of cut.entries()) expectNothing(decoded, row);
  });

  it("is refused with any bit flipped, unless that says the same row", () => {
    const flipped = Array.from({ length: envelope.length * 8 }, (_, bit) => {
      const copy = envelope.slice();
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return copy;
    });
    const decoded = decodeAll(sample, [...flipped, envelope]);
    const whole = shownDecoded(decoded, flipped.length);
    let same = 0;
    for (const [row] of flipped.entries()) {
      if (decoded.status[row] !== 0) expectNothing(decoded, row);
      // LZ4 leaves bits of a block's last sequence without meaning.
      else expect(shownDecoded(decoded, row)).toEqual(whole);
      if (decoded.status[row] === 0) same += 1;
    }
    expect(same).toBeLessThanOrEqual(4);
  });
});

describe("faults have names:", () => {
  const { envelope } = sealed(texts, { dictionary });
  const without = sealed(texts).envelope;
  const statusOf = (bytes: Uint8Array, options = {}) =>
    decodeAll(texts, [bytes], options).status[0];
  const changed = (bytes: Uint8Array, ...changes: [at: number, value: number][]) => {
    const copy = bytes.slice();
    for (const [at, value] of changes) copy[at] = value;
    return copy;
  };

  it("no bytes, or not enough", () => {
    expect(statusOf(new Uint8Array(0))).toBe(rowStatus.truncated);
    expect(statusOf(Uint8Array.of(1))).toBe(rowStatus.truncated);
  });

  it.each([0, 2, 255])("version %s", (version) => {
    expect(statusOf(changed(envelope, [0, version]))).toBe(rowStatus.badVersion);
    expect(statusOf(Uint8Array.of(version))).toBe(rowStatus.badVersion);
  });

  it.each([32, 64, 128])("flag %s", (flag) => {
    const flags = (envelope[1] ?? 0) | flag;
    expect(statusOf(changed(envelope, [1, flags]))).toBe(rowStatus.malformed);
  });

  it("a dictionary that was not given", () => {
    const other = new Dictionary(6, dictionary.bytes);
    expect(statusOf(envelope, { dictionaries: [] })).toBe(rowStatus.unknownDictionary);
    expect(statusOf(envelope, { dictionaries: [other] })).toBe(rowStatus.unknownDictionary);
    expect(statusOf(envelope, { dictionaries: [other, dictionary] })).toBe(0);
    expect(statusOf(without, { dictionaries: [] })).toBe(0);
  });

  it("a dictionary of other bytes under the same number", () => {
    const other = new Dictionary(5, Buffer.from("x".repeat(440)));
    const shorter = new Dictionary(5, Buffer.from("x"));
    const found = [other, shorter].map((each) => statusOf(envelope, { dictionaries: [each] }));
    expect(found).toEqual([rowStatus.badChecksum, rowStatus.badLz4]);
  });

  it("an LZ4 block with an offset of 0", () => {
    // The first sequence's offset stands behind its literals.
    const at = Buffer.from(without).indexOf("north north".slice(0, 6)) + 6;
    expect(at).toBeGreaterThan(6);
    expect(statusOf(changed(without, [at, 0], [at + 1, 0]))).toBe(rowStatus.badLz4);
  });

  it("a checksum", () => {
    const last = envelope.length - 1;
    const flipped = changed(envelope, [last, (envelope[last] ?? 0) ^ 1]);
    expect(statusOf(flipped)).toBe(rowStatus.badChecksum);
    // What it was decompressed to is not left among the others' bytes.
    const { bytes } = decodeAll(texts, [flipped, envelope, flipped]);
    expect(bytes).toEqual(decodeAll(texts, [envelope]).bytes);
  });
});

describe("lengths", () => {
  it("far beyond the envelope allocate nothing and stop nothing", () => {
    const { envelope } = sealed(texts);
    // Version, LZ4, a metadata length of 16 MiB, kinds with TEXT, too short a block.
    const bomb = Uint8Array.of(1, 1, 0x80, 0x80, 0x80, 0x08, 0x30, 0, 0xf0, 1, 2, 3, 4);
    const decoded = decodeAll(texts, [...Array<Uint8Array>(2000).fill(bomb), envelope]);
    expect(decoded.bytes.length).toBeLessThan(1_000_000);
    expect(decoded.rejected).toBe(2000);
    expect(decoded.status[0]).toBe(rowStatus.malformed);
    expect(valueAt(decoded.id, 2000, decoded.bytes)).toBe("text id");
  });

  it("of an envelope by offsets that descend or leave the bytes are that row's fault", () => {
    const { envelope, keys } = sealed(texts);
    const end = envelope.length;
    const offsets = Uint32Array.of(0, end, 0, end, end + 1, 2 ** 32 - 1, 0, end);
    const decoded = decodeEnvelopes({ ...keys(7), bytes: envelope, offsets });
    const { ok, malformed, truncated } = rowStatus;
    expect([...decoded.status]).toEqual([
      ...[ok, malformed, ok, truncated, truncated, malformed, ok],
    ]);
  });
});

describe("any bytes", () => {
  it("are refused row by row, whatever they begin like", () => {
    const wild = fc.uint8Array({ maxLength: 200, size: "max" });
    const start = fc.constantFrom([], [1], [1, 3, 5], [1, 31, 5, 20], [1, 16], [1, 8], [1, 4]);
    const envelope = fc.tuple(start, wild).map(([head, rest]) => Uint8Array.of(...head, ...rest));
    fc.assert(
      fc.property(fc.array(envelope, { maxLength: 10 }), (envelopes) => {
        const decoded = decodeAll(texts, envelopes);
        expect(decoded.rejected).toBe(envelopes.length);
        for (const [row] of envelopes.entries()) expectNothing(decoded, row);
      }),
      runs(1000),
    );
  });
});
