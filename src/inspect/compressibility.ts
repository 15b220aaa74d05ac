import { type Dictionary, trainDictionaryAsync } from "../encoding/dictionary.js";
import { encodeEnvelopesAsync } from "../encoding/envelope.js";
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
export async function measureCompressibility(
  values: readonly Uint8Array[],
): Promise<Compressibility> {
  const bytes = bytesOf(values);
  return {
    values: values.length,
    bytes,
    alone: await ratioOf(values),
    withDictionary: values.length < MIN_TRAINING ? null : await dictionaryGain(values),
  };
}

/** Trained on every other value, measured on the rest. */
async function dictionaryGain(
  values: readonly Uint8Array[],
): Promise<Compressibility["withDictionary"]> {
  const dictionary = await trainDictionaryAsync(packSamples(values.filter((_, i) => i % 2 === 0)));
  if (dictionary === undefined) return null;
  const others = values.filter((_, i) => i % 2 === 1);
  return {
    bytes: dictionary.bytes.length,
    ratio: await ratioOf(others, dictionary),
    without: await ratioOf(others),
  };
}

/** Of envelopes that hold nothing else, less what they are without metadata. */
async function ratioOf(values: readonly Uint8Array[], dictionary?: Dictionary): Promise<number> {
  const plain = bytesOf(values);
  if (plain === 0) return 1;
  const options = dictionary === undefined ? {} : { dictionary };
  const empty = await envelopeBytes([new Uint8Array(0)], {});
  const full = await envelopeBytes(values, options);
  return Math.min(1, (full - empty * values.length) / plain);
}

/**
 * What LZ4 leaves of a byte of blocks of some KiB, as a server stores them.
 *
 * @param rows what is stored of each
 */
export function blockRatio(rows: readonly Uint8Array[], blockBytes: number): Promise<number> {
  const all = Buffer.concat(rows);
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < all.length; at += blockBytes) {
    blocks.push(new Uint8Array(all.subarray(at, at + blockBytes)));
  }
  return ratioOf(blocks);
}

async function envelopeBytes(
  values: readonly Uint8Array[],
  options: { readonly dictionary?: Dictionary },
): Promise<number> {
  const packer = new ValuePacker();
  const metadata = packer.column(values);
  const axis = new Float64Array(values.length);
  const { offsets } = await encodeEnvelopesAsync(
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
