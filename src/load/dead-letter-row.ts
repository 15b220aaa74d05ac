import { decodeEnvelopes } from "../encoding/envelope.js";
import type { Frame } from "../encoding/frame.js";
import { sourceColumns } from "../encoding/source-columns.js";
import { sourceValuesOf } from "../encoding/source-values.js";
import { type FilledColumn, valueAt } from "../encoding/value-column.js";
import { type SinkBatch, sliceSinkBatch } from "../sink/sink-batch.js";
import type { RowValue } from "../source/file-reader.js";
import type { RunSourceFile } from "./run-file.js";

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

/**
 * As describeRow(), a row on its way to a sink: its envelope holds all it was in its file, which may
 * have changed since it was read.
 */
export function describeSentRow(
  batch: SinkBatch,
  index: number,
  { columns, columnNames }: Pick<RunSourceFile, "columns" | "columnNames">,
  frame: Frame,
): string {
  const row = sliceSinkBatch(batch, index, index + 1);
  const { tiles, cells, levels: level, bytes, offsets } = row;
  const decoded = decodeEnvelopes({ tiles, cells, level, bytes, offsets }, { frame });
  const read = (column: FilledColumn) => valueAt(column, 0, decoded.bytes);
  const materialId = row.noMaterials[0] === 1 ? null : (row.materials[0] ?? 0);
  const values = sourceValuesOf(decoded, 0, { level: level[0] ?? 0, materialId }, read);
  const byName = new Map<string, RowValue | undefined>();
  for (const column of sourceColumns) {
    const name = columnNames[column];
    if (name !== null) byName.set(name, values[column]);
  }
  // Unmapped columns are in the envelope in the table's order.
  const unmapped = columns.filter((name) => !byName.has(name));
  for (const [i, name] of unmapped.entries()) {
    const column = decoded.extras[i];
    if (column !== undefined) byName.set(name, read(column));
  }
  return describeRow(
    columns,
    columns.map((name) => byName.get(name)),
  );
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
