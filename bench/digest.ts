import { frames } from "../dist/encoding/frame.js";
import { RowDigester } from "../dist/encoding/row-digester.js";
import { nativeAddon } from "../dist/native/addon.js";
import { makeSinkBatch, type SinkBatch } from "../dist/sink/sink-batch.js";
import { randomPoints } from "./data.js";
import {
  codesOf,
  decodeContender,
  encodeAll,
  LEVEL,
  makeRows,
  ROWS,
  type Rows,
} from "./envelope.js";
import { type Contender, measurePaired, type PairedOptions } from "./paired.js";
import { rateLine, type Section } from "./report.js";

/** 0.35 us a row. */
const BAR = 1 / 0.35;

/** Where nodes lie: within 5 km of sea level, which decides how many ranges have rows. */
function surfacePoints() {
  const { x, y, z } = randomPoints(ROWS, frames.centred, 11n);
  return { x, y, z: z.map((height) => height / 2000) };
}

function batchOf(rows: Rows): SinkBatch {
  const { bytes, offsets } = encodeAll(rows);
  const batch = makeSinkBatch(ROWS, bytes.length);
  batch.bytes.set(bytes);
  batch.offsets.set(offsets);
  for (const [i, code] of codesOf(rows).entries()) {
    batch.tiles[i] = code >> 15n;
    batch.cells[i] = Number(code & 0x7fffn);
  }
  batch.levels.fill(LEVEL);
  batch.materials.fill(7);
  batch.homogeneities.fill(1);
  return batch;
}

/** Messages as long as the rows' canonical bytes (docs/digest.md): seven numbers, two texts. */
function canonicalOffsets({ metadataOffsets }: Rows): Uint32Array {
  const offsets = new Uint32Array(ROWS + 1);
  for (let i = 0; i < ROWS; i++) {
    const metadata = (metadataOffsets[i + 1] ?? 0) - (metadataOffsets[i] ?? 0);
    const length = 12 + 7 * 10 + 2 + (metadata > 127 ? 1 : 0) + metadata + 2 + 24 + 1 + 5;
    offsets[i + 1] = (offsets[i] ?? 0) + length;
  }
  return offsets;
}

function shaContender(name: string, offsets: Uint32Array, isScalar: boolean): Contender {
  const bytes = new Uint8Array(offsets[ROWS] ?? 0).map((_, i) => i * 31);
  const digests = new Uint8Array(32 * ROWS);
  const run = () => nativeAddon().sha256Rows(bytes, offsets, isScalar, digests, false);
  return { name, rows: ROWS, run };
}

function digestContender(name: string, rows: Rows): Contender {
  const digester = new RowDigester({ frame: frames.centred });
  const batch = batchOf(rows);
  return { name, rows: ROWS, run: () => digester.digestBatch(batch) };
}

/** What a load pays for the digests of its rows, beside what there is no way around. */
export async function benchDigests(options: PairedOptions): Promise<Section> {
  const rows = makeRows(10n, true, surfacePoints());
  const offCenter = makeRows(10n, false, surfacePoints());
  const offsets = canonicalOffsets(offCenter);
  const results = await measurePaired(
    [
      shaContender("SHA-256 alone, messages as long", offsets, false),
      shaContender("SHA-256 alone, scalar", offsets, true),
      decodeContender("decode envelopes, points off the centre", offCenter),
      digestContender("digests of rows, added up", rows),
      digestContender("digests of rows, points off the centre", offCenter),
    ],
    options,
  );
  const envelopeBytes = (encodeAll(offCenter).bytes.length / ROWS).toFixed(0);
  const canonicalBytes = ((offsets[ROWS] ?? 0) / ROWS).toFixed(0);
  return {
    title: `Digests, one core; off the centre: envelopes of ${envelopeBytes} bytes, canonical ${canonicalBytes}`,
    lines: results.map((result, i) => rateLine(result, i >= 3 ? BAR : undefined)),
  };
}
