import { requireArray, requireSize } from "./arrays.js";
import { columnNames, MAX_EXTRAS, namesOfColumns, originalNames } from "./envelope-columns.js";
import type { DecodedRows, EnvelopeArrays } from "./envelope-rows.js";
import type { FilledColumn } from "./value-column.js";

/** Offsets and slots are 32-bit. */
export const MAX_BATCH_BYTES = 2 ** 32 - 1;

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

export function makeEnvelopes(count: number, byteLength: number): EnvelopeArrays {
  return {
    bytes: new Uint8Array(byteLength),
    offsets: new Uint32Array(count + 1),
    status: new Uint8Array(count),
  };
}

export const outputNames = [
  ...["x", "y", "z", ...namesOfColumns],
  ...["columnSets", "extras", "bytes", "status"],
].map((name) => `out.${name}`);

/** Columns in the order the addon takes them. */
function columnsOf(out: DecodedRows): readonly FilledColumn[] {
  const columns = columnNames.map((name) => out[name]);
  return [...columns, ...originalNames.map((name) => out.originals[name])];
}

export function outputArguments(out: DecodedRows): readonly unknown[] {
  return [
    ...[out.x, out.y, out.z],
    ...columnsOf(out).flatMap(({ kinds, slots }) => [kinds, slots]),
    out.columnSets,
    out.extras.flatMap(({ kinds, slots }) => [kinds, slots]),
    ...[out.bytes, out.status],
  ];
}

export function checkDecodedOut(out: DecodedRows, count: number): void {
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
