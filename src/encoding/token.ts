import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { Levels } from "../native/addon.js";
import { requireArray, requireArrayOf, requireObject } from "./arrays.js";
import { engine } from "./kernel.js";
import { MAX_LEVEL, requireLevel } from "./level.js";
import { callNative, callNativeOnPool, type NativeCall } from "./native-call.js";

export interface TokenOptions {
  /** n tokens to fill; made when left out. */
  readonly out?: BigInt64Array;
}

/**
 * Cassandra's Murmur3 tokens of bigint partition keys: layout node, where the
 * key is the Morton code. It hashes whatever it is given: the code of a rejected
 * row (2^64 - 1) gets a token too, so consult the row's status first.
 *
 * @throws OctoloadError ARG_*.
 */
export function tokens(
  keys: BigUint64Array | BigInt64Array,
  options: TokenOptions = {},
): BigInt64Array {
  const call = tokenCall(keys, options);
  callNative<undefined>(engine().addon.bigintTokens, call);
  return call.out;
}

/** As tokens(), on libuv's pool. */
export async function tokensAsync(
  keys: BigUint64Array | BigInt64Array,
  options: TokenOptions = {},
): Promise<BigInt64Array> {
  const call = tokenCall(keys, options);
  await callNativeOnPool(engine().addon.bigintTokens, call);
  return call.out;
}

/**
 * Cassandra's Murmur3 tokens of the composite partition key (level tinyint,
 * tile bigint): layout tile.
 *
 * @param levels one for all rows, or one a row (not checked against 26 there).
 * @throws OctoloadError ARG_*, LEVEL_INVALID.
 */
export function tileTokens(
  levels: Levels,
  tiles: BigUint64Array,
  options: TokenOptions = {},
): BigInt64Array {
  const call = tileTokenCall(levels, tiles, options);
  callNative<undefined>(engine().addon.tileTokens, call);
  return call.out;
}

/** As tileTokens(), on libuv's pool. */
export async function tileTokensAsync(
  levels: Levels,
  tiles: BigUint64Array,
  options: TokenOptions = {},
): Promise<BigInt64Array> {
  const call = tileTokenCall(levels, tiles, options);
  await callNativeOnPool(engine().addon.tileTokens, call);
  return call.out;
}

/** The token of one bigint key (signed 64 bits). */
export function token(key: bigint): bigint {
  const keys = BigInt64Array.of(requireInt64("key", key));
  return tokens(keys)[0] ?? 0n;
}

/** The token of one composite key (level, tile). */
export function tileToken(level: number, tile: bigint): bigint {
  requireLevel(level, "level", MAX_LEVEL);
  const tiles = BigUint64Array.of(BigInt.asUintN(64, requireInt64("tile", tile)));
  return tileTokens(level, tiles)[0] ?? 0n;
}

interface TokenCall extends NativeCall {
  readonly out: BigInt64Array;
}

const tokenNames = ["keys", "out"];
const tileTokenNames = ["tiles", "levels", "out"];

function tokenCall(keys: unknown, options: TokenOptions): TokenCall {
  const input = requireArrayOf("keys", keys, ["BigUint64Array", "BigInt64Array"]);
  const out = outputOf(options, input.length);
  return { args: [input, out, false], names: tokenNames, firstOutput: 1, out };
}

function tileTokenCall(levels: Levels, tiles: unknown, options: TokenOptions): TokenCall {
  const input = requireArray("tiles", tiles, "BigUint64Array");
  if (typeof levels === "object") requireArray("levels", levels, "Uint8Array", input.length);
  else requireLevel(levels, "levels", MAX_LEVEL);
  const out = outputOf(options, input.length);
  return { args: [input, levels, out, false], names: tileTokenNames, firstOutput: 2, out };
}

function outputOf(options: TokenOptions, count: number): BigInt64Array {
  requireObject("options", options);
  if (options.out === undefined) return new BigInt64Array(count);
  return requireArray("out", options.out, "BigInt64Array", count);
}

function requireInt64(parameter: string, value: unknown): bigint {
  if (typeof value !== "bigint") {
    throw new OctoloadError(
      "ARG_TYPE",
      `${parameter} must be a bigint, got ${describeValue(value)}`,
    );
  }
  if (BigInt.asIntN(64, value) === value) return value;
  throw new OctoloadError(
    "ARG_RANGE",
    `${parameter} must fit a signed 64-bit integer, got ${describeValue(value)}`,
  );
}
