import type { RowValue } from "../source/file-reader.js";

/** TEXT and BLOB are kept up to here; the row in the source has them whole. */
const MAX_VALUE_LENGTH = 64 * 1024;

/**
 * A row as JSON for people and programs: each column as {"type", "value"}, an
 * INTEGER as a number where JSON holds it exactly and else in decimal digits, a
 * BLOB in hexadecimal, and "length" where a long value was cut.
 */
export function describeRow(
  columns: readonly string[],
  values: readonly (RowValue | undefined)[],
): string {
  const fields = columns.map((name, i) => [name, describeField(values[i] ?? null)] as const);
  return JSON.stringify(Object.fromEntries(fields));
}

function describeField(value: RowValue): Record<string, unknown> {
  if (value === null) return { type: "null" };
  if (typeof value === "bigint") {
    const number = Number(value);
    return { type: "integer", value: Number.isSafeInteger(number) ? number : String(value) };
  }
  if (typeof value === "number") {
    const isJson = Number.isFinite(value) && !Object.is(value, -0);
    return { type: "real", value: isJson ? value : String(value) };
  }
  if (typeof value === "string") {
    return { type: "text", ...cut(value.length, value.slice(0, MAX_VALUE_LENGTH)) };
  }
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { type: "blob", ...cut(bytes.length, bytes.toString("hex", 0, MAX_VALUE_LENGTH)) };
}

function cut(length: number, value: string): { value: string; length?: number } {
  return length > MAX_VALUE_LENGTH ? { value, length } : { value };
}
