import { runInNewContext } from "node:vm";
import type { ErrorCode } from "../../src/errors/codes.js";

/**
 * What a caller can get wrong about one typed array of a call, and what may
 * look odd but is right. All functions make new arrays and leave theirs alone,
 * but for detached().
 */

export type TypedArray =
  | Float64Array
  | BigUint64Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

type Maker = new (buffer: ArrayBufferLike, byteOffset?: number, length?: number) => TypedArray;

/** An array of the same type and values at that place of a buffer (at least as long). */
export function placed(array: TypedArray, buffer: ArrayBufferLike, byteOffset = 0): TypedArray {
  const Type = array.constructor as Maker;
  const copy = new Type(buffer, byteOffset, array.length);
  new Uint8Array(buffer, byteOffset, array.byteLength).set(bytesOf(array));
  return copy;
}

export function bytesOf(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

export function shared(array: TypedArray): TypedArray {
  return placed(array, new SharedArrayBuffer(array.byteLength));
}

/** `maxByteLength` may be the length itself: such a buffer can still shrink. */
export function resizable(array: TypedArray, maxByteLength: number): TypedArray {
  const make: (...args: unknown[]) => ArrayBuffer = (...args) =>
    Reflect.construct(ArrayBuffer, args);
  return placed(array, make(array.byteLength, { maxByteLength }));
}

/** Length-tracking, over a buffer that shrinks to nothing. */
export function shrunk(array: TypedArray): TypedArray {
  const view = resizable(array, array.byteLength);
  const Type = array.constructor as Maker;
  const tracking = new Type(view.buffer);
  (view.buffer as unknown as { resize(byteLength: number): void }).resize(0);
  return tracking;
}

/** The same array, its memory gone. */
export function detached(array: TypedArray): TypedArray {
  const copy = placed(array, new ArrayBuffer(array.byteLength));
  structuredClone(copy.buffer, { transfer: [copy.buffer as ArrayBuffer] });
  return copy;
}

export function longer(array: TypedArray): TypedArray {
  const copy = placed(array, new ArrayBuffer(array.byteLength + array.BYTES_PER_ELEMENT));
  return new (array.constructor as Maker)(copy.buffer);
}

export function shorter(array: TypedArray): TypedArray {
  return array.slice(0, -1);
}

/** A view of the middle of a buffer, one element in: eight-byte views 8, bytes 1 byte in. */
export function inside(array: TypedArray): TypedArray {
  const width = array.BYTES_PER_ELEMENT;
  return placed(array, new ArrayBuffer(array.byteLength + 3 * width), width);
}

/** Made by the Float64Array (or the like) of another global object. */
export function ofOtherRealm(array: TypedArray): TypedArray {
  const Type: Maker = runInNewContext(array.constructor.name);
  const copy = new Type(new ArrayBuffer(array.byteLength));
  bytesOf(copy).set(bytesOf(array));
  return copy;
}

/** A Buffer in Node's pool, at an odd place of it. */
export function asBuffer(array: Uint8Array): Buffer {
  return Buffer.from([0, ...array]).subarray(1);
}

/** Values that are not typed arrays, or not of this type. */
export function wrongTypes(array: TypedArray): unknown[] {
  const others = [new Int16Array(array.length), new Float32Array(array.length)];
  const similar = {
    Uint8Array: Uint8ClampedArray,
    Uint32Array: Int32Array,
    Uint16Array: Int16Array,
  };
  const Similar = Object.entries(similar).find(([name]) => name === array.constructor.name)?.[1];
  return [
    ...others,
    ...(Similar === undefined ? [] : [new Similar(array.length)]),
    new DataView(new ArrayBuffer(array.byteLength)),
    Array.from(array as Iterable<unknown>),
    "text",
    undefined,
    {},
  ];
}

/** Two arrays on one buffer: each `place` shifts the second so that some bytes are common. */
export function overlapping(a: TypedArray, b: TypedArray): [TypedArray, TypedArray][] {
  const width = b.BYTES_PER_ELEMENT;
  const lastOfA = Math.floor((a.byteLength - 1) / width) * width;
  return [0, lastOfA].map((at) => {
    const buffer = new ArrayBuffer(Math.max(a.byteLength, at + b.byteLength));
    return [placed(a, buffer), placed(b, buffer, at)];
  });
}

/** Memory that no call may work on, with the code each gets. */
export const unfitMemory: readonly [string, ErrorCode, (array: TypedArray) => TypedArray][] = [
  ["on shared memory", "ARG_SHARED", shared],
  ["on a resizable buffer", "ARG_RESIZABLE", (array) => resizable(array, 2 * array.byteLength)],
  ["at its maximal length", "ARG_RESIZABLE", (array) => resizable(array, array.byteLength)],
  ["shrunk to nothing", "ARG_RESIZABLE", shrunk],
  ["detached", "ARG_DETACHED", detached],
];
