import type { Frame } from "../../encoding/frame.js";
import { sourceColumns } from "../../encoding/source-columns.js";
import { storageClass } from "../../encoding/value-column.js";
import { rowidsOf, scanLimits } from "../../load/scan.js";
import type { RowValue } from "../../source/file-reader.js";
import { pointOf } from "../../source/row-point.js";
import type { Source } from "../../source/source.js";
import type { RowAddress } from "../../source/source-options.js";
import { indexOn } from "./cell-indices.js";

const HEAD_WORDS = 4;
const MAX_LEVEL = 26;

/** Called for each row of a source that has a cell. */
export type VisitCell = (
  row: RowAddress,
  level: number,
  ix: number,
  iy: number,
  iz: number,
) => void;

export interface SourceCellOptions {
  readonly frame: Frame;
  readonly coerceText: boolean;
  /** Called before each batch. */
  readonly onRows: (rows: number) => void;
}

/** Reads every row of a source once, in its own order, and says which cell it is of. */
export async function visitSourceCells(
  source: Source,
  options: SourceCellOptions,
  visit: VisitCell,
): Promise<void> {
  let rows = 0;
  for (const file of source.files.keys()) {
    let after: bigint | null = null;
    for (;;) {
      const block: ArrayBuffer | null = await source.read(file, after, scanLimits);
      const rowids = block === null ? [] : rowidsOf(block);
      const last = rowids.at(-1);
      if (block === null || last === undefined) break;
      visitBlock(block, file, options, visit);
      after = last;
      rows += rowids.length;
      options.onRows(rows);
    }
  }
  await source.check();
}

/** Columns of native/batch/source_batch.h. */
class PointColumns {
  readonly #kinds: Uint8Array;
  readonly #block: ArrayBuffer;
  readonly #reals: Float64Array;
  readonly #integers: BigInt64Array;
  readonly #words: Uint32Array;
  readonly #kindBytes: number;
  readonly #bytesAt: number;
  readonly rows: number;

  constructor(block: ArrayBuffer) {
    const [, rows = 0, columns = 0] = Array.from(new BigUint64Array(block, 0, 3), Number);
    this.rows = rows;
    this.#block = block;
    this.#kindBytes = Math.ceil(rows / 8) * 8;
    const kindsAt = 8 * (HEAD_WORDS + rows);
    const slotsAt = kindsAt + columns * this.#kindBytes;
    this.#kinds = new Uint8Array(block, kindsAt, columns * this.#kindBytes);
    this.#reals = new Float64Array(block, slotsAt, columns * rows);
    this.#integers = new BigInt64Array(block, slotsAt, columns * rows);
    this.#words = new Uint32Array(block, slotsAt, 2 * columns * rows);
    this.#bytesAt = slotsAt + columns * rows * 8;
  }

  kind(column: number, row: number): number {
    return this.#kinds[column * this.#kindBytes + row] ?? storageClass.null;
  }

  real(column: number, row: number): number {
    return this.#reals[column * this.rows + row] ?? Number.NaN;
  }

  value(column: number, row: number): RowValue {
    const at = column * this.rows + row;
    const kind = this.kind(column, row);
    if (kind === storageClass.integer) return this.#integers[at] ?? null;
    if (kind === storageClass.real) return this.#reals[at] ?? null;
    if (kind !== storageClass.text) return null;
    const [offset = 0, length = 0] = this.#words.subarray(2 * at, 2 * at + 2);
    return Buffer.from(this.#block, this.#bytesAt + offset, length).toString("latin1");
  }
}

const [X, Y, Z, LEVEL] = (["x", "y", "z", "level"] as const).map((name) =>
  sourceColumns.indexOf(name),
) as [number, number, number, number];

function visitBlock(
  block: ArrayBuffer,
  file: number,
  { frame, coerceText }: SourceCellOptions,
  visit: VisitCell,
): void {
  const rowids = rowidsOf(block);
  const columns = new PointColumns(block);
  for (let row = 0; row < columns.rows; row += 1) {
    const point = pointAt(columns, row, coerceText);
    if (point === undefined) continue;
    const [x, y, z, level] = point;
    const ix = indexOn(0, x, level, frame);
    const iy = indexOn(1, y, level, frame);
    const iz = indexOn(2, z, level, frame);
    if (Number.isNaN(ix + iy + iz)) continue;
    visit({ file, rowid: rowids[row] ?? 0n }, level, ix, iy, iz);
  }
}

function pointAt(
  columns: PointColumns,
  row: number,
  coerceText: boolean,
): readonly [x: number, y: number, z: number, level: number] | undefined {
  const isReal = (column: number) => columns.kind(column, row) === storageClass.real;
  if (isReal(X) && isReal(Y) && isReal(Z) && columns.kind(LEVEL, row) === storageClass.integer) {
    const level = Number(columns.value(LEVEL, row));
    if (level < 0 || level > MAX_LEVEL) return undefined;
    return [columns.real(X, row), columns.real(Y, row), columns.real(Z, row), level];
  }
  const value = (column: number) => columns.value(column, row);
  const values = { x: value(X), y: value(Y), z: value(Z), level: value(LEVEL) };
  const point = pointOf(values, coerceText);
  return point === undefined ? undefined : [point.x, point.y, point.z, point.level];
}
