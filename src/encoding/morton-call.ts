import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { Levels } from "../native/addon.js";
import { requireArray, requireObject } from "./arrays.js";
import type { FrameSpec } from "./frame.js";
import { frameHandle } from "./frame-handle.js";
import type { Engine } from "./kernel.js";
import { MAX_CODE_LEVEL, MAX_LEVEL, requireLevel } from "./level.js";
import type {
  Batch,
  BatchOptions,
  CodeArrays,
  DecodeOptions,
  PointArrays,
  Points,
  TileArrays,
} from "./morton-arrays.js";
import { callNative, callNativeOnPool, type NativeCall } from "./native-call.js";

/**
 * A checked call of the addon, ready to run on any engine: at once or on the
 * pool, and in tests and benches on a kernel of their choice. The kernel's
 * index goes in front when it runs.
 */
export interface MortonCall<Arrays> extends NativeCall {
  readonly name: "encode" | "encodeStrided" | "decode";
  readonly out: Arrays & { rejected: number };
}

export function runCall<Arrays>(on: Engine, call: MortonCall<Arrays>): Batch<Arrays> {
  call.args[0] = on.kernel;
  call.out.rejected = callNative(on.addon[call.name], call);
  return call.out;
}

export async function runCallOnPool<Arrays>(
  on: Engine,
  call: MortonCall<Arrays>,
): Promise<Batch<Arrays>> {
  call.args[0] = on.kernel;
  call.out.rejected = await callNativeOnPool(on.addon[call.name], call);
  return call.out;
}

export function encodeCall(
  points: Points,
  level: Levels,
  options: BatchOptions<CodeArrays>,
): MortonCall<CodeArrays> {
  requireObject("options", options);
  const check = () => checkEncode(points, level, options.out, "codes");
  checkLevel(level, MAX_CODE_LEVEL);
  // A caller that brings its outputs wants speed: its arrays are checked here
  // only when the addon refused them.
  const { codes, status } = options.out ?? makeCodes(check());
  const out = { codes, status, rejected: 0 };
  return encodePlan(points, level, options.frame, codes, null, status, out, check);
}

export function encodeTilesCall(
  points: Points,
  level: Levels,
  options: BatchOptions<TileArrays>,
): MortonCall<TileArrays> {
  requireObject("options", options);
  const check = () => checkEncode(points, level, options.out, "tiles");
  checkLevel(level, MAX_LEVEL);
  const { tiles, cells, status } = options.out ?? makeTiles(check());
  const out = { tiles, cells, status, rejected: 0 };
  return encodePlan(points, level, options.frame, tiles, cells, status, out, check);
}

/** How many rows there are, all arguments being right. */
function checkEncode(
  points: Points,
  level: Levels,
  out: { readonly [name: string]: unknown } | CodeArrays | TileArrays | undefined,
  form: "codes" | "tiles",
): number {
  const count = checkPoints(points);
  checkLevelRows(level, count);
  if (out === undefined) return count;
  const arrays: { readonly [name: string]: unknown } = { ...out };
  requireArray(`out.${form}`, arrays[form], "BigUint64Array", count);
  if (form === "tiles") requireArray("out.cells", arrays.cells, "Uint16Array", count);
  requireArray("out.status", arrays.status, "Uint8Array", count);
  return count;
}

const outNames = ["level", "frame", "out.codes or out.tiles", "out.cells", "out.status"];
const separateNames = ["", "x", "y", "z", ...outNames];
const interleavedNames = ["", "xyz", "stride", ...outNames];

function encodePlan<Out>(
  points: Points,
  level: Levels,
  spec: FrameSpec | undefined,
  tiles: BigUint64Array,
  cells: Uint16Array | null,
  status: Uint8Array,
  out: Out & { rejected: number },
  recheck: () => void,
): MortonCall<Out> {
  requirePoints(points);
  const frame = frameHandle(spec);
  if ("xyz" in points) {
    const args = [0, points.xyz, points.stride ?? 3, level, frame, tiles, cells, status, false];
    return { name: "encodeStrided", args, names: interleavedNames, firstOutput: 5, out, recheck };
  }
  const { x, y, z } = points;
  const args = [0, x, y, z, level, frame, tiles, cells, status, false];
  return { name: "encode", args, names: separateNames, firstOutput: 6, out, recheck };
}

function makeCodes(count: number): CodeArrays {
  return { codes: new BigUint64Array(count), status: new Uint8Array(count) };
}

function makeTiles(count: number): TileArrays {
  return {
    tiles: new BigUint64Array(count),
    cells: new Uint16Array(count),
    status: new Uint8Array(count),
  };
}

/** What decode takes: whole codes, or tiles and cells. */
export type CodeInput =
  | { readonly codes: BigUint64Array }
  | { readonly tiles: BigUint64Array; readonly cells: Uint16Array };

const decodeNames = [
  ...["", "codes or tiles", "cells", "level", "corner", "frame"],
  ...["out.x", "out.y", "out.z", "out.status"],
];

const cornerNumbers = { min: 0, center: 1, max: 2 } as const;

export function decodeCall(
  input: CodeInput,
  level: Levels,
  options: DecodeOptions,
): MortonCall<PointArrays> {
  requireObject("options", options);
  const whole = "codes" in input;
  const recheck = () => checkDecode(input, level, options.out);
  checkLevel(level, whole ? MAX_CODE_LEVEL : MAX_LEVEL);
  const corner = cornerNumber(options.corner);
  const tiles = whole ? input.codes : input.tiles;
  const cells = whole ? null : input.cells;
  const { x, y, z, status } = options.out ?? makePoints(recheck());
  const frame = frameHandle(options.frame);
  const args = [0, tiles, cells, level, corner, frame, x, y, z, status, false];
  const out = { x, y, z, status, rejected: 0 };
  return { name: "decode", args, names: decodeNames, firstOutput: 6, out, recheck };
}

function checkDecode(input: CodeInput, level: Levels, out: PointArrays | undefined): number {
  const whole = "codes" in input;
  const count = whole
    ? requireArray("codes", input.codes, "BigUint64Array").length
    : requireArray("tiles", input.tiles, "BigUint64Array").length;
  if (!whole) requireArray("cells", input.cells, "Uint16Array", count);
  checkLevelRows(level, count);
  if (out === undefined) return count;
  for (const axis of ["x", "y", "z"] as const) {
    requireArray(`out.${axis}`, out[axis], "Float64Array", count);
  }
  requireArray("out.status", out.status, "Uint8Array", count);
  return count;
}

function makePoints(count: number): PointArrays {
  return {
    x: new Float64Array(count),
    y: new Float64Array(count),
    z: new Float64Array(count),
    status: new Uint8Array(count),
  };
}

function requirePoints(points: unknown): void {
  if (typeof points === "object" && points !== null) return;
  throw new OctoloadError(
    "ARG_TYPE",
    `points must be {x, y, z} or {xyz, stride}, got ${describeValue(points)}`,
  );
}

/** How many points there are. */
function checkPoints(points: Points): number {
  requirePoints(points);
  if ("xyz" in points) return checkInterleaved(points.xyz, points.stride ?? 3);
  const count = requireArray("x", points.x, "Float64Array").length;
  requireArray("y", points.y, "Float64Array", count);
  requireArray("z", points.z, "Float64Array", count);
  return count;
}

const MAX_STRIDE = 2 ** 20;

function checkInterleaved(xyz: unknown, stride: number): number {
  const { length } = requireArray("xyz", xyz, "Float64Array");
  if (!Number.isInteger(stride) || stride < 3 || stride > MAX_STRIDE) {
    throw new OctoloadError(
      "ARG_RANGE",
      `stride must be an integer from 3 to ${MAX_STRIDE}, got ${describeValue(stride)}`,
    );
  }
  const beyond = length % stride;
  if (beyond !== 0 && beyond < 3) {
    throw new OctoloadError(
      "ARG_LENGTH",
      `xyz must hold whole points of stride ${stride}, got ${length} elements, ${beyond} of them a part of one`,
    );
  }
  return Math.ceil(length / stride);
}

/** Refuses a wrong level for all rows at once; levels a row are judged row by row. */
function checkLevel(level: Levels, max: number): void {
  if (typeof level !== "object") requireLevel(level, "level", max);
}

function checkLevelRows(level: Levels, count: number): void {
  if (typeof level === "object") requireArray("level", level, "Uint8Array", count);
}

function cornerNumber(corner: DecodeOptions["corner"] = "center"): number {
  if (Object.hasOwn(cornerNumbers, corner)) return cornerNumbers[corner];
  throw new OctoloadError(
    "ARG_RANGE",
    `corner must be "min", "center" or "max", got ${describeValue(corner)}`,
  );
}
