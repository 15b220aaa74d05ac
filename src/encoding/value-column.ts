import { types } from "node:util";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { Kinds, Slots } from "../native/addon.js";
import { requireArray, requireArrayOf } from "./arrays.js";

/** SQLite's storage classes by its own numbers, and 0 for a column that is not there. */
export const storageClass = Object.freeze({
  absent: 0,
  integer: 1,
  real: 2,
  text: 3,
  blob: 4,
  null: 5,
});

/**
 * A column of n SQLite values, each with its own storage class.
 *
 * A slot of eight bytes is, by the row's class: INTEGER a signed 64-bit integer;
 * REAL a double's bits; TEXT and BLOB `offset + length * 2^32` into the byte
 * buffer of the batch; NULL and absent nothing (0).
 */
export interface ValueColumn {
  /** A storage class for all rows, or one a row. */
  readonly kinds: Kinds;
  /** One a row; null where every row is NULL or absent. */
  readonly slots: Slots | null;
}

/** As the decoder writes it. */
export interface FilledColumn extends ValueColumn {
  readonly kinds: Uint8Array;
  readonly slots: BigUint64Array;
}

/** undefined: absent; a number is REAL, a bigint INTEGER, bytes BLOB. */
export type SqliteValue = bigint | number | string | Uint8Array | null | undefined;

/** The column that no row has. */
export const absentColumn: ValueColumn = Object.freeze({
  kinds: storageClass.absent,
  slots: null,
});

/**
 * @param numbersHaveSlots false where only TEXT and BLOB carry a value of their own.
 * @throws OctoloadError ARG_TYPE, ARG_RANGE, ARG_LENGTH and the other ARG_* of arrays.
 */
export function requireColumn(
  parameter: string,
  column: ValueColumn,
  count: number,
  numbersHaveSlots = true,
): ValueColumn {
  if (typeof column !== "object" || column === null) {
    throw new OctoloadError(
      "ARG_TYPE",
      `${parameter} must be {kinds, slots}, got ${describeValue(column)}`,
    );
  }
  const { kinds, slots } = column;
  if (typeof kinds === "number") requireKind(`${parameter}.kinds`, kinds);
  else requireArray(`${parameter}.kinds`, kinds, "Uint8Array", count);
  if (slots !== null || (count > 0 && needsSlots(kinds, numbersHaveSlots))) {
    requireArrayOf(`${parameter}.slots`, slots, slotArrays, count);
  }
  return column;
}

const slotArrays = ["BigUint64Array", "BigInt64Array", "Float64Array"] as const;

function needsSlots(kinds: Kinds, numbersHaveSlots: boolean): boolean {
  if (typeof kinds !== "number") return true;
  if (kinds === storageClass.integer || kinds === storageClass.real) return numbersHaveSlots;
  return kinds === storageClass.text || kinds === storageClass.blob;
}

function requireKind(parameter: string, kind: number): void {
  if (Number.isInteger(kind) && kind >= 0 && kind <= storageClass.null) return;
  throw new OctoloadError(
    "ARG_RANGE",
    `${parameter} must be a storage class from 0 to 5, got ${describeValue(kind)}`,
  );
}

/**
 * Builds columns from single values, for small batches and tests: all columns
 * of a batch share one packer, whose bytes() is the batch's byte buffer.
 */
export class ValuePacker {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** @throws OctoloadError ARG_TYPE, ARG_RANGE naming the row. */
  column(values: readonly SqliteValue[]): FilledColumn {
    const kinds = new Uint8Array(values.length);
    const slots = new BigUint64Array(values.length);
    values.forEach((value, row) => {
      [kinds[row], slots[row]] = this.#pack(value, row);
    });
    return { kinds, slots };
  }

  /** What the TEXT and BLOB slots of all columns so far point into. */
  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#chunks));
  }

  #pack(value: SqliteValue, row: number): [number, bigint] {
    if (value === undefined) return [storageClass.absent, 0n];
    if (value === null) return [storageClass.null, 0n];
    if (typeof value === "bigint") return [storageClass.integer, integerSlot(value, row)];
    if (typeof value === "number") return [storageClass.real, realSlot(value)];
    if (typeof value === "string") return [storageClass.text, this.#append(utf8Of(value, row))];
    if (types.isUint8Array(value)) return [storageClass.blob, this.#append(value)];
    throw new OctoloadError(
      "ARG_TYPE",
      `row ${row}: a value must be a bigint, number, string, Uint8Array, null or undefined, got ${describeValue(value)}`,
    );
  }

  #append(bytes: Uint8Array): bigint {
    const slot = BigInt(this.#length) | (BigInt(bytes.length) << 32n);
    this.#chunks.push(Uint8Array.from(bytes));
    this.#length += bytes.length;
    return slot;
  }
}

/** A lone surrogate has no UTF-8: it would be stored as another character. */
function utf8Of(value: string, row: number): Uint8Array {
  const bytes = Buffer.from(value);
  if (bytes.toString("utf8") === value) return bytes;
  throw new OctoloadError(
    "ARG_RANGE",
    `row ${row}: a TEXT must be well-formed Unicode, got ${describeValue(value)}`,
    { remedy: "Mend the text, or pass its bytes as a Uint8Array in a TEXT slot of your own." },
  );
}

function integerSlot(value: bigint, row: number): bigint {
  if (BigInt.asIntN(64, value) === value) return BigInt.asUintN(64, value);
  throw new OctoloadError(
    "ARG_RANGE",
    `row ${row}: an INTEGER must fit a signed 64-bit integer, got ${describeValue(value)}`,
  );
}

function realSlot(value: number): bigint {
  const bits = new BigUint64Array(1);
  new Float64Array(bits.buffer)[0] = value;
  return bits[0] ?? 0n;
}

/**
 * One value of a decoded column. TEXT is read as UTF-8; for its very bytes, and
 * for speed, read slots and bytes themselves.
 *
 * @throws OctoloadError ARG_RANGE for a row that is not there, a slot outside `bytes`, an unknown kind.
 */
export function valueAt(column: FilledColumn, row: number, bytes: Uint8Array): SqliteValue {
  const kind = column.kinds[row];
  const slot = column.slots[row];
  if (kind === undefined || slot === undefined) {
    throw new OctoloadError("ARG_RANGE", `row must be below ${column.kinds.length}, got ${row}`);
  }
  switch (kind) {
    case storageClass.integer:
      return BigInt.asIntN(64, slot);
    case storageClass.real:
      return realOf(slot);
    case storageClass.text:
      return Buffer.from(slice(slot, bytes)).toString("utf8");
    case storageClass.blob:
      return slice(slot, bytes);
    case storageClass.null:
      return null;
    case storageClass.absent:
      return undefined;
    default:
      throw new OctoloadError(
        "ARG_RANGE",
        `kinds[${row}] must be a storage class from 0 to 5, got ${kind}`,
      );
  }
}

function realOf(slot: bigint): number {
  return new Float64Array(BigUint64Array.of(slot).buffer)[0] ?? Number.NaN;
}

/** A copy; a Buffer's own slice() makes none. */
function slice(slot: bigint, bytes: Uint8Array): Uint8Array {
  const offset = Number(slot & 0xffffffffn);
  const end = offset + Number(slot >> 32n);
  if (end <= bytes.length) return new Uint8Array(bytes.subarray(offset, end));
  throw new OctoloadError(
    "ARG_RANGE",
    `bytes must reach to ${end}, where the value ends, got ${bytes.length} bytes`,
    { remedy: "Pass the bytes of the batch that the column belongs to." },
  );
}
