import { valueColumns } from "../cassandra/tables.js";
import type { Layout } from "../encoding/layout.js";

/**
 * A row of a target in Cassandra with all that its cells are: value, write time, expiry. The arrays
 * have an entry for each of `valueColumns`.
 */
export interface CellRow {
  readonly level: number;
  readonly tile: bigint;
  readonly cell: number;
  /** null: the column is NULL. */
  readonly values: readonly CellValue[];
  /** Microseconds since 1970; null: the column is NULL. */
  readonly writeTimesUs: readonly (bigint | null)[];
  /** Seconds since 1970; 0: the cell does not expire. */
  readonly expiriesS: readonly number[];
}

export type CellValue = number | bigint | Uint8Array | null;

const CELL_BITS = 15n;
const CELL_MASK = 0x7fffn;
/** How a row's times are written: one for all cells and no expiry, or each cell's own. */
const SAME_TIMES = 0;
const OWN_TIMES = 1;
const KEY_BYTES = 11;
const TIME_BYTES = 16;
/** Of the columns beside the envelope, and of all that is not a value. */
const MOST_FIXED_BYTES = KEY_BYTES + 2 + valueColumns.length * (TIME_BYTES + 8) + 4;

/** No row takes more; exact but for some bytes. */
export function encodedBound({ values }: CellRow): number {
  const envelope = values.find((value) => value instanceof Uint8Array);
  return MOST_FIXED_BYTES + (envelope?.length ?? 0);
}

/**
 * Appends a row: level i8, tile i64, cell i16, which cells are there u8 (bit i: column i), how times
 * are written u8, the times, the values. All little-endian.
 *
 * @param keepExpiry false: only whether a cell expires is kept, for digests
 * @returns where the next row begins
 */
export function encodeRow(row: CellRow, into: Buffer, start: number, keepExpiry = true): number {
  let at = start;
  at = into.writeInt8(row.level, at);
  at = into.writeBigInt64LE(row.tile, at);
  at = into.writeInt16LE(row.cell, at);
  const present = presentColumns(row);
  at = into.writeUInt8(
    present.reduce((mask, i) => mask | (1 << i), 0),
    at,
  );
  at = writeTimes(row, present, into, at, keepExpiry);
  for (const i of present) at = writeValue(i, row.values[i] ?? null, into, at);
  return at;
}

function presentColumns({ values }: CellRow): number[] {
  return valueColumns.flatMap((_, i) => (values[i] === null || values[i] === undefined ? [] : [i]));
}

function writeTimes(
  { writeTimesUs, expiriesS }: CellRow,
  present: readonly number[],
  into: Buffer,
  start: number,
  keepExpiry: boolean,
): number {
  const times = present.map((i) => writeTimesUs[i] ?? 0n);
  const expiries = present.map((i) => expiriesS[i] ?? 0);
  const first = times[0] ?? 0n;
  if (times.every((time) => time === first) && expiries.every((expiry) => expiry === 0)) {
    return into.writeBigInt64LE(first, into.writeUInt8(SAME_TIMES, start));
  }
  let at = into.writeUInt8(OWN_TIMES, start);
  for (const [i, time] of times.entries()) {
    const expiry = expiries[i] ?? 0;
    at = into.writeBigInt64LE(time, at);
    at = into.writeDoubleLE(keepExpiry ? expiry : Math.sign(expiry), at);
  }
  return at;
}

function writeValue(column: number, value: CellValue, into: Buffer, at: number): number {
  switch (valueColumns[column]?.type) {
    case "int":
      return into.writeInt32LE(Number(value), at);
    case "float":
      return into.writeFloatLE(Number(value), at);
    case "tinyint":
      return into.writeInt8(Number(value), at);
    case "bigint":
      return into.writeBigInt64LE(BigInt(value as bigint), at);
    default:
      return writeBytes(value instanceof Uint8Array ? value : new Uint8Array(0), into, at);
  }
}

function writeBytes(bytes: Uint8Array, into: Buffer, at: number): number {
  const start = into.writeUInt32LE(bytes.length, at);
  into.set(bytes, start);
  return start + bytes.length;
}

/** Takes rows from a block; its memory is shared by the envelopes. */
export class RowReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** @throws RangeError where the bytes are no row */
  next(): CellRow {
    const level = this.#take(1).readInt8();
    const tile = this.#take(8).readBigInt64LE();
    const cell = this.#take(2).readInt16LE();
    const mask = this.#take(1).readUInt8();
    const present = valueColumns.flatMap((_, i) => ((mask >> i) & 1 ? [i] : []));
    const writeTimesUs: (bigint | null)[] = valueColumns.map(() => null);
    const expiriesS = valueColumns.map(() => 0);
    this.#readTimes(present, writeTimesUs, expiriesS);
    const values: CellValue[] = valueColumns.map(() => null);
    for (const i of present) values[i] = this.#readValue(i);
    return { level, tile, cell, values, writeTimesUs, expiriesS };
  }

  #readTimes(present: readonly number[], times: (bigint | null)[], expiries: number[]): void {
    const form = this.#take(1).readUInt8();
    if (form > OWN_TIMES) throw new RangeError(`a row has form ${form}`);
    if (form === SAME_TIMES) {
      const time = this.#take(8).readBigInt64LE();
      for (const i of present) times[i] = time;
      return;
    }
    for (const i of present) {
      times[i] = this.#take(8).readBigInt64LE();
      expiries[i] = this.#take(8).readDoubleLE();
    }
  }

  #readValue(column: number): CellValue {
    switch (valueColumns[column]?.type) {
      case "int":
        return this.#take(4).readInt32LE();
      case "float":
        return this.#take(4).readFloatLE();
      case "tinyint":
        return this.#take(1).readInt8();
      case "bigint":
        return this.#take(8).readBigInt64LE();
      default:
        return this.#take(this.#take(4).readUInt32LE());
    }
  }

  #take(bytes: number): Buffer {
    const end = this.#at + bytes;
    if (end > this.#bytes.length) throw new RangeError("a row ends after its block");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

/** The key columns' values in the order of the table's key. */
export function keyValues({ level, tile, cell }: CellRow, layout: Layout): (bigint | number)[] {
  if (layout === "tile") return [level, tile, cell];
  return [BigInt.asIntN(64, (tile << CELL_BITS) | BigInt(cell)), level];
}

/** A whole code as tile and cell. */
export function splitCode(code: bigint): { readonly tile: bigint; readonly cell: number } {
  return { tile: code >> CELL_BITS, cell: Number(code & CELL_MASK) };
}

/** Whether a cell of the row expires. */
export function isExpiring({ expiriesS }: CellRow): boolean {
  return expiriesS.some((expiry) => expiry > 0);
}
