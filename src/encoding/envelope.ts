import { nativeAddon } from "../native/addon.js";
import { requireObject } from "./arrays.js";
import { planDecode, planDecodeBound, planEncode, planEncodeBound } from "./envelope-call.js";
import type {
  DecodedEnvelopes,
  DecodeEnvelopesOptions,
  EncodedEnvelopes,
  EncodeEnvelopesOptions,
  EnvelopeRows,
  Envelopes,
} from "./envelope-rows.js";
import { callNative, callNativeOnPool } from "./native-call.js";

/**
 * Bytes that suffice for the envelopes of these rows.
 *
 * @throws OctoloadError ARG_*; TOO_LARGE when no buffer could hold them: split the batch.
 */
export function envelopeBound(rows: EnvelopeRows): number {
  const plan = planEncodeBound(rows);
  return plan.finish(callNative(nativeAddon().envelopeEncodeBound, plan));
}

/**
 * Wraps rows into envelopes (docs/envelope.md). A bad row gets a status and an
 * empty envelope; it never stops the batch.
 *
 * @throws OctoloadError ARG_*, LEVEL_INVALID for one level, OUTPUT_TOO_SMALL, TOO_LARGE, FRAME_INVALID.
 */
export function encodeEnvelopes(
  rows: EnvelopeRows,
  options: EncodeEnvelopesOptions = {},
): EncodedEnvelopes {
  requireObject("options", options);
  const bound = options.out === undefined ? envelopeBound(rows) : undefined;
  const plan = planEncode(rows, options, bound);
  return plan.finish(callNative(nativeAddon().envelopeEncode, plan));
}

/** As encodeEnvelopes(), on libuv's pool. The arrays must stay as they are meanwhile. */
export async function encodeEnvelopesAsync(
  rows: EnvelopeRows,
  options: EncodeEnvelopesOptions = {},
): Promise<EncodedEnvelopes> {
  requireObject("options", options);
  let bound: number | undefined;
  if (options.out === undefined) {
    const measure = planEncodeBound(rows);
    bound = measure.finish(await callNativeOnPool(nativeAddon().envelopeEncodeBound, measure));
  }
  const plan = planEncode(rows, options, bound);
  return plan.finish(await callNativeOnPool(nativeAddon().envelopeEncode, plan));
}

/** What makeDecodedRows() needs for a batch. */
export interface DecodedBound {
  /** Of TEXT and BLOB values. */
  readonly byteLength: number;
  /** Unmapped columns of the richest row. */
  readonly extraColumns: number;
}

/**
 * Outputs that suffice for decoding these envelopes. It reads them without
 * verifying any, so a damaged one may make it larger than needed.
 *
 * @throws OctoloadError ARG_*, LEVEL_INVALID for one level; TOO_LARGE: split the batch.
 */
export function decodedBound(envelopes: Envelopes): DecodedBound {
  const plan = planDecodeBound(envelopes);
  const [byteLength, extraColumns] = plan.finish(
    callNative(nativeAddon().envelopeDecodeBound, plan),
  );
  return { byteLength, extraColumns };
}

/**
 * Unwraps envelopes. The bytes may be hostile: whatever is wrong with one gives
 * its row a status, NaN coordinates and absent values, and stops nothing.
 *
 * @throws OctoloadError ARG_*, LEVEL_INVALID for one level, OUTPUT_TOO_SMALL, TOO_LARGE, FRAME_INVALID.
 */
export function decodeEnvelopes(
  envelopes: Envelopes,
  options: DecodeEnvelopesOptions = {},
): DecodedEnvelopes {
  requireObject("options", options);
  let bound: [number, number] | undefined;
  if (options.out === undefined) {
    const measure = planDecodeBound(envelopes);
    bound = measure.finish(callNative(nativeAddon().envelopeDecodeBound, measure));
  }
  const plan = planDecode(envelopes, options, bound);
  return plan.finish(callNative(nativeAddon().envelopeDecode, plan));
}

/** As decodeEnvelopes(), on libuv's pool. The arrays must stay as they are meanwhile. */
export async function decodeEnvelopesAsync(
  envelopes: Envelopes,
  options: DecodeEnvelopesOptions = {},
): Promise<DecodedEnvelopes> {
  requireObject("options", options);
  let bound: [number, number] | undefined;
  if (options.out === undefined) {
    const measure = planDecodeBound(envelopes);
    bound = measure.finish(await callNativeOnPool(nativeAddon().envelopeDecodeBound, measure));
  }
  const plan = planDecode(envelopes, options, bound);
  return plan.finish(await callNativeOnPool(nativeAddon().envelopeDecode, plan));
}
