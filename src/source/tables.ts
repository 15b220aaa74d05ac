import Sqlite, { type Database } from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";
import {
  type ColumnMapping,
  type ColumnMatch,
  foldName,
  matchColumns,
  type TableColumn,
} from "./columns.js";
import { listNames } from "./quote.js";

/** The table a file's rows are in. */
export interface SourceTable {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly match: Extract<ColumnMatch, { kind: "fits" }>;
  /** The name by which the rowid goes: one that no column has taken. */
  readonly rowidName: string;
}

interface ListedTable {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly match: ColumnMatch;
  /** Why its rows cannot be read by their rowids; undefined: they can. */
  readonly unfit: Unfitness | undefined;
}

interface Unfitness {
  readonly fault: string;
  /** Where it is not to copy the rows into an ordinary table. */
  readonly remedy?: string;
}

interface TableListRow {
  readonly name: string;
  readonly type: "table" | "view" | "shadow" | "virtual";
  readonly wr: number;
}

const rowidNames = ["rowid", "_rowid_", "oid"];

/**
 * The table named, or the only one whose columns fit.
 *
 * @throws OctoloadError SOURCE_TABLE_*
 */
export function findTable(
  database: Database,
  mapping: ColumnMapping,
  name: string | undefined,
): SourceTable {
  const tables = listTables(database, mapping);
  return requireFit(name === undefined ? onlyFit(tables) : tableNamed(tables, name));
}

function requireFit({ name, columns, match, unfit }: ListedTable): SourceTable {
  if (match.kind === "misses") {
    throw new OctoloadError(
      "SOURCE_TABLE_MISSING",
      `table ${JSON.stringify(name)} has no column ${listNames(match.missing)}; it has ${listNames(columns.map((column) => column.name))}`,
    );
  }
  if (unfit !== undefined) {
    const { fault, ...options } = unfit;
    throw new OctoloadError("SOURCE_TABLE_UNFIT", `${JSON.stringify(name)} ${fault}`, options);
  }
  const taken = new Set(columns.map((column) => foldName(column.name)));
  const rowidName = rowidNames.find((candidate) => !taken.has(candidate)) ?? "rowid";
  return { name, columns, match, rowidName };
}

function tableNamed(tables: readonly ListedTable[], name: string): ListedTable {
  const found = tables.find((table) => foldName(table.name) === foldName(name));
  if (found !== undefined) return found;
  throw new OctoloadError(
    "SOURCE_TABLE_MISSING",
    `there is no table ${JSON.stringify(name)}; there are ${listNames(tables.map((table) => table.name))}`,
  );
}

/** One that can be read comes before one that only has the columns. */
function onlyFit(tables: readonly ListedTable[]): ListedTable {
  const matching = tables.filter(({ match }) => match.kind === "fits");
  const readable = matching.filter(({ unfit }) => unfit === undefined);
  const [first, second] = readable.length > 0 ? readable : matching;
  if (first === undefined) {
    throw new OctoloadError("SOURCE_TABLE_MISSING", `no table fits: ${describeMisses(tables)}`);
  }
  if (second === undefined) return first;
  const names = (readable.length > 0 ? readable : matching).map(({ name }) => name);
  throw new OctoloadError("SOURCE_TABLE_AMBIGUOUS", `several tables fit: ${listNames(names)}`);
}

function describeMisses(tables: readonly ListedTable[]): string {
  if (tables.length === 0) return "the file has none";
  const lines = tables.flatMap(({ name, match }) =>
    match.kind === "misses" ? [`${JSON.stringify(name)} lacks ${match.missing.join(", ")}`] : [],
  );
  const shown = lines.slice(0, 10).join("; ");
  return lines.length > 10 ? `${shown}; and ${lines.length - 10} more` : shown;
}

function listTables(database: Database, mapping: ColumnMapping): readonly ListedTable[] {
  const rows = database
    .prepare("SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' ORDER BY name")
    .all() as TableListRow[];
  const geometries = pointColumns(database);
  return rows
    .filter(({ name, type }) => type !== "shadow" && !/^(sqlite|gpkg)_/i.test(name))
    .map((row) => {
      const columns =
        row.type === "table" ? columnsOf(database, row.name) : shownColumns(database, row);
      const match = matchColumns(columns, mapping, geometries.get(foldName(row.name)) ?? null);
      return { name: row.name, columns, match, unfit: unfitness(row, columns) };
    });
}

/** Computed columns are among them: what they hold is kept as of any other. */
function columnsOf(database: Database, table: string): readonly TableColumn[] {
  const hiddenInVirtualTable = 1;
  return database
    .prepare<[string, number], TableColumn>(
      "SELECT name, type AS declaredType FROM pragma_table_xinfo(?) WHERE hidden <> ? ORDER BY cid",
    )
    .all(table, hiddenInVirtualTable);
}

/** Of a view or virtual table, only to say why it is not taken: it may need what SQLite lacks here. */
function shownColumns(database: Database, { name }: TableListRow): readonly TableColumn[] {
  try {
    return columnsOf(database, name);
  } catch (error) {
    if (error instanceof Sqlite.SqliteError && error.code === "SQLITE_ERROR") return [];
    throw error;
  }
}

function unfitness(
  { type, wr }: TableListRow,
  columns: readonly TableColumn[],
): Unfitness | undefined {
  if (type === "view") return { fault: "is a view, whose rows have no rowids" };
  if (type === "virtual") return { fault: "is a virtual table, whose rows may have no rowids" };
  if (wr === 1) return { fault: "is a table WITHOUT ROWID" };
  const taken = new Set(columns.map(({ name }) => foldName(name)));
  if (rowidNames.some((name) => !taken.has(name))) return undefined;
  return {
    fault: "has columns called rowid, _rowid_ and oid, so that its rowids have no name",
    remedy: "Rename one of the three: ALTER TABLE … RENAME COLUMN oid TO …",
  };
}

/** Of a GeoPackage's feature tables, by folded table name: the point columns that have a Z. */
function pointColumns(database: Database): ReadonlyMap<string, string> {
  const isGeoPackage = database
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'gpkg_geometry_columns'")
    .get();
  if (isGeoPackage === undefined) return new Map();
  const rows = database
    .prepare(
      `SELECT table_name, column_name FROM gpkg_geometry_columns
       WHERE upper(geometry_type_name) IN ('POINT', 'GEOMETRY') AND z <> 0`,
    )
    .raw()
    .all() as [unknown, unknown][];
  return new Map(rows.map(([table, column]) => [foldName(String(table)), String(column)]));
}
