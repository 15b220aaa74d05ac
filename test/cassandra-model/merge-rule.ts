/**
 * Cassandra's merge rule for a row, written down dully: what a table holds is the merge of all
 * writes and deletes that reached it, in whatever order.
 *
 * - A cell is the value of one column with its write timestamp; NULL is a cell that is a tombstone.
 * - Of two cells the later one stays. At equal timestamps a tombstone wins over a value, and of two
 *   values the one with the greater bytes (unsigned, as serialised) wins.
 * - A row deletion removes all that is not later than itself.
 * - INSERT also writes a marker that the row is there; UPDATE does not. A row is there as long as
 *   its marker or one cell with a value is.
 */
export const columns = ["material_id", "children_mask"] as const;
export type ColumnName = (typeof columns)[number];

/** undefined: unset. */
export type Values = { readonly [name in ColumnName]?: number | null };

export type Mutation =
  | { readonly kind: "insert"; readonly timeUs: bigint; readonly values: Values }
  | { readonly kind: "update"; readonly timeUs: bigint; readonly values: Values }
  | { readonly kind: "delete"; readonly timeUs: bigint };

interface Cell {
  readonly timeUs: bigint;
  /** null: a tombstone. */
  readonly value: number | null;
}

export interface MergedRow {
  readonly deletedUs: bigint | null;
  readonly markerUs: bigint | null;
  readonly cells: { readonly [name in ColumnName]?: Cell };
}

/** A row as a SELECT shows it; null: there is none. */
export type VisibleRow = { readonly [name in ColumnName]: number | null } | null;

export const nothing: MergedRow = { deletedUs: null, markerUs: null, cells: {} };

export function rowOf(mutation: Mutation): MergedRow {
  const { timeUs } = mutation;
  if (mutation.kind === "delete") return { ...nothing, deletedUs: timeUs };
  const cells: { [name in ColumnName]?: Cell } = {};
  for (const name of columns) {
    const value = mutation.values[name];
    if (value !== undefined) cells[name] = { timeUs, value };
  }
  return { deletedUs: null, markerUs: mutation.kind === "insert" ? timeUs : null, cells };
}

export function merge(a: MergedRow, b: MergedRow): MergedRow {
  const deletedUs = later(a.deletedUs, b.deletedUs);
  const markerUs = later(a.markerUs, b.markerUs);
  const cells: { [name in ColumnName]?: Cell } = {};
  for (const name of columns) {
    const cell = mergeCells(a.cells[name], b.cells[name]);
    if (cell !== undefined && !isCovered(cell.timeUs, deletedUs)) cells[name] = cell;
  }
  const isMarkerCovered = markerUs !== null && isCovered(markerUs, deletedUs);
  return { deletedUs, markerUs: isMarkerCovered ? null : markerUs, cells };
}

export function visible({ markerUs, cells }: MergedRow): VisibleRow {
  const cellValue = (name: ColumnName) => cells[name]?.value ?? null;
  const isThere = markerUs !== null || columns.some((name) => cellValue(name) !== null);
  if (!isThere) return null;
  return { material_id: cellValue("material_id"), children_mask: cellValue("children_mask") };
}

function mergeCells(a: Cell | undefined, b: Cell | undefined): Cell | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.timeUs !== b.timeUs) return a.timeUs > b.timeUs ? a : b;
  if (a.value === null || b.value === null) return a.value === null ? a : b;
  return bytesOf(a.value) >= bytesOf(b.value) ? a : b;
}

/** Orders as the big-endian two's complement does: negative numbers are the greatest. */
function bytesOf(value: number): number {
  return value >>> 0;
}

function isCovered(timeUs: bigint, deletedUs: bigint | null): boolean {
  return deletedUs !== null && timeUs <= deletedUs;
}

function later(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}
