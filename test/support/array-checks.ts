import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/errors/codes.js";
import { hexOf, plain } from "./plain.js";
import { refusalOf } from "./refusal-of.js";
import { rejectionOf } from "./rejection-of.js";
import {
  asBuffer,
  bytesOf,
  inside,
  longer,
  ofOtherRealm,
  overlapping,
  placed,
  shorter,
  type TypedArray,
  unfitMemory,
  wrongTypes,
} from "./unfit-arrays.js";

type Arrays = Readonly<Record<string, TypedArray>>;
/** Hands a call whatever it is to get under that name, of whatever type. */
type Pick = (name: string) => never;

/** A batch function, its arguments named as its messages name them. */
export interface BatchCall {
  readonly name: string;
  /** New arrays, right ones; the first decides how many rows there are. Outputs begin with "out". */
  make(): Arrays;
  run(at: Pick): unknown;
  runAsync?(at: Pick): Promise<unknown>;
  /** Parameters that may have any length. */
  readonly anyLength?: readonly string[];
  /** Parameters that may be left out. */
  readonly optional?: readonly string[];
  /** Parameters that may be one level for all rows too: what is neither number nor array is no level. */
  readonly levels?: readonly string[];
}

interface Fault {
  readonly label: string;
  readonly code: ErrorCode;
  /** The message has to have one of these. */
  readonly names: readonly string[];
  readonly arrays: Readonly<Record<string, unknown>>;
}

const isOutput = (name: string) => name.startsWith("out");
const filler = 0x5a;

/** The call's arrays, its outputs full of a value that no result has everywhere. */
function arraysOf(call: BatchCall): Arrays {
  const arrays = call.make();
  for (const [name, array] of Object.entries(arrays)) {
    if (isOutput(name)) bytesOf(array).fill(filler);
  }
  return arrays;
}

function eachParameter(
  call: BatchCall,
  faults: (array: TypedArray, name: string) => readonly (readonly [string, ErrorCode, unknown])[],
): Fault[] {
  return Object.keys(call.make()).flatMap((name) => {
    const array = arraysOf(call)[name];
    if (array === undefined) return [];
    return faults(array, name).map(([what, code, value]) => ({
      label: `${name} ${what}`,
      code,
      names: [name],
      arrays: { ...arraysOf(call), [name]: value },
    }));
  });
}

function typeFaults(call: BatchCall): Fault[] {
  return eachParameter(call, (array, name) => {
    const isLevel = call.levels?.includes(name) === true;
    return wrongTypes(array)
      .filter((value) => value !== undefined || call.optional?.includes(name) !== true)
      .map((value) => {
        const code = isLevel && typeof value !== "object" ? "LEVEL_INVALID" : "ARG_TYPE";
        return [`as ${Object.prototype.toString.call(value)}`, code, value] as const;
      });
  });
}

function lengthFaults(call: BatchCall): Fault[] {
  const [first] = Object.keys(call.make());
  const faults = eachParameter(call, (array, name) => {
    if (call.anyLength?.includes(name) === true) return [];
    return [
      ["one longer", "ARG_LENGTH", longer(array)],
      ["one shorter", "ARG_LENGTH", shorter(array)],
    ];
  });
  // Where the first array differs from the others, they are what is named.
  return faults.map((fault) =>
    fault.label.startsWith(`${first} `) ? { ...fault, names: ["elements"] } : fault,
  );
}

function memoryFaults(call: BatchCall): Fault[] {
  return eachParameter(call, (array) =>
    unfitMemory.map(([what, code, make]) => [what, code, make(array)] as const),
  );
}

function overlapFaults(call: BatchCall): Fault[] {
  const names = Object.keys(call.make());
  return names.filter(isOutput).flatMap((output) =>
    names
      .filter((other) => other !== output)
      .flatMap((other): Fault[] => {
        const arrays = arraysOf(call);
        const [a, b] = [arrays[output], arrays[other]];
        if (a === undefined || b === undefined) return [];
        return overlapping(a, b).map(([first, second]) => ({
          label: `${output} over ${other}`,
          code: "ARG_OVERLAP",
          names: [output, other],
          arrays: { ...arrays, [output]: first, [other]: second },
        }));
      }),
  );
}

const pick =
  (arrays: Readonly<Record<string, unknown>>): Pick =>
  (name) =>
    arrays[name] as never;

/** What a refused call must not have touched. */
function bytesOfAll(arrays: Readonly<Record<string, unknown>>): string[] {
  return Object.values(arrays).map((array) => (ArrayBuffer.isView(array) ? hexOf(array) : ""));
}

function checkRefusal({ code, names }: Fault, error: { code: string; message: string }): void {
  expect(error.code, error.message).toBe(code);
  expect(
    names.some((name) => error.message.includes(name)),
    error.message,
  ).toBe(true);
  if (code === "ARG_TYPE" || code === "ARG_LENGTH") expect(error.message).toContain(", got ");
}

function checkRefusals(call: BatchCall, faults: readonly Fault[]): void {
  expect(faults.length).toBeGreaterThan(0);
  for (const fault of faults) {
    const before = bytesOfAll(fault.arrays);
    checkRefusal(
      fault,
      refusalOf(() => call.run(pick(fault.arrays))),
    );
    expect(bytesOfAll(fault.arrays), fault.label).toEqual(before);
  }
}

function checkAccepted(call: BatchCall, change: (array: TypedArray) => TypedArray): void {
  const expected = plain(call.run(pick(arraysOf(call))));
  for (const name of Object.keys(call.make())) {
    const arrays = arraysOf(call);
    const array = arrays[name];
    if (array === undefined) continue;
    const made = call.run(pick({ ...arrays, [name]: change(array) }));
    expect(plain(made), name).toEqual(expected);
  }
}

/** All arrays one after the other on one buffer: no byte is common. */
function sideBySide(arrays: Arrays): Arrays {
  const aligned = (byteLength: number) => Math.ceil(byteLength / 8) * 8;
  const sizes = Object.values(arrays).map((array) => aligned(array.byteLength));
  const buffer = new ArrayBuffer(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const copy = placed(array, buffer, at);
      at += aligned(array.byteLength);
      return [name, copy];
    }),
  );
}

/** The tests of how a batch function takes its arrays. */
export function describeArrays(call: BatchCall): void {
  describe(`arrays of ${call.name}`, () => {
    it("are refused when of a wrong type", () => checkRefusals(call, typeFaults(call)));
    if (lengthFaults(call).length > 0) {
      it("are refused when of a wrong length", () => checkRefusals(call, lengthFaults(call)));
    }
    it("are refused on memory that could change", () => checkRefusals(call, memoryFaults(call)));

    if (Object.keys(call.make()).some(isOutput)) {
      it("are refused when an output shares memory", () =>
        checkRefusals(call, overlapFaults(call)));
    }

    it("may lie anywhere in a buffer", () => {
      checkAccepted(call, inside);
      checkAccepted(call, (array) => (array instanceof Uint8Array ? asBuffer(array) : array));
      const expected = plain(call.run(pick(arraysOf(call))));
      expect(plain(call.run(pick(sideBySide(arraysOf(call)))))).toEqual(expected);
    });

    it("may come from another realm", () => checkAccepted(call, ofOtherRealm));

    const { runAsync } = call;
    if (runAsync === undefined) return;
    it("are refused by a rejection where the call returns a promise", async () => {
      const faults = [typeFaults, lengthFaults, memoryFaults, overlapFaults];
      for (const fault of faults.flatMap((list) => list(call))) {
        const before = bytesOfAll(fault.arrays);
        checkRefusal(fault, await rejectionOf(runAsync(pick(fault.arrays))));
        expect(bytesOfAll(fault.arrays), fault.label).toEqual(before);
      }
    });
  });
}
