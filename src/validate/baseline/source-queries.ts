import type { Statement } from "better-sqlite3";
import { sourceColumns } from "../../encoding/source-columns.js";
import type { ColumnMapping } from "../../source/columns.js";
import { openConnection } from "../../source/connection.js";
import type { RowValue } from "../../source/file-reader.js";
import { fixedColumns } from "../../source/pack-sql.js";
import { quoteName } from "../../source/quote.js";
import { findTable, type SourceTable } from "../../source/tables.js";
import type { LatencySummary } from "../result.js";
import { LatencyHistogram } from "./latency-histogram.js";

const BUSY_TIMEOUT_MS = 5000;

/** One row to be asked for. */
export interface PointQuery {
  readonly file: number;
  readonly rowid: bigint;
  readonly position: readonly [x: RowValue, y: RowValue, z: RowValue, level: RowValue];
}

export interface SourceQueryOptions {
  readonly paths: readonly string[];
  readonly table: string | undefined;
  readonly columns: ColumnMapping | undefined;
  /** No further query begins after so long, of each kind. */
  readonly budgetMs: number;
}

export interface MeasuredQueries {
  readonly query: string;
  /** As EXPLAIN QUERY PLAN says. */
  readonly plan: string;
  readonly latency: LatencySummary;
}

interface OpenTable {
  readonly byPosition: Statement<RowValue[], unknown[]>;
  readonly byRowid: Statement<RowValue[], unknown[]>;
  readonly plan: string;
}

/**
 * Asks SQLite for the same rows in its own ways: by position, as whoever looks for a cell has to, and
 * by rowid, the fastest way there is, which nobody can use who does not know it.
 *
 * @throws OctoloadError SOURCE_*
 */
export function measureSource(
  queries: readonly PointQuery[],
  options: SourceQueryOptions,
): MeasuredQueries[] {
  const databases = options.paths.map((path) => openConnection(path, BUSY_TIMEOUT_MS));
  try {
    const tables = databases.map((database): OpenTable => {
      const table = findTable(database, options.columns ?? {}, options.table);
      const sql = positionSql(table);
      const explained = database
        .prepare<RowValue[], { readonly detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all(0, 0, 0, 0);
      const rowid = `SELECT * FROM ${quoteName(table.name)} WHERE ${quoteName(table.rowidName)} = ?`;
      return {
        byPosition: database.prepare<RowValue[], unknown[]>(sql).raw().safeIntegers(),
        byRowid: database.prepare<RowValue[], unknown[]>(rowid).raw().safeIntegers(),
        plan: explained.map(({ detail }) => detail).join("; "),
      };
    });
    const plan = [...new Set(tables.map((table) => table.plan))].join(" | ");
    const position = measure(queries, options.budgetMs, ({ file, position: at }) =>
      tables[file]?.byPosition.get(...at),
    );
    const rowid = measure(queries, options.budgetMs, ({ file, rowid: id }) =>
      tables[file]?.byRowid.get(id),
    );
    return [
      { query: "by X, Y, Z and Level", plan, latency: position },
      { query: "by rowid", plan: "SEARCH by its primary key", latency: rowid },
    ];
  } finally {
    for (const database of databases) database.close();
  }
}

function positionSql(table: SourceTable): string {
  const columns = fixedColumns(table);
  const at = (key: "x" | "y" | "z" | "level") => columns[sourceColumns.indexOf(key)] ?? "NULL";
  return `SELECT * FROM ${quoteName(table.name)}
    WHERE ${at("x")} = ? AND ${at("y")} = ? AND ${at("z")} = ? AND ${at("level")} = ?`;
}

function measure(
  queries: readonly PointQuery[],
  budgetMs: number,
  ask: (query: PointQuery) => unknown,
): LatencySummary {
  const histogram = new LatencyHistogram();
  const endMs = performance.now() + budgetMs;
  for (const query of queries) {
    const startMs = performance.now();
    if (startMs > endMs) break;
    if (ask(query) === undefined) histogram.addError();
    else histogram.add(performance.now() - startMs);
  }
  return histogram.summary();
}
