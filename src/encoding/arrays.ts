import { types } from "node:util";
import type { ErrorCode } from "../errors/codes.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

interface ArrayTypes {
  Float64Array: Float64Array;
  BigUint64Array: BigUint64Array;
  BigInt64Array: BigInt64Array;
  Uint8Array: Uint8Array;
  Uint16Array: Uint16Array;
  Uint32Array: Uint32Array;
}

type ArrayName = keyof ArrayTypes;
export type AnyArray = ArrayTypes[ArrayName];

/** True for arrays of another realm and for subclasses (Buffer) too; a call into the engine. */
const isOfType: { readonly [Name in ArrayName]: (value: unknown) => value is ArrayTypes[Name] } = {
  Float64Array: types.isFloat64Array,
  BigUint64Array: types.isBigUint64Array,
  BigInt64Array: types.isBigInt64Array,
  Uint8Array: types.isUint8Array,
  Uint16Array: types.isUint16Array,
  Uint32Array: types.isUint32Array,
};

/**
 * Refuses anything but a `name` of `length` elements (any length without it).
 * What kind of memory it lies on is mostly the addon's to judge: see native-call.ts.
 *
 * @throws OctoloadError ARG_TYPE, ARG_LENGTH; ARG_DETACHED and the like where it shows as length 0.
 */
export function requireArray<Name extends ArrayName>(
  parameter: string,
  value: unknown,
  name: Name,
  length?: number,
): ArrayTypes[Name] {
  const isRight: (value: unknown) => value is ArrayTypes[Name] = isOfType[name];
  if (!isRight(value)) throw refusal("ARG_TYPE", parameter, `a ${name}`, value);
  // A detached array has no elements: say so, before its neighbours seem too long.
  if (value.length === 0) requireMemory(parameter, value);
  if (length !== undefined && value.length !== length) {
    throw refusal("ARG_LENGTH", parameter, `of ${length} elements, one a row`, value);
  }
  return value;
}

/** As requireArray, of any of several types with elements of the same width. */
export function requireArrayOf<Name extends ArrayName>(
  parameter: string,
  value: unknown,
  names: readonly Name[],
  length?: number,
): ArrayTypes[Name] {
  const name = names.find((candidate) => isOfType[candidate](value));
  if (name === undefined) throw refusal("ARG_TYPE", parameter, `a ${names.join(" or ")}`, value);
  return requireArray(parameter, value, name, length);
}

/** Why an array lies on memory that no call may work on: shared, resizable or gone. */
export function memoryFaultOf(
  parameter: string,
  array: ArrayBufferView,
): OctoloadError | undefined {
  const { buffer, byteLength } = array;
  if (types.isSharedArrayBuffer(buffer)) {
    return new OctoloadError(
      "ARG_SHARED",
      `${parameter} must not lie on a SharedArrayBuffer, but does`,
    );
  }
  // Not in the language level that the types know, but in the engine.
  if ("resizable" in buffer && buffer.resizable === true) {
    return new OctoloadError(
      "ARG_RESIZABLE",
      `${parameter} must be of fixed length, but lies on a resizable ArrayBuffer`,
    );
  }
  if (byteLength > 0 || !isDetached(buffer)) return undefined;
  return new OctoloadError("ARG_DETACHED", `${parameter} has no memory: its buffer is detached`);
}

/** @throws OctoloadError as memoryFaultOf() says. */
export function requireMemory(parameter: string, array: ArrayBufferView): void {
  const fault = memoryFaultOf(parameter, array);
  if (fault !== undefined) throw fault;
}

/** Node 20 has no other word for it. */
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** @throws OctoloadError ARG_TYPE for what holds no fields: null, a number, a text. */
export function requireObject(parameter: string, value: unknown): asserts value is object {
  if (typeof value === "object" && value !== null) return;
  throw refusal("ARG_TYPE", parameter, "an object", value);
}

/** @throws OctoloadError ARG_TYPE. */
export function requireList(parameter: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new OctoloadError("ARG_TYPE", `${parameter} must be an array, got ${describeValue(value)}`);
}

/** @throws OctoloadError ARG_RANGE. */
export function requireSize(parameter: string, value: unknown, max: number): void {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max) return;
  throw new OctoloadError(
    "ARG_RANGE",
    `${parameter} must be an integer from 0 to ${max}, got ${describeValue(value)}`,
  );
}

function refusal(code: ErrorCode, parameter: string, expected: string, value: unknown) {
  return new OctoloadError(code, `${parameter} must be ${expected}, got ${describeValue(value)}`);
}
