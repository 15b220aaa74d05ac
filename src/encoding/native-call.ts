import { OctoloadError } from "../errors/octoload-error.js";
import { memoryFaultOf, requireMemory } from "./arrays.js";

/**
 * A call of the addon.
 *
 * The addon refuses whatever could hurt: wrong types and lengths, memory that is
 * shared, resizable or detached, outputs that overlap another argument. It sees
 * all that at a price a small batch can pay, which JavaScript does not; the words
 * for people are found here, after the fact.
 */
export interface NativeCall {
  /** In the addon's order; the last says whether to run on the pool. */
  readonly args: unknown[];
  /** Of the arguments, for messages; "" where an argument needs none. */
  readonly names: readonly string[];
  /** Index of the first argument that is written to. */
  readonly firstOutput: number;
  /** Throws what is wrong with types and lengths, where that was left to the addon. */
  recheck?(): void;
}

type NativeFunction<Result> = (...args: readonly unknown[]) => Result | Promise<Result>;

/** @throws OctoloadError ARG_TYPE, ARG_LENGTH, ARG_SHARED, ARG_RESIZABLE, ARG_DETACHED, ARG_OVERLAP. */
export function callNative<Result>(
  addonFunction: NativeFunction<Result>,
  call: NativeCall,
): Result {
  call.args[call.args.length - 1] = false;
  // Not on the pool, so it is no promise.
  return invoke(addonFunction, call) as Result;
}

/**
 * As callNative(), on libuv's pool. Outputs that were transferred away meanwhile
 * are an error: their result is gone with them.
 */
export async function callNativeOnPool<Result>(
  addonFunction: NativeFunction<Result>,
  call: NativeCall,
): Promise<Result> {
  call.args[call.args.length - 1] = true;
  const result = await invoke(addonFunction, call);
  for (const [name, array, isOutput] of arraysOf(call)) {
    if (isOutput) requireMemory(name, array);
  }
  return result;
}

function invoke<Result>(
  addonFunction: NativeFunction<Result>,
  call: NativeCall,
): Result | Promise<Result> {
  try {
    return addonFunction.apply(undefined, call.args);
  } catch (refusal) {
    call.recheck?.();
    throw memoryFault(call) ?? refusal;
  }
}

type NamedArray = readonly [name: string, array: ArrayBufferView, isOutput: boolean];

function memoryFault(call: NativeCall): OctoloadError | undefined {
  const arrays = arraysOf(call);
  const faults = arrays.map(([name, array]) => memoryFaultOf(name, array));
  return faults.find((fault) => fault !== undefined) ?? overlapFault(arrays);
}

/** Typed arrays among the arguments, those in lists of columns too. */
function arraysOf({ args, names, firstOutput }: NativeCall): NamedArray[] {
  return args.flatMap((arg, i): NamedArray[] => {
    const name = names[i] ?? `argument ${i}`;
    const isOutput = i >= firstOutput;
    if (ArrayBuffer.isView(arg)) return [[name, arg, isOutput]];
    if (!Array.isArray(arg)) return [];
    return arg.flatMap((part: unknown, j): NamedArray[] =>
      ArrayBuffer.isView(part) ? [[pairName(name, j), part, isOutput]] : [],
    );
  });
}

/** Lists hold the kinds and slots of columns in turn. */
function pairName(name: string, index: number): string {
  return `${name}[${index >> 1}].${index % 2 === 0 ? "kinds" : "slots"}`;
}

function overlapFault(arrays: readonly NamedArray[]): OctoloadError | undefined {
  for (const [index, [name, output, isOutput]] of arrays.entries()) {
    if (!isOutput) continue;
    const other = arrays.find(([, array], i) => i !== index && overlaps(output, array));
    if (other !== undefined) {
      return new OctoloadError("ARG_OVERLAP", `${name} shares memory with ${other[0]}`);
    }
  }
  return undefined;
}

function overlaps(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.buffer !== b.buffer) return false;
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}
