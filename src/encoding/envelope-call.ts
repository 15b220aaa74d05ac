import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { requireArray, requireMemory, requireObject } from "./arrays.js";
import { type Dictionary, handleOf } from "./dictionary.js";
import type {
  DecodedEnvelopes,
  DecodedRows,
  DecodeEnvelopesOptions,
  EncodedEnvelopes,
  EncodeEnvelopesOptions,
  EnvelopeArrays,
  EnvelopeRows,
  Envelopes,
  Originals,
  RowKeys,
} from "./envelope-rows.js";
import { frameHandle } from "./frame-handle.js";
import { MAX_CODE_LEVEL, MAX_LEVEL, requireLevel } from "./level.js";
import type { NativeCall } from "./native-call.js";
import {
  absentColumn,
  type FilledColumn,
  requireColumn,
  storageClass,
  type ValueColumn,
} from "./value-column.js";

/** Offsets and slots are 32-bit. */
const MAX_BATCH_BYTES = 2 ** 32 - 1;
const MAX_EXTRAS = 2000;
const MAX_COLUMN_SET = 2 ** 32 - 1;
/** In place of a count of rejected rows. */
const OVERFLOW = -1;

/** Arguments in the addon's order, their names, and the batch's rows. */
interface Input {
  readonly args: readonly unknown[];
  readonly names: readonly string[];
  readonly count: number;
}

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
      // On the pool they may have been transferred away meanwhile.
      requireMemory("out.offsets", offsets);
      requireMemory("out.bytes", bytes);
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
      requireMemory("out.bytes", out.bytes);
      if (rejected === OVERFLOW) throw tooSmall("out.bytes or out.extras", out.bytes.length);
      return { ...out, bytes: out.bytes.subarray(0, bytesUsed), rejected };
    },
  };
}

/**
 * Outputs for decoding batches of `count` rows: `byteLength` bytes for their
 * TEXT and BLOB values and `extraColumns` unmapped columns; decodedBound() says
 * how many suffice.
 *
 * @throws OctoloadError ARG_RANGE.
 */
export function makeDecodedRows(count: number, byteLength: number, extraColumns = 0): DecodedRows {
  requireSize("count", count, MAX_BATCH_BYTES);
  requireSize("byteLength", byteLength, MAX_BATCH_BYTES);
  requireSize("extraColumns", extraColumns, MAX_EXTRAS);
  const column = (): FilledColumn => ({
    kinds: new Uint8Array(count),
    slots: new BigUint64Array(count),
  });
  return {
    x: new Float64Array(count),
    y: new Float64Array(count),
    z: new Float64Array(count),
    id: column(),
    density: column(),
    created: column(),
    metadata: column(),
    originals: { x: column(), y: column(), z: column(), level: column(), material: column() },
    columnSets: new Uint32Array(count),
    extras: Array.from({ length: extraColumns }, column),
    bytes: new Uint8Array(byteLength),
    status: new Uint8Array(count),
  };
}

function makeEnvelopes(count: number, byteLength: number): EnvelopeArrays {
  return {
    bytes: new Uint8Array(byteLength),
    offsets: new Uint32Array(count + 1),
    status: new Uint8Array(count),
  };
}

const noBytes = new Uint8Array(0);
const usualReal: ValueColumn = { kinds: storageClass.real, slots: null };
const usualInteger: ValueColumn = { kinds: storageClass.integer, slots: null };
const usualOriginals: Originals = {
  x: usualReal,
  y: usualReal,
  z: usualReal,
  level: usualInteger,
  material: usualInteger,
};
const originalNames = ["x", "y", "z", "level", "material"] as const;

const columnNames = ["id", "density", "created", "metadata"] as const;
const keyNames = ["codes or tiles", "cells", "level"];

const namesOfColumns = [
  ...columnNames,
  ...originalNames.map((name) => `originals.${name}`),
].flatMap((name) => [`${name}.kinds`, `${name}.slots`]);

const inputNames = [
  ...["x", "y", "z", ...keyNames],
  ...namesOfColumns,
  ...["columnSet", "extras", "bytes"],
];

const outputNames = [
  ...["x", "y", "z", ...namesOfColumns],
  ...["columnSets", "extras", "bytes", "status"],
].map((name) => `out.${name}`);

function checkRows(rows: EnvelopeRows): Input {
  requireObject("rows", rows);
  const x = requireArray("x", rows.x, "Float64Array");
  const count = x.length;
  const y = requireArray("y", rows.y, "Float64Array", count);
  const z = requireArray("z", rows.z, "Float64Array", count);
  const bytes = requireArray("bytes", rows.bytes ?? noBytes, "Uint8Array");
  const pair = (name: string, column: ValueColumn, numbersHaveSlots: boolean) => {
    const { kinds, slots } = requireColumn(name, column, count, numbersHaveSlots);
    return [kinds, slots];
  };
  const originals = { ...usualOriginals, ...rows.originals };
  const args = [
    ...[x, y, z, ...checkKeys(rows, count)],
    ...columnNames.flatMap((name) => pair(name, rows[name] ?? absentColumn, true)),
    ...originalNames.flatMap((name) => pair(`originals.${name}`, originals[name], false)),
    checkColumnSet(rows),
    (rows.extras ?? []).flatMap((column, i) => pair(`extras[${i}]`, column, true)),
    bytes,
  ];
  return { args, names: inputNames, count };
}

function checkKeys(keys: RowKeys, count?: number) {
  const whole = "codes" in keys;
  const tiles = whole
    ? requireArray("codes", keys.codes, "BigUint64Array", count)
    : requireArray("tiles", keys.tiles, "BigUint64Array", count);
  const cells = whole ? null : requireArray("cells", keys.cells, "Uint16Array", tiles.length);
  const { level } = keys;
  if (typeof level === "object") requireArray("level", level, "Uint8Array", tiles.length);
  else requireLevel(level, "level", whole ? MAX_CODE_LEVEL : MAX_LEVEL);
  return [tiles, cells, level] as const;
}

/** A set and its columns come together; sets are numbered from 1. */
function checkColumnSet({ columnSet = 0, extras = [] }: EnvelopeRows): number {
  if (!Number.isInteger(columnSet) || columnSet < 0 || columnSet > MAX_COLUMN_SET) {
    throw new OctoloadError(
      "ARG_RANGE",
      `columnSet must be an integer from 0 to ${MAX_COLUMN_SET}, got ${describeValue(columnSet)}`,
    );
  }
  requireList("extras", extras);
  const few = columnSet === 0 ? extras.length === 0 : extras.length > 0;
  if (few && extras.length <= MAX_EXTRAS) return columnSet;
  throw new OctoloadError(
    "ARG_LENGTH",
    `extras must hold ${columnSet === 0 ? "no columns without a columnSet" : `1 to ${MAX_EXTRAS} columns`}, got ${extras.length}`,
  );
}

function checkEnvelopes(envelopes: Envelopes): Input {
  requireObject("envelopes", envelopes);
  const keys = checkKeys(envelopes);
  const count = keys[0].length;
  const bytes = requireArray("bytes", envelopes.bytes, "Uint8Array");
  const offsets = requireArray("offsets", envelopes.offsets, "Uint32Array", count + 1);
  return { args: [...keys, bytes, offsets], names: [...keyNames, "bytes", "offsets"], count };
}

function handlesOf(dictionaries: readonly Dictionary[] = []): readonly unknown[] {
  requireList("dictionaries", dictionaries);
  return dictionaries.map((dictionary, i) => handleOf(`dictionaries[${i}]`, dictionary));
}

/** Columns in the order the addon takes them. */
function columnsOf(out: DecodedRows): readonly FilledColumn[] {
  const columns = columnNames.map((name) => out[name]);
  return [...columns, ...originalNames.map((name) => out.originals[name])];
}

function outputArguments(out: DecodedRows): readonly unknown[] {
  return [
    ...[out.x, out.y, out.z],
    ...columnsOf(out).flatMap(({ kinds, slots }) => [kinds, slots]),
    out.columnSets,
    out.extras.flatMap(({ kinds, slots }) => [kinds, slots]),
    ...[out.bytes, out.status],
  ];
}

function checkDecodedOut(out: DecodedRows, count: number): void {
  for (const axis of ["x", "y", "z"] as const) {
    requireArray(`out.${axis}`, out[axis], "Float64Array", count);
  }
  for (const [i, { kinds, slots }] of columnsOf(out).entries()) {
    requireArray(`out.${namesOfColumns[2 * i]}`, kinds, "Uint8Array", count);
    requireArray(`out.${namesOfColumns[2 * i + 1]}`, slots, "BigUint64Array", count);
  }
  for (const [i, { kinds, slots }] of out.extras.entries()) {
    requireArray(`out.extras[${i}].kinds`, kinds, "Uint8Array", count);
    requireArray(`out.extras[${i}].slots`, slots, "BigUint64Array", count);
  }
  requireArray("out.columnSets", out.columnSets, "Uint32Array", count);
  requireArray("out.bytes", out.bytes, "Uint8Array");
  requireArray("out.status", out.status, "Uint8Array", count);
}

function requireList(parameter: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new OctoloadError("ARG_TYPE", `${parameter} must be an array, got ${describeValue(value)}`);
}

function requireSize(parameter: string, value: unknown, max: number): void {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max) return;
  throw new OctoloadError(
    "ARG_RANGE",
    `${parameter} must be an integer from 0 to ${max}, got ${describeValue(value)}`,
  );
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
