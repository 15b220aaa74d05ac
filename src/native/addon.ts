import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { OctoloadError } from "../errors/octoload-error.js";
import type { CqlAddon } from "./cql-addon.js";
import type { DigestAddon } from "./digest-addon.js";
import type { DictionaryHandle, FrameHandle } from "./handles.js";
import type { HotAddon } from "./hot-addon.js";
import type { LoadAddon } from "./load-addon.js";
import type { RespAddon } from "./resp-addon.js";
import type { ValidateAddon } from "./validate-addon.js";

/** One SIMD implementation of the Morton kernels, as the addon sees it on this machine. */
export interface NativeKernel {
  readonly name: string;
  /** Built for this architecture, and both processor and operating system support it. */
  readonly runnable: boolean;
  /** Runnable, and no slower here than those that follow it. */
  readonly preferred: boolean;
  /** Why it is not runnable or not preferred; empty otherwise. */
  readonly reason: string;
}

/** A level for all rows, or one a row. */
export type Levels = number | Uint8Array;
/** A storage class for all rows, or one a row. */
export type Kinds = number | Uint8Array;
/** Eight bytes a row, however the array reads them. */
export type Slots = BigUint64Array | BigInt64Array | Float64Array;

/**
 * The addon's functions. They take exactly these arguments in this order, check
 * types and lengths once more, and throw TypeError where the typed-array face
 * in src/encoding/ let something wrong through. With `onPool` true a call
 * returns a promise and runs on libuv's pool.
 */
export interface NativeAddon
  extends LoadAddon,
    CqlAddon,
    RespAddon,
    HotAddon,
    DigestAddon,
    ValidateAddon {
  readonly interfaceVersion: number;
  /** Of the Node it was built for: process.versions.modules. */
  readonly nodeAbi: number;
  readonly compiler: string;
  readonly cpu: string;
  readonly slowPdep: boolean;
  /** Best first; the scalar oracle last. Calls name a kernel by its index here. */
  readonly kernels: readonly NativeKernel[];

  /** min x, y, z, then size x, y, z. */
  createFrame(values: Float64Array): FrameHandle;
  /** kernel, x, y, z, levels, frame, tiles, cells, status, onPool: rows rejected. */
  encode(...args: readonly unknown[]): number | Promise<number>;
  /** kernel, xyz, stride, levels, frame, tiles, cells, status, onPool: rows rejected. */
  encodeStrided(...args: readonly unknown[]): number | Promise<number>;
  /** kernel, tiles, cells, levels, corner, frame, x, y, z, status, onPool: rows rejected. */
  decode(...args: readonly unknown[]): number | Promise<number>;
  /** kernel, x, y, z, out, onPool: an encode's memory traffic without its work. */
  copyIn(...args: readonly unknown[]): undefined | Promise<undefined>;
  /** kernel, codes, x, y, z, onPool: a decode's memory traffic without its work. */
  copyOut(...args: readonly unknown[]): undefined | Promise<undefined>;

  /** keys, tokens, onPool. */
  bigintTokens(...args: readonly unknown[]): undefined | Promise<undefined>;
  /** tiles, levels, tokens, onPool. */
  tileTokens(...args: readonly unknown[]): undefined | Promise<undefined>;

  /**
   * columns, onPool: bytes that suffice; Infinity when no buffer could. Columns are x, y,
   * z; tiles, cells, levels; id, density, created, metadata and the originals of x, y, z, level
   * and material, each as kinds and slots; column set; extras as kinds and slots in turn; bytes.
   */
  envelopeEncodeBound(...args: readonly unknown[]): number | Promise<number>;
  /** columns, frame, dictionary, bytes, offsets, status, onPool: rows rejected, or -1: too small. */
  envelopeEncode(...args: readonly unknown[]): number | Promise<number>;
  /** key, bytes, offsets, onPool: bytes that suffice, most unmapped columns of a row. */
  envelopeDecodeBound(...args: readonly unknown[]): [number, number] | Promise<[number, number]>;
  /** key, bytes, offsets, frame, dictionaries, outputs, onPool: rows rejected or -1, bytes used. */
  envelopeDecode(...args: readonly unknown[]): [number, number] | Promise<[number, number]>;

  /** null when number or length is out of range. */
  createDictionary(number: number, bytes: Uint8Array): DictionaryHandle | null;
  /** bytes, offsets, maxBytes, onPool: empty when the samples share nothing. */
  trainDictionary(...args: readonly unknown[]): Uint8Array | Promise<Uint8Array>;

  /** bytes, offsets, out, outOffsets, onPool: bytes written. For the benchmark. */
  lz4CompressRows(...args: readonly unknown[]): number | Promise<number>;
  /** blocks, offsets, out, onPool: bytes written. For the benchmark. */
  lz4DecompressRows(...args: readonly unknown[]): number | Promise<number>;
}

/** Of the calls as declared above; native/addon/build_facts.cpp has the same number. */
const INTERFACE_VERSION = 6;

/** From src/native/ as from dist/native/. */
const addonUrl = new URL("../../build/Release/octoload.node", import.meta.url);

/** Where the addon is looked for. */
export const addonPath: string = fileURLToPath(addonUrl);

let loaded: NativeAddon | undefined;

/**
 * The addon, loaded at the first call: importing octoload never fails, and
 * `octoload doctor` can say what is wrong.
 *
 * @throws OctoloadError NATIVE_MISSING (with the path tried and why it failed) or NATIVE_MISMATCH.
 */
export function nativeAddon(): NativeAddon {
  loaded ??= loadAddon(addonPath);
  return loaded;
}

/** As nativeAddon(), from any path and without remembering. */
export function loadAddon(path: string): NativeAddon {
  const addon = requireAddon(path);
  requireSame(path, "octoload's interface", addon.interfaceVersion, INTERFACE_VERSION);
  requireSame(path, "Node's ABI", addon.nodeAbi, Number(process.versions.modules));
  return addon;
}

function requireSame(path: string, what: string, built: number, needed: number): void {
  if (built === needed) return;
  throw new OctoloadError(
    "NATIVE_MISMATCH",
    `the native addon at ${path} was built for version ${built} of ${what}, needed is ${needed}`,
  );
}

function requireAddon(path: string): NativeAddon {
  try {
    const addon: NativeAddon = createRequire(import.meta.url)(path);
    return addon;
  } catch (cause) {
    const reason = existsSync(path)
      ? `it is there, but Node ${process.version} on ${process.platform}-${process.arch} cannot load it: ${messageOf(cause)}`
      : "there is no such file: the package's install script did not run or failed";
    throw new OctoloadError("NATIVE_MISSING", `no native addon at ${path}; ${reason}`, { cause });
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
