import type { DecodedRows } from "./envelope-rows.js";
import type { SourceColumn } from "./source-columns.js";
import { type FilledColumn, storageClass } from "./value-column.js";

/** What lies beside a row's envelope. */
export interface RowFacts {
  readonly level: number;
  readonly materialId: number | null;
}

/**
 * The values a row had in its source, each of the storage class it had there: an envelope holds
 * those of coordinates, level and material only where they were not the usual ones.
 *
 * @param read the row's value in a column
 */
export function sourceValuesOf<Value>(
  { x, y, z, originals, ...decoded }: DecodedRows,
  row: number,
  { level, materialId }: RowFacts,
  read: (column: FilledColumn) => Value,
): Record<SourceColumn, Value | bigint | number | null> {
  const coordinate = (original: FilledColumn, values: Float64Array) => {
    const value = values[row] ?? Number.NaN;
    const kind = original.kinds[row];
    if (kind === storageClass.real) return value;
    return kind === storageClass.integer ? BigInt(value) : read(original);
  };
  /** INTEGER stands for what the key or the column beside the envelope says. */
  const held = (original: FilledColumn, value: number | null) => {
    if (original.kinds[row] !== storageClass.integer) return read(original);
    return value === null ? null : BigInt(value);
  };
  return {
    id: read(decoded.id),
    x: coordinate(originals.x, x),
    y: coordinate(originals.y, y),
    z: coordinate(originals.z, z),
    level: held(originals.level, level),
    materialId: held(originals.material, materialId),
    density: read(decoded.density),
    metadata: read(decoded.metadata),
    created: read(decoded.created),
  };
}
