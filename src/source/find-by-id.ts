import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { Database } from "better-sqlite3";
import { sourceColumns } from "../encoding/source-columns.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { ColumnMapping } from "./columns.js";
import { openConnection } from "./connection.js";
import type { RowValue } from "./file-reader.js";
import { findPaths } from "./find-paths.js";
import { fixedColumns } from "./pack-sql.js";
import { quoteName } from "./quote.js";
import type { PointValues } from "./row-point.js";
import { sourceError } from "./source-error.js";
import { findTable, type SourceTable } from "./tables.js";

const BUSY_TIMEOUT_MS = 5000;
/** An Id is meant to be one row's. */
const MAX_ROWS_A_FILE = 100;

export interface FindOptions {
  /** Files or globs. */
  readonly paths: readonly string[];
  readonly table?: string;
  readonly columns?: ColumnMapping;
}

/** A row of a source, whole. */
export interface FoundRow {
  /** Absolute. */
  readonly file: string;
  readonly table: string;
  readonly rowid: bigint;
  /** Its columns as the table has them. */
  readonly values: readonly (readonly [name: string, value: RowValue])[];
  readonly position: PointValues;
}

/**
 * The rows of a source that have an Id. Goes through a whole table where it has no index for that.
 *
 * @param id as text; a whole number is looked for as INTEGER and as TEXT
 * @throws OctoloadError SOURCE_*
 */
export function findRowsById(id: string, options: FindOptions): FoundRow[] {
  return findPaths(options.paths).flatMap((path) => {
    const file = resolve(path);
    const database = openConnection(realpathSync(file), BUSY_TIMEOUT_MS);
    try {
      const table = findTable(database, options.columns ?? {}, options.table);
      return selectRows(database, file, table, id);
    } catch (error) {
      throw sourceError(file, error);
    } finally {
      database.close();
    }
  });
}

function selectRows(database: Database, file: string, table: SourceTable, id: string): FoundRow[] {
  const idColumn = table.match.names.id;
  if (idColumn === null) {
    throw new OctoloadError(
      "SOURCE_MAPPING",
      `${JSON.stringify(file)}: no column of ${JSON.stringify(table.name)} is taken for the Id`,
    );
  }
  const columns = table.columns.map(({ name }) => name);
  const selected = [quoteName(table.rowidName), ...fixedColumns(table), ...columns.map(quoteName)];
  const sql = `SELECT ${selected.join(", ")} FROM ${quoteName(table.name)}
    WHERE ${quoteName(idColumn)} = ? OR ${quoteName(idColumn)} = ? LIMIT ${MAX_ROWS_A_FILE}`;
  const statement = database.prepare<[RowValue, RowValue], RowValue[]>(sql).raw().safeIntegers();
  return statement.all(integerOr(id), id).map(([rowid, ...values]) => {
    const position = (key: "x" | "y" | "z" | "level") => values[sourceColumns.indexOf(key)] ?? null;
    return {
      file,
      table: table.name,
      rowid: rowid as bigint,
      values: columns.map((name, i) => [name, values[sourceColumns.length + i] ?? null] as const),
      position: {
        x: position("x"),
        y: position("y"),
        z: position("z"),
        level: position("level"),
      },
    };
  });
}

function integerOr(text: string): bigint | string {
  if (!/^-?\d{1,19}$/.test(text)) return text;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : text;
}
