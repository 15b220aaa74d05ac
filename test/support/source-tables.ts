import Database from "better-sqlite3";
import { RawText } from "../../src/target/target-row.js";

/** A value to be put into a table: bigint is INTEGER, number REAL, RawText a TEXT of any bytes. */
export type TableValue = null | bigint | number | string | Uint8Array | RawText;

export interface SourceTable {
  readonly name?: string;
  /** Names and, after them, declared types: without one a column has no affinity. */
  readonly columns: readonly { readonly name: string; readonly declaredType?: string }[];
  /** Values in the order of the columns. */
  readonly rows: readonly { readonly rowid?: bigint; readonly values: readonly TableValue[] }[];
}

/** A row as SQLite says it is stored: each value as `class:hex`, by its column's name. */
export interface StoredRow {
  readonly rowid: bigint;
  readonly values: ReadonlyMap<string, StoredValue>;
}

export interface StoredValue {
  readonly kind: "null" | "integer" | "real" | "text" | "blob";
  readonly value: null | bigint | number;
  /** Of TEXT and BLOB. */
  readonly bytes: Uint8Array;
}

export const usualColumns = [
  ...["Id", "X", "Y", "Z", "Level", "MaterialId", "Density", "Metadata", "Created"],
].map((name) => ({ name }));

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Makes a database with one table, its rows inserted in the order given. */
export function writeTable(path: string, { name = "nodes", columns, rows }: SourceTable): void {
  const database = new Database(path);
  const declared = columns.map((column) => `${quoted(column.name)} ${column.declaredType ?? ""}`);
  database.exec(`CREATE TABLE ${quoted(name)} (${declared.join(", ")})`);
  const names = columns.map((column) => quoted(column.name)).join(", ");
  const rowidName = ["rowid", "_rowid_", "oid"].find(
    (candidate) => !columns.some((column) => column.name.toLowerCase() === candidate),
  );
  const insert = ({ rowid, values }: SourceTable["rows"][number]) => {
    const marks = values.map((value) => (value instanceof RawText ? "CAST(? AS TEXT)" : "?"));
    const plain = values.map((value) => (value instanceof RawText ? value.bytes : value));
    const [keys, places, bound] =
      rowid === undefined
        ? [names, marks, plain]
        : [`${rowidName}, ${names}`, ["?", ...marks], [rowid, ...plain]];
    database
      .prepare(`INSERT INTO ${quoted(name)} (${keys}) VALUES (${places.join(", ")})`)
      .run(...bound);
  };
  database.transaction(() => rows.forEach(insert))();
  database.close();
}

/** The only table of a database that is not a GeoPackage's own, or all of them. */
export function tablesOf(path: string): string[] {
  const database = new Database(path, { readonly: true });
  const names = database
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'gpkg%' ORDER BY name",
    )
    .pluck()
    .all();
  database.close();
  return names;
}

/** Every row of a table, by rowid; `rowidName`: one that no column has taken. */
export function readTable(path: string, table: string, rowidName = "rowid"): StoredRow[] {
  const database = new Database(path, { readonly: true });
  database.defaultSafeIntegers();
  const columns = database.pragma(`table_info(${quoted(table)})`) as { name: string }[];
  const parts = columns.map(({ name }) => {
    const column = quoted(name);
    return `typeof(${column}), iif(typeof(${column}) = 'text', CAST(${column} AS BLOB), ${column})`;
  });
  const rows = database
    .prepare<[], unknown[]>(
      `SELECT ${rowidName}, ${parts.join(", ")} FROM ${quoted(table)} ORDER BY ${rowidName}`,
    )
    .raw()
    .all();
  database.close();
  return rows.map(([rowid, ...cells]) => ({
    rowid: rowid as bigint,
    values: new Map(
      columns.map(({ name }, i) => [name, storedValue(cells[2 * i], cells[2 * i + 1])]),
    ),
  }));
}

function storedValue(kind: unknown, value: unknown): StoredValue {
  const bytes = Buffer.isBuffer(value) ? new Uint8Array(value) : new Uint8Array();
  const simple = typeof value === "bigint" || typeof value === "number" ? value : null;
  return { kind: kind as StoredValue["kind"], value: simple, bytes };
}

/** A value by its storage class and its very bits and bytes. */
export function shownValue({ kind, value, bytes }: StoredValue): string {
  if (typeof value === "bigint") return `${kind} ${value}`;
  if (typeof value === "number") {
    return `${kind} ${Buffer.from(Float64Array.of(value).buffer).toString("hex")}`;
  }
  return `${kind} ${Buffer.from(bytes).toString("hex")}`;
}

/** Rows as one text each, sorted: a multiset that can be compared. Names without regard to case. */
export function shownRows(rows: readonly Pick<StoredRow, "values">[]): string[] {
  return rows.map(({ values }) => shownRow(values)).sort();
}

function shownRow(values: StoredRow["values"]): string {
  return [...values]
    .map(([name, value]) => `${name.toLowerCase()}=${shownValue(value)}`)
    .sort()
    .join("; ");
}

/** All rows of all tables of an export. */
export function exportedRows(path: string): string[] {
  return shownRows(tablesOf(path).flatMap((table) => readTable(path, table)));
}
