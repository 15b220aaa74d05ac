import type { Dictionary } from "../encoding/dictionary.js";
import { trainDictionary } from "../encoding/dictionary.js";
import { encodeEnvelopes } from "../encoding/envelope.js";
import { ValuePacker } from "../encoding/value-column.js";
import { packSamples } from "./pack-samples.js";

/** How well the metadata of a source compresses, by its seeded sample. */
export interface Compressibility {
  /** Values looked at: TEXT and BLOB of the sample. */
  readonly values: number;
  readonly bytes: number;
  /** What is left of a byte where each value is compressed alone; 1: nothing is gained. */
  readonly alone: number;
  /** As `alone`, of values of so many bytes and more, which are those a load compresses. */
  readonly withDictionary: {
    readonly bytes: number;
    /** Of the values that it was not trained on, and what they come to without it. */
    readonly ratio: number;
    readonly without: number;
  } | null;
}

/** Fewer values train no dictionary that says anything. */
const MIN_TRAINING = 100;

/** @param values of the sample's rows, in the source's order */
export function measureCompressibility(values: readonly Uint8Array[]): Compressibility {
  const bytes = bytesOf(values);
  return {
    values: values.length,
    bytes,
    alone: ratioOf(values),
    withDictionary: values.length < MIN_TRAINING ? null : dictionaryGain(values),
  };
}

/** Trained on every other value, measured on the rest. */
function dictionaryGain(values: readonly Uint8Array[]): Compressibility["withDictionary"] {
  const dictionary = trainDictionary(packSamples(values.filter((_, i) => i % 2 === 0)));
  if (dictionary === undefined) return null;
  const others = values.filter((_, i) => i % 2 === 1);
  return {
    bytes: dictionary.bytes.length,
    ratio: ratioOf(others, dictionary),
    without: ratioOf(others),
  };
}

/** Of envelopes that hold nothing else, less what they are without metadata. */
function ratioOf(values: readonly Uint8Array[], dictionary?: Dictionary): number {
  const plain = bytesOf(values);
  if (plain === 0) return 1;
  const options = dictionary === undefined ? {} : { dictionary };
  const empty = envelopeBytes([new Uint8Array(0)], {});
  return Math.min(1, (envelopeBytes(values, options) - empty * values.length) / plain);
}

/**
 * What LZ4 leaves of a byte of blocks of some KiB, as a server stores them.
 *
 * @param rows what is stored of each
 */
export function blockRatio(rows: readonly Uint8Array[], blockBytes: number): number {
  const all = Buffer.concat(rows);
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < all.length; at += blockBytes) {
    blocks.push(new Uint8Array(all.subarray(at, at + blockBytes)));
  }
  return ratioOf(blocks);
}

function envelopeBytes(
  values: readonly Uint8Array[],
  options: { readonly dictionary?: Dictionary },
): number {
  const packer = new ValuePacker();
  const metadata = packer.column(values);
  const axis = new Float64Array(values.length);
  const { offsets } = encodeEnvelopes(
    {
      ...{ x: axis, y: axis, z: axis, level: 0, codes: new BigUint64Array(values.length) },
      ...{ metadata, bytes: packer.bytes() },
    },
    options,
  );
  return offsets[values.length] ?? 0;
}

function bytesOf(values: readonly Uint8Array[]): number {
  return values.reduce((sum, value) => sum + value.length, 0);
}
