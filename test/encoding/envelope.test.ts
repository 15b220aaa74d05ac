import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Dictionary,
  decodeEnvelopes,
  decodeTiles,
  type EncodedEnvelopes,
  encodeEnvelopes,
  envelopeBound,
  frames,
  makeDecodedRows,
  storageClass,
  tileCellOf,
  ValuePacker,
  valueAt,
} from "../../src/index.js";
import { anyEnvelopeBatch, type EnvelopeBatch } from "../support/arbitrary-rows.js";
import { crc32c } from "../support/crc32c.js";
import { doubleOf } from "../support/doubles.js";
import { envelopeRowsOf, keysOf, shownDecoded, shownRow } from "../support/envelope-batches.js";
import { plain } from "../support/plain.js";
import { runs } from "../support/seed.js";

const dictionary = new Dictionary(
  77,
  Buffer.from('{"sensor":"north"},"quality":good,0.25,{"sensor":"north"}'),
);
const withDictionary = fc.constantFrom(undefined, dictionary);

function encodeBatch(batch: EnvelopeBatch, shared: Dictionary | undefined): EncodedEnvelopes {
  const { frame } = batch;
  const options = shared === undefined ? { frame } : { frame, dictionary: shared };
  return encodeEnvelopes(envelopeRowsOf(batch), options);
}

function decodeBatch({ frame, rows, whole }: EnvelopeBatch, { bytes, offsets }: EncodedEnvelopes) {
  const envelopes = { ...keysOf(rows, whole), bytes, offsets };
  return decodeEnvelopes(envelopes, { frame, dictionaries: [dictionary] });
}

/** The bytes of each envelope. */
function split({ bytes, offsets }: EncodedEnvelopes): string[] {
  const hex = (row: number) => bytes.subarray(offsets[row], offsets[row + 1]);
  return Array.from({ length: offsets.length - 1 }, (_, row) =>
    Buffer.from(hex(row)).toString("hex"),
  );
}

describe("envelopes of any rows", () => {
  it("come back value for value, class for class, bit for bit", () => {
    fc.assert(
      fc.property(anyEnvelopeBatch, withDictionary, (batch, shared) => {
        const encoded = encodeBatch(batch, shared);
        expect([...encoded.status]).toEqual(batch.rows.map(() => 0));
        expect(encoded.rejected).toBe(0);
        const decoded = decodeBatch(batch, encoded);
        expect(decoded.rejected).toBe(0);
        const rows = batch.rows.map((_, row) => shownDecoded(decoded, row));
        expect(rows).toEqual(batch.rows.map((row) => shownRow(row, batch.columnSet)));
      }),
      runs(400),
    );
  });

  it("need no more than the bound", () => {
    fc.assert(
      fc.property(anyEnvelopeBatch, withDictionary, (batch, shared) => {
        const rows = envelopeRowsOf(batch);
        const bound = envelopeBound(rows);
        const encoded = encodeBatch(batch, shared);
        expect(encoded.bytes.length).toBeLessThanOrEqual(bound);
      }),
      runs(100),
    );
  });

  it("are the same bytes in whatever batch a row comes", () => {
    fc.assert(
      fc.property(anyEnvelopeBatch, withDictionary, (batch, shared) => {
        const together = split(encodeBatch(batch, shared));
        const alone = batch.rows.flatMap((row) =>
          split(encodeBatch({ ...batch, rows: [row] }, shared)),
        );
        expect(together).toEqual(alone);
        const reversed = { ...batch, rows: [...batch.rows].reverse() };
        expect(split(encodeBatch(reversed, shared)).reverse()).toEqual(alone);
        const other = { ...batch, whole: batch.rows.every(({ level }) => level <= 21) };
        expect(split(encodeBatch(other, shared))).toEqual(alone);
      }),
      runs(150),
    );
  });

  it("fit outputs that earlier batches have used", () => {
    const out = makeDecodedRows(4, 20_000, 3);
    const four = anyEnvelopeBatch.filter(({ rows }) => rows.length >= 4);
    fc.assert(
      fc.property(four, withDictionary, (all, shared) => {
        const batch = { ...all, rows: all.rows.slice(0, 4) };
        const { frame, rows, whole } = batch;
        const { bytes, offsets } = encodeBatch(batch, shared);
        const envelopes = { ...keysOf(rows, whole), bytes, offsets };
        const decoded = decodeEnvelopes(envelopes, { frame, dictionaries: [dictionary], out });
        expect(decoded.status).toBe(out.status);
        expect(decoded.rejected).toBe(0);
        const extras = rows[0]?.extras.length ?? 0;
        for (const [row, each] of rows.entries()) {
          const shown = shownDecoded(decoded, row);
          const left = Array(3 - extras).fill("0");
          expect(shown).toEqual([...shownRow(each, batch.columnSet), ...left]);
        }
      }),
      runs(100),
    );
  });
});

describe("one envelope", () => {
  const { tile, cell } = tileCellOf(4242n, 18);
  const [tiles, cells] = [BigUint64Array.of(tile), Uint16Array.of(cell)];
  const key = { tiles, cells, level: 18 };
  const { x, y, z } = decodeTiles(tiles, cells, 18);

  it("of a simple row is what docs/envelope.md says, made by hand", () => {
    const columns = {
      id: { kinds: storageClass.integer, slots: BigInt64Array.of(-3n) },
      density: { kinds: storageClass.real, slots: Float64Array.of(0.5) },
    };
    const { bytes } = encodeEnvelopes({ ...key, x, y, z, ...columns });
    // Version, flags; kinds, widths 1 and 2; id zigzag 5; density e0 3f.
    const body = Buffer.from("0100" + "00" + "21" + "05" + "e03f", "hex");
    const sealed = Buffer.alloc(6 + 5 + 48 + 11);
    sealed.set([1, 0, 0, 0, 0, 0]);
    body.copy(sealed, 6, 2);
    for (const [i, value] of [...frames.centred.min, ...frames.centred.size].entries()) {
      sealed.writeDoubleLE(value, 11 + 8 * i);
    }
    sealed.writeUInt8(18, 59);
    sealed.writeBigUInt64LE(tile, 60);
    sealed.writeUInt16LE(cell, 68);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32LE(crc32c(sealed));
    expect(Buffer.from(bytes).toString("hex")).toBe(
      Buffer.concat([body, checksum]).toString("hex"),
    );
  });

  it("keeps all 64 bits of a coordinate, those of a NaN too", () => {
    const bits = [0x7ff8_0000_dead_beefn, 0xfff0_0000_0000_0001n, 0x8000_0000_0000_0000n];
    const [px, py, pz] = bits.map((each) => new Float64Array(BigUint64Array.of(each).buffer));
    if (px === undefined || py === undefined || pz === undefined) throw new Error("three");
    const { bytes, offsets } = encodeEnvelopes({ ...key, x: px, y: py, z: pz });
    const back = decodeEnvelopes({ ...key, bytes, offsets });
    const axes = [back.x, back.y, back.z].map((axis) => new BigUint64Array(axis.buffer)[0]);
    expect(axes).toEqual(bits);
    expect(doubleOf(bits[2] ?? 0n)).toBe(-0);
  });

  it("tells an absent column from a NULL", () => {
    const metadata = { kinds: storageClass.null, slots: null };
    const { bytes, offsets } = encodeEnvelopes({ ...key, x, y, z, metadata });
    const back = decodeEnvelopes({ ...key, bytes, offsets });
    expect(valueAt(back.metadata, 0, back.bytes)).toBe(null);
    expect(valueAt(back.created, 0, back.bytes)).toBe(undefined);
  });

  it("is smaller with a dictionary that knows its text", () => {
    const packer = new ValuePacker();
    const text = '{"sensor":"north"},"quality":good,0.25,{"sensor":"north"}';
    const rows = { ...key, x, y, z, metadata: packer.column([text]), bytes: packer.bytes() };
    const plainBytes = encodeEnvelopes(rows).bytes.length;
    const { bytes, offsets } = encodeEnvelopes(rows, { dictionary });
    expect(bytes.length).toBeLessThan(plainBytes / 2);
    const back = decodeEnvelopes({ ...key, bytes, offsets }, { dictionaries: [dictionary] });
    expect(valueAt(back.metadata, 0, back.bytes)).toBe(text);
  });
});

describe("outputs", () => {
  const packer = new ValuePacker();
  const rows = {
    ...{ x: Float64Array.of(1, 2), y: Float64Array.of(3, 4), z: Float64Array.of(5, 6) },
    ...{ codes: BigUint64Array.of(7n, 511n), level: 3 },
    ...{ metadata: packer.column(["first", new Uint8Array(100)]), bytes: packer.bytes() },
  };

  it("are filled and returned, the bytes as far as they are used", () => {
    const made = encodeEnvelopes(rows);
    const out = {
      bytes: new Uint8Array(envelopeBound(rows)),
      offsets: new Uint32Array(3),
      status: new Uint8Array(2).fill(9),
    };
    const filled = encodeEnvelopes(rows, { out });
    expect(plain(filled)).toEqual(plain(made));
    expect(filled.bytes.buffer).toBe(out.bytes.buffer);
    expect(filled.offsets).toBe(out.offsets);
    expect(filled.status).toBe(out.status);
    expect(filled.offsets[2]).toBe(filled.bytes.length);
  });

  it("take empty batches", () => {
    const none = new Float64Array(0);
    const codes = new BigUint64Array(0);
    const made = encodeEnvelopes({ x: none, y: none, z: none, codes, level: 1 });
    expect(plain(made)).toEqual({ bytes: "", offsets: "00000000", status: "", rejected: 0 });
    const { bytes, offsets } = made;
    expect(decodeEnvelopes({ codes, level: 1, bytes, offsets })).toMatchObject({ rejected: 0 });
  });
});
