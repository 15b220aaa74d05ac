import { sourceColumns } from "../encoding/source-columns.js";
import { storageClass } from "../encoding/value-column.js";
import type { RowValue } from "./file-reader.js";

/** What tells a row's cell, as the source has it. */
export interface PointValues {
  readonly x: RowValue;
  readonly y: RowValue;
  readonly z: RowValue;
  readonly level: RowValue;
}

/** Coordinates in metres and a level from 0 to 26; whether a frame holds them is not known. */
export interface RowPoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly level: number;
}

const DEEPEST_LEVEL = 26;
const HEAD_WORDS = 4;
const MAX_NUMBER_LENGTH = 63;

/** undefined: the row has no cell, because one of the values is none that octoload takes. */
export function pointOf(values: PointValues, coerceText: boolean): RowPoint | undefined {
  const x = coordinateOf(values.x, coerceText);
  const y = coordinateOf(values.y, coerceText);
  const z = coordinateOf(values.z, coerceText);
  const level = integerOf(values.level, coerceText);
  if (x === undefined || y === undefined || z === undefined || level === undefined) return;
  if (level < 0n || level > BigInt(DEEPEST_LEVEL)) return undefined;
  return { x, y, z, level: Number(level) };
}

/** Of the first row of a block (native/batch/source_batch.h). */
export function pointValuesOf(block: ArrayBuffer): PointValues {
  const value = (key: "x" | "y" | "z" | "level") => firstValue(block, sourceColumns.indexOf(key));
  return { x: value("x"), y: value("y"), z: value("z"), level: value("level") };
}

function coordinateOf(value: RowValue, coerceText: boolean): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") {
    return BigInt(Number(value)) === value ? Number(value) : undefined;
  }
  const isNumber =
    typeof value === "string" && value.length <= MAX_NUMBER_LENGTH && /^[\d.eE+-]+$/.test(value);
  return coerceText && isNumber && Number.isFinite(Number(value)) ? Number(value) : undefined;
}

function integerOf(value: RowValue, coerceText: boolean): bigint | undefined {
  if (typeof value === "bigint") return value;
  const isInteger = typeof value === "string" && /^-?\d+$/.test(value);
  return coerceText && isInteger ? BigInt(value) : undefined;
}

function firstValue(block: ArrayBuffer, column: number): RowValue {
  const [, rows = 0, columns = 0] = Array.from(new BigUint64Array(block, 0, 3), Number);
  const kindsAt = 8 * (HEAD_WORDS + rows);
  const kindBytes = Math.ceil(rows / 8) * 8;
  const slotsAt = kindsAt + columns * kindBytes;
  const kind = new Uint8Array(block)[kindsAt + column * kindBytes];
  const slot = new DataView(block, slotsAt + column * rows * 8, 8);
  if (kind === storageClass.integer) return slot.getBigInt64(0, true);
  if (kind === storageClass.real) return slot.getFloat64(0, true);
  if (kind !== storageClass.text) return null;
  const bytesAt = slotsAt + columns * rows * 8;
  const text = Buffer.from(block, bytesAt + slot.getUint32(0, true), slot.getUint32(4, true));
  return text.toString("latin1");
}
