import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { nativeAddon } from "../native/addon.js";
import type { DictionaryHandle } from "../native/handles.js";
import { requireArray, requireMemory, requireObject } from "./arrays.js";
import { callNative, callNativeOnPool, type NativeCall } from "./native-call.js";

/** LZ4 sees no further back than this. */
export const MAX_DICTIONARY_BYTES = 65_536;
/** More than 16 KiB gained nothing in measurements: LZ4's table for it has 4096 entries. */
const DEFAULT_DICTIONARY_BYTES = 16_384;
const MAX_NUMBER = 2 ** 32 - 1;

const handles = new WeakMap<Dictionary, DictionaryHandle>();

/**
 * A shared LZ4 dictionary: immutable bytes under a number that envelopes name.
 * Keep both with the target: without them its envelopes cannot be read.
 */
export class Dictionary {
  /** 1 to 2^32 - 1; never reused for other bytes. */
  readonly number: number;
  readonly #bytes: Uint8Array;

  /** @throws OctoloadError DICTIONARY_INVALID, ARG_*. */
  constructor(number: number, bytes: Uint8Array) {
    requireArray("bytes", bytes, "Uint8Array");
    requireMemory("bytes", bytes);
    requireNumber(number);
    const handle = nativeAddon().createDictionary(number, bytes);
    if (handle === null) {
      throw new OctoloadError(
        "DICTIONARY_INVALID",
        `a dictionary must have from 1 to ${MAX_DICTIONARY_BYTES} bytes, got ${bytes.length}`,
      );
    }
    this.number = number;
    // Not slice(): a Buffer's own does not copy.
    this.#bytes = new Uint8Array(bytes);
    handles.set(this, handle);
  }

  /** A copy of its bytes, to store them. */
  get bytes(): Uint8Array {
    return this.#bytes.slice();
  }
}

function requireNumber(number: unknown): void {
  if (Number.isInteger(number) && Number(number) >= 1 && Number(number) <= MAX_NUMBER) return;
  throw new OctoloadError(
    "DICTIONARY_INVALID",
    `a dictionary's number must be an integer from 1 to ${MAX_NUMBER}, got ${describeValue(number)}`,
  );
}

/** The addon's side of a dictionary. Internal. */
export function handleOf(parameter: string, dictionary: unknown): DictionaryHandle {
  const handle = dictionary instanceof Dictionary ? handles.get(dictionary) : undefined;
  if (handle !== undefined) return handle;
  throw new OctoloadError(
    "ARG_TYPE",
    `${parameter} must be a Dictionary, got ${describeValue(dictionary)}`,
  );
}

/** Values to train on: n of them, packed. */
export interface Samples {
  readonly bytes: Uint8Array;
  /** n + 1, ascending: value i is [offsets[i], offsets[i + 1]). */
  readonly offsets: Uint32Array;
}

export interface TrainOptions {
  /** The dictionary's number. Default: 1. */
  readonly number?: number;
  /** At most 65536. Default: 16384. */
  readonly maxBytes?: number;
}

/**
 * Trains a dictionary from sample metadata: a few thousand values of the source
 * are enough. The same samples give the same bytes everywhere.
 *
 * @returns undefined when the samples share nothing worth keeping.
 * @throws OctoloadError ARG_*, DICTIONARY_INVALID.
 */
export function trainDictionary(
  samples: Samples,
  options: TrainOptions = {},
): Dictionary | undefined {
  const call = trainCall(samples, options);
  return dictionaryOf(callNative(nativeAddon().trainDictionary, call), options);
}

/** As trainDictionary(), on libuv's pool. */
export async function trainDictionaryAsync(
  samples: Samples,
  options: TrainOptions = {},
): Promise<Dictionary | undefined> {
  const call = trainCall(samples, options);
  return dictionaryOf(await callNativeOnPool(nativeAddon().trainDictionary, call), options);
}

function dictionaryOf(bytes: Uint8Array, options: TrainOptions): Dictionary | undefined {
  return bytes.length === 0 ? undefined : new Dictionary(options.number ?? 1, bytes);
}

const trainNames = ["samples.bytes", "samples.offsets", "maxBytes"];

function trainCall(samples: Samples, options: TrainOptions): NativeCall {
  requireObject("samples", samples);
  requireObject("options", options);
  const { maxBytes = DEFAULT_DICTIONARY_BYTES, number = 1 } = options;
  requireNumber(number);
  const bytes = requireArray("samples.bytes", samples.bytes, "Uint8Array");
  const offsets = requireArray("samples.offsets", samples.offsets, "Uint32Array");
  requireAscending(offsets, bytes.length);
  if (!Number.isInteger(maxBytes) || maxBytes < 1 || maxBytes > MAX_DICTIONARY_BYTES) {
    throw new OctoloadError(
      "ARG_RANGE",
      `maxBytes must be an integer from 1 to ${MAX_DICTIONARY_BYTES}, got ${describeValue(maxBytes)}`,
    );
  }
  const args = [bytes, offsets, maxBytes, false];
  return { args, names: trainNames, firstOutput: args.length };
}

function requireAscending(offsets: Uint32Array, byteLength: number): void {
  let previous = 0;
  for (const [index, offset] of offsets.entries()) {
    if (offset < previous || offset > byteLength) {
      throw new OctoloadError(
        "ARG_RANGE",
        `samples.offsets must ascend within the ${byteLength} bytes, got ${offset} at index ${index} after ${previous}`,
      );
    }
    previous = offset;
  }
}
