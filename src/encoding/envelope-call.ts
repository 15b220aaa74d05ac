import { OctoloadError } from "../errors/octoload-error.js";
import { requireArray, requireList } from "./arrays.js";
import { type Dictionary, handleOf } from "./dictionary.js";
import { checkEnvelopes, checkRows } from "./envelope-input.js";
import {
  checkDecodedOut,
  MAX_BATCH_BYTES,
  makeDecodedRows,
  makeEnvelopes,
  outputArguments,
  outputNames,
} from "./envelope-output.js";
import type {
  DecodedEnvelopes,
  DecodeEnvelopesOptions,
  EncodedEnvelopes,
  EncodeEnvelopesOptions,
  EnvelopeRows,
  Envelopes,
} from "./envelope-rows.js";
import { frameHandle } from "./frame-handle.js";
import type { NativeCall } from "./native-call.js";

/** In place of a count of rejected rows. */
const OVERFLOW = -1;

/** A checked call and what its result means. */
export interface Plan<Result, Batch> extends NativeCall {
  finish(result: Result): Batch;
}

const NO_OUTPUTS = Number.POSITIVE_INFINITY;

export function planEncodeBound(rows: EnvelopeRows): Plan<number, number> {
  const { args, names, count } = checkRows(rows);
  return {
    args: [...args, false],
    names,
    firstOutput: NO_OUTPUTS,
    finish: (bound) => {
      if (bound <= MAX_BATCH_BYTES) return bound;
      throw tooLarge(`the envelopes of ${count} rows`);
    },
  };
}

/** `bound`: bytes to make where the caller gave no output. */
export function planEncode(
  rows: EnvelopeRows,
  options: EncodeEnvelopesOptions,
  bound: number | undefined,
): Plan<number, EncodedEnvelopes> {
  const { args, names, count } = checkRows(rows);
  const { bytes, offsets, status } = options.out ?? makeEnvelopes(count, bound ?? 0);
  if (options.out !== undefined) {
    requireArray("out.bytes", bytes, "Uint8Array");
    requireArray("out.offsets", offsets, "Uint32Array", count + 1);
    requireArray("out.status", status, "Uint8Array", count);
  }
  const dictionary =
    options.dictionary === undefined ? null : handleOf("dictionary", options.dictionary);
  return {
    args: [...args, frameHandle(options.frame), dictionary, bytes, offsets, status, false],
    names: [...names, "frame", "dictionary", "out.bytes", "out.offsets", "out.status"],
    firstOutput: args.length + 2,
    finish: (rejected) => {
      if (rejected === OVERFLOW) throw tooSmall("out.bytes", bytes.length);
      return { bytes: bytes.subarray(0, offsets[count]), offsets, status, rejected };
    },
  };
}

type DecodeBound = [byteLength: number, extraColumns: number];

export function planDecodeBound(envelopes: Envelopes): Plan<DecodeBound, DecodeBound> {
  const { args, names, count } = checkEnvelopes(envelopes);
  return {
    args: [...args, false],
    names,
    firstOutput: NO_OUTPUTS,
    finish: (bound) => {
      if (bound[0] <= MAX_BATCH_BYTES) return bound;
      throw tooLarge(`the values of ${count} envelopes`);
    },
  };
}

/** `bound`: bytes and unmapped columns to make where the caller gave no output. */
export function planDecode(
  envelopes: Envelopes,
  options: DecodeEnvelopesOptions,
  bound: DecodeBound | undefined,
): Plan<[rejected: number, bytesUsed: number], DecodedEnvelopes> {
  const { args, names, count } = checkEnvelopes(envelopes);
  const out = options.out ?? makeDecodedRows(count, ...(bound ?? ([0, 0] as const)));
  if (options.out !== undefined) checkDecodedOut(out, count);
  const dictionaries = handlesOf(options.dictionaries);
  return {
    args: [
      ...[...args, frameHandle(options.frame), dictionaries],
      ...[...outputArguments(out), false],
    ],
    names: [...names, "frame", "dictionaries", ...outputNames],
    firstOutput: args.length + 2,
    finish: ([rejected, bytesUsed]) => {
      if (rejected === OVERFLOW) throw tooSmall("out.bytes or out.extras", out.bytes.length);
      return { ...out, bytes: out.bytes.subarray(0, bytesUsed), rejected };
    },
  };
}

function handlesOf(dictionaries: readonly Dictionary[] = []): readonly unknown[] {
  requireList("dictionaries", dictionaries);
  return dictionaries.map((dictionary, i) => handleOf(`dictionaries[${i}]`, dictionary));
}

function tooLarge(what: string): OctoloadError {
  return new OctoloadError("TOO_LARGE", `${what} may need more than ${MAX_BATCH_BYTES} bytes`);
}

function tooSmall(parameter: string, byteLength: number): OctoloadError {
  return new OctoloadError(
    "OUTPUT_TOO_SMALL",
    `${parameter} of ${byteLength} bytes cannot hold the batch's result`,
  );
}
