import { encodeEnvelopes } from "../encoding/envelope.js";
import type { Frame } from "../encoding/frame.js";
import { encodeTiles } from "../encoding/morton.js";
import { rowStatus } from "../encoding/row-status.js";
import { type SqliteValue, ValuePacker } from "../encoding/value-column.js";
import { columnNamesOf } from "../load/scan.js";
import type { RowValue } from "../source/file-reader.js";
import { type PointValues, pointOf, pointValuesOf, type RowPoint } from "../source/row-point.js";
import type { Source } from "../source/source.js";
import type { RowAddress, SourceFile } from "../source/source-options.js";

/** The same rows on any machine. */
export const SAMPLE_ROWS = 1000;
export const SAMPLE_SEED = 12_345;
/** Rows read at once: each may be large. */
const ROWS_A_CALL = 100;
const ONE_ROW = { maxRows: 1, maxBytes: 1 };
const MIN_ROWID = -(2n ** 63n);
/** Values kept of all rows together: a sample of the largest rows is not held in memory. */
const MAX_SAMPLE_BYTES = 64 * 2 ** 20;

/** A row of the sample, without what can't be loaded. */
export interface SampleRow {
  readonly point: RowPoint;
  readonly file: SourceFile;
  readonly values: readonly (RowValue | undefined)[];
}

/**
 * @param addresses by file and rowid
 * @returns those that have a cell; fewer where they are very large
 */
export async function readSample(
  source: Source,
  addresses: readonly RowAddress[],
  coerceText: boolean,
): Promise<SampleRow[]> {
  const rows: SampleRow[] = [];
  let bytes = 0;
  for (const number of source.files.keys()) {
    const rowids = addresses.flatMap((one) => (one.file === number ? [one.rowid] : []));
    for (let i = 0; i < rowids.length && bytes < MAX_SAMPLE_BYTES; i += ROWS_A_CALL) {
      const some = await readRows(source, number, rowids.slice(i, i + ROWS_A_CALL), coerceText);
      bytes += some.reduce((sum, { values }) => sum + sizeOf(values), 0);
      rows.push(...some);
    }
  }
  return rows;
}

async function readRows(
  source: Source,
  number: number,
  rowids: readonly bigint[],
  coerceText: boolean,
): Promise<SampleRow[]> {
  const file = source.files[number];
  const rows: SampleRow[] = [];
  if (file === undefined) return rows;
  for (const [i, values] of (await source.rows(number, rowids)).entries()) {
    if (values === null) continue;
    const place = await placeOf(source, { file: number, rowid: rowids[i] ?? 0n }, values);
    const point = place === undefined ? undefined : pointOf(place, coerceText);
    if (point !== undefined) rows.push({ point, file, values });
  }
  return rows;
}

/** A value by its column's name; undefined: the file has no such column. */
export function valueIn(
  { file, values }: Pick<SampleRow, "file" | "values">,
  name: string | null,
): RowValue | undefined {
  const at = name === null ? -1 : columnNamesOf(file).indexOf(name);
  return at < 0 ? undefined : (values[at] ?? null);
}

/** TEXT and BLOB of the Metadata column, as bytes. */
export function metadataOf(rows: readonly SampleRow[]): Uint8Array[] {
  return rows.flatMap((row) => {
    const value = valueIn(row, row.file.columnNames.metadata);
    if (typeof value === "string") return [new Uint8Array(Buffer.from(value))];
    return value instanceof Uint8Array ? [value] : [];
  });
}

/** The rows' envelopes as a load makes them, all but the numbers of their column sets. */
export function encodeSample(rows: readonly SampleRow[], frame: Frame): Uint8Array[] {
  const points = {
    x: Float64Array.from(rows, ({ point }) => point.x),
    y: Float64Array.from(rows, ({ point }) => point.y),
    z: Float64Array.from(rows, ({ point }) => point.z),
  };
  const level = Uint8Array.from(rows, ({ point }) => point.level);
  const { tiles, cells } = encodeTiles(points, level, { frame });
  const packer = new ValuePacker();
  const column = (name: (row: SampleRow) => string | null) =>
    packer.column(rows.map((row) => sqliteValue(valueIn(row, name(row)))));
  const most = Math.max(0, ...rows.map(({ file }) => file.extras.length));
  const columns = {
    id: column(({ file }) => file.columnNames.id),
    density: column(({ file }) => file.columnNames.density),
    created: column(({ file }) => file.columnNames.created),
    metadata: column(({ file }) => file.columnNames.metadata),
    extras: Array.from({ length: most }, (_, i) => column(({ file }) => extraName(file, i))),
  };
  const set = most === 0 ? {} : { columnSet: 1 };
  const { bytes, offsets, status } = encodeEnvelopes(
    { ...points, level, tiles, cells, ...columns, ...set, bytes: packer.bytes() },
    { frame },
  );
  return rows.flatMap((_, i) =>
    status[i] === rowStatus.ok ? [bytes.slice(offsets[i], offsets[i + 1])] : [],
  );
}

function extraName({ extras }: SourceFile, index: number): string | null {
  return extras[index]?.name ?? null;
}

/** TEXT as its bytes: some is no Unicode, and only its length counts here. */
function sqliteValue(value: RowValue | undefined): SqliteValue {
  return typeof value === "string" ? new Uint8Array(Buffer.from(value)) : value;
}

/** A point column is taken apart where blocks are packed. */
async function placeOf(
  source: Source,
  { file: number, rowid }: RowAddress,
  values: readonly RowValue[],
): Promise<PointValues | undefined> {
  const file = source.files[number];
  if (file === undefined) return undefined;
  if (file.geometry === null) {
    const { x, y, z, level } = file.columnNames;
    const value = (name: string | null) => valueIn({ file, values }, name) ?? null;
    return { x: value(x), y: value(y), z: value(z), level: value(level) };
  }
  const before = rowid === MIN_ROWID ? null : rowid - 1n;
  const block = await source.read(number, before, ONE_ROW, rowid);
  return block === null ? undefined : pointValuesOf(block);
}

function sizeOf(values: SampleRow["values"]): number {
  return values.reduce<number>((sum, value) => {
    if (typeof value === "string" || value instanceof Uint8Array) return sum + value.length;
    return sum + 8;
  }, 0);
}
