import { tileCellOf } from "../../encoding/cell.js";
import type { Frame } from "../../encoding/frame.js";
import { encodePoint } from "../../encoding/point.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { RowValue } from "../../source/file-reader.js";
import { type PointValues, pointOf, pointValuesOf, type RowPoint } from "../../source/row-point.js";
import type { Source } from "../../source/source.js";
import type { RowAddress, SourceFile } from "../../source/source-options.js";
import type { CellKey } from "../../target/stored-rows.js";

/** Rows may have 16 MiB each. */
const ROWS_A_CALL = 64;
const ONE_ROW = { maxRows: 1, maxBytes: 1 };

/** A row as SQL gives it, with none of a load's own ways of reading. */
export interface SourceRow extends RowAddress {
  readonly of: SourceFile;
  /** By the names of the table's columns. */
  readonly values: ReadonlyMap<string, RowValue>;
  /** undefined: it has none, and no load takes it. */
  readonly point: RowPoint | undefined;
  readonly key: CellKey | undefined;
}

export interface SourceRowOptions {
  readonly frame: Frame;
  readonly coerceText: boolean;
}

/** Rows by their addresses, some at a time; those that are not there are left out. */
export async function* sourceRows(
  source: Source,
  addresses: readonly RowAddress[],
  options: SourceRowOptions,
): AsyncGenerator<SourceRow[], void> {
  for (const file of source.files.keys()) {
    const rowids = addresses.filter((address) => address.file === file).map(({ rowid }) => rowid);
    for (let begin = 0; begin < rowids.length; begin += ROWS_A_CALL) {
      yield await readRows(source, file, rowids.slice(begin, begin + ROWS_A_CALL), options);
    }
  }
}

async function readRows(
  source: Source,
  file: number,
  rowids: readonly bigint[],
  { frame, coerceText }: SourceRowOptions,
): Promise<SourceRow[]> {
  const of = source.files[file];
  const found = of === undefined ? [] : await source.rows(file, rowids);
  const rows: SourceRow[] = [];
  for (const [i, rowid] of rowids.entries()) {
    const row = found[i];
    if (of === undefined || row === null || row === undefined) continue;
    const values = new Map(of.columns.map(({ name }, at) => [name, row[at] ?? null]));
    const position = await positionOf(source, { file, rowid }, of, values);
    const point = position === undefined ? undefined : pointOf(position, coerceText);
    const key = point === undefined ? undefined : keyOfPoint(point, frame);
    rows.push({ file, rowid, of, values, point, key });
  }
  return rows;
}

/** X, Y and Z of a point column are taken out of it by SQL, as a load does. */
async function positionOf(
  source: Source,
  { file, rowid }: RowAddress,
  of: SourceFile,
  values: ReadonlyMap<string, RowValue>,
): Promise<PointValues | undefined> {
  if (of.geometry !== null) {
    const block = await source.read(file, rowid - 1n, ONE_ROW, rowid);
    return block === null ? undefined : pointValuesOf(block);
  }
  const { x, y, z, level } = of.columnNames;
  const value = (name: string | null) => (name === null ? null : (values.get(name) ?? null));
  return { x: value(x), y: value(y), z: value(z), level: value(level) };
}

/** undefined: the point is outside the frame. */
export function keyOfPoint({ x, y, z, level }: RowPoint, frame: Frame): CellKey | undefined {
  try {
    return { level, ...tileCellOf(encodePoint(x, y, z, level, frame)) };
  } catch (error) {
    if (error instanceof OctoloadError) return undefined;
    throw error;
  }
}
