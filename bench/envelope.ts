import { type Dictionary, type Samples, trainDictionary } from "../dist/encoding/dictionary.js";
import { decodeEnvelopes, encodeEnvelopes, envelopeBound } from "../dist/encoding/envelope.js";
import { makeDecodedRows } from "../dist/encoding/envelope-output.js";
import type { EncodedEnvelopes, EnvelopeRows } from "../dist/encoding/envelope-rows.js";
import { frames } from "../dist/encoding/frame.js";
import { decode, encode } from "../dist/encoding/morton.js";
import { storageClass, type ValueColumn } from "../dist/encoding/value-column.js";
import { nativeAddon } from "../dist/native/addon.js";
import { metadataJson, randomNumbers, randomPoints } from "./data.js";
import { type Contender, measurePaired, type PairedOptions } from "./paired.js";
import { type Line, rateLine, type Section } from "./report.js";

export const ROWS = 2 ** 16;
export const LEVEL = 18;
const CHUNK_BYTES = 16_384;

export type Rows = EnvelopeRows & {
  readonly metadataOffsets: Uint32Array;
  readonly bytes: Uint8Array;
};

/** TEXT values packed one after another, and their slots. */
function packText(values: readonly string[], from: number) {
  const slots = new BigUint64Array(values.length);
  const offsets = new Uint32Array(values.length + 1);
  const chunks = values.map((value) => Buffer.from(value));
  let at = 0;
  for (const [i, chunk] of chunks.entries()) {
    slots[i] = BigInt(from + at) | (BigInt(chunk.length) << 32n);
    at += chunk.length;
    offsets[i + 1] = at;
  }
  return { slots, offsets, bytes: Buffer.concat(chunks) };
}

/** Rows of an octree: integer ids, densities of three decimals, GeoPackage timestamps, JSON. */
export function makeRows(
  seed: bigint,
  atCenter: boolean,
  points = randomPoints(ROWS, frames.centred, seed + 1n),
): Rows {
  const next = randomNumbers(seed);
  const { codes } = encode(points, LEVEL);
  const { x, y, z } = atCenter ? decode(codes, LEVEL) : points;
  const firstMs = Date.UTC(2020, 0, 1);
  const created = Array.from({ length: ROWS }, () =>
    new Date(firstMs + Math.floor(next() * 1e11)).toISOString(),
  );
  const metadata = packText(
    Array.from({ length: ROWS }, () => metadataJson(next)),
    0,
  );
  const times = packText(created, metadata.bytes.length);
  const column = (kinds: number, slots: ValueColumn["slots"]): ValueColumn => ({ kinds, slots });
  return {
    ...{ x, y, z, level: LEVEL, codes },
    id: column(
      storageClass.integer,
      BigInt64Array.from({ length: ROWS }, (_, i) => BigInt(1e9 + i)),
    ),
    density: column(
      storageClass.real,
      Float64Array.from({ length: ROWS }, () => Math.round(next() * 5000) / 1000),
    ),
    created: column(storageClass.text, times.slots),
    metadata: column(storageClass.text, metadata.slots),
    bytes: new Uint8Array(Buffer.concat([metadata.bytes, times.bytes])),
    metadataOffsets: metadata.offsets,
  };
}

const samplesOf = (rows: Rows): Samples => ({ bytes: rows.bytes, offsets: rows.metadataOffsets });

function encodeContender(name: string, rows: Rows, dictionary?: Dictionary): Contender {
  const out = {
    bytes: new Uint8Array(envelopeBound(rows)),
    offsets: new Uint32Array(ROWS + 1),
    status: new Uint8Array(ROWS),
  };
  const options = dictionary === undefined ? { out } : { out, dictionary };
  return { name, rows: ROWS, run: () => encodeEnvelopes(rows, options) };
}

export function decodeContender(name: string, rows: Rows, dictionary?: Dictionary): Contender {
  const { bytes, offsets } = encodeAll(rows, dictionary);
  const envelopes = { level: LEVEL, codes: codesOf(rows), bytes, offsets };
  const out = makeDecodedRows(ROWS, rows.bytes.length + 64 * ROWS);
  const dictionaries = dictionary === undefined ? [] : [dictionary];
  return { name, rows: ROWS, run: () => decodeEnvelopes(envelopes, { out, dictionaries }) };
}

export function codesOf(rows: Rows): BigUint64Array {
  if (!("codes" in rows)) throw new Error("these rows have whole codes");
  return rows.codes;
}

export function encodeAll(rows: Rows, dictionary?: Dictionary): EncodedEnvelopes {
  const encoded = encodeEnvelopes(rows, dictionary === undefined ? {} : { dictionary });
  if (encoded.rejected > 0) throw new Error(`${encoded.rejected} rows were rejected`);
  return encoded;
}

/** LZ4 on the metadata alone, a row a block, as a yardstick. */
function lz4Contenders(rows: Rows) {
  const addon = nativeAddon();
  const metadataBytes = rows.metadataOffsets[ROWS] ?? 0;
  const blocks = new Uint8Array(metadataBytes + 32 * ROWS);
  const blockOffsets = new Uint32Array(ROWS + 1);
  const back = new Uint8Array(metadataBytes);
  const compress = () =>
    addon.lz4CompressRows(rows.bytes, rows.metadataOffsets, blocks, blockOffsets, false);
  const compressedBytes = Number(compress());
  return {
    compress: { name: "LZ4 alone, compress the metadata", rows: ROWS, run: compress },
    decompress: {
      name: "LZ4 alone, decompress the metadata",
      rows: ROWS,
      run: () => addon.lz4DecompressRows(blocks, blockOffsets, back, false),
    },
    compressedBytes,
  };
}

/** Bytes that a row takes once `bytes` is cut into chunks of 16 KiB and each is LZ4-compressed. */
function chunkedBytesPerRow(bytes: Uint8Array): number {
  const chunks = Math.ceil(bytes.length / CHUNK_BYTES);
  const offsets = Uint32Array.from({ length: chunks + 1 }, (_, i) =>
    Math.min(i * CHUNK_BYTES, bytes.length),
  );
  const out = new Uint8Array(bytes.length + chunks * 128);
  const outOffsets = new Uint32Array(chunks + 1);
  return Number(nativeAddon().lz4CompressRows(bytes, offsets, out, outOffsets, false)) / ROWS;
}

/** The same content without an envelope: eight bytes a number, texts as they are, row by row. */
function rawRows(rows: Rows): Uint8Array {
  const text = (column: ValueColumn | undefined, row: number) => {
    const slot = BigInt(column?.slots?.[row] ?? 0n);
    const offset = Number(slot & 0xffffffffn);
    return rows.bytes.subarray(offset, offset + Number(slot >> 32n));
  };
  const numbers = [rows.id?.slots, rows.density?.slots, rows.x, rows.y, rows.z];
  const views = numbers.map((a) =>
    a ? new Uint8Array(a.buffer, a.byteOffset, a.byteLength) : undefined,
  );
  const parts = Array.from({ length: ROWS }, (_, row) => [
    ...views.map((view) => view?.subarray(8 * row, 8 * row + 8) ?? new Uint8Array(0)),
    text(rows.created, row),
    text(rows.metadata, row),
  ]);
  return new Uint8Array(Buffer.concat(parts.flat()));
}

function bytesLine(name: string, value: number): Line {
  return { name, value: { median: value, min: value, max: value }, unit: "B" };
}

function sizeSection(rows: Rows, dictionary: Dictionary): Section {
  const raw = rawRows(rows);
  const plain = encodeAll(rows).bytes;
  const withDictionary = encodeAll(rows, dictionary).bytes;
  return {
    title: "Bytes a row, before and after 16 KiB LZ4 chunks on top (as Cassandra does)",
    lines: [
      bytesLine("raw values", raw.length / ROWS),
      bytesLine("envelope", plain.length / ROWS),
      bytesLine("envelope + dictionary", withDictionary.length / ROWS),
      bytesLine("raw values, on disk", chunkedBytesPerRow(raw)),
      bytesLine("envelope, on disk", chunkedBytesPerRow(plain)),
      bytesLine("envelope + dictionary, on disk", chunkedBytesPerRow(withDictionary)),
    ],
  };
}

/** How much smaller the metadata gets, by the blocks as envelopes hold them. */
function ratioSection(rows: Rows, dictionary: Dictionary, lz4Bytes: number): Section {
  const metadataBytes = rows.metadataOffsets[ROWS] ?? 0;
  const noMetadata = encodeAll({
    ...rows,
    metadata: { kinds: storageClass.null, slots: null },
  } as Rows);
  const metadataIn = (encoded: EncodedEnvelopes) => encoded.bytes.length - noMetadata.bytes.length;
  const plain = metadataIn(encodeAll(rows));
  const shared = metadataIn(encodeAll(rows, dictionary));
  const ratio = (name: string, value: number, atLeast?: number): Line => ({
    name,
    value: { median: value, min: value, max: value },
    unit: "x",
    ...(atLeast === undefined ? {} : { bar: { atLeast } }),
  });
  return {
    title: `Metadata: ${(metadataBytes / ROWS).toFixed(0)} bytes of JSON a row; dictionary of ${dictionary.bytes.length} bytes, trained on other rows`,
    lines: [
      ratio("LZ4 alone, metadata to blocks", metadataBytes / lz4Bytes),
      ratio("envelope, metadata to bytes in it", metadataBytes / plain),
      ratio("envelope + dictionary, likewise", metadataBytes / shared),
      ratio("dictionary: better than without, by", plain / shared, 1.5),
    ],
  };
}

export async function benchEnvelope(options: PairedOptions): Promise<Section[]> {
  const rows = makeRows(10n, true);
  const offCenter = makeRows(10n, false);
  const dictionary = trainDictionary(samplesOf(makeRows(20n, true)));
  if (dictionary === undefined) throw new Error("the samples gave no dictionary");
  const lz4 = lz4Contenders(rows);
  const encodes = await measurePaired(
    [
      lz4.compress,
      encodeContender("encode envelopes", rows),
      encodeContender("encode envelopes, points off the centre", offCenter),
      encodeContender("encode envelopes, dictionary", rows, dictionary),
    ],
    options,
  );
  const decodes = await measurePaired(
    [
      lz4.decompress,
      decodeContender("decode envelopes", rows),
      decodeContender("decode envelopes, points off the centre", offCenter),
      decodeContender("decode envelopes, dictionary", rows, dictionary),
    ],
    options,
  );
  const withBar = (bar: number) => (result: (typeof encodes)[number], i: number) =>
    rateLine(result, i === 0 ? undefined : bar);
  return [
    {
      title: "Envelopes, one core, million rows a second",
      lines: [...encodes.map(withBar(2.5)), ...decodes.map(withBar(5))],
    },
    ratioSection(rows, dictionary, lz4.compressedBytes),
    sizeSection(rows, dictionary),
  ];
}
