import { sourceColumns } from "../encoding/source-columns.js";
import { quoteName } from "./quote.js";
import type { SourceTable } from "./tables.js";
import { enclosed } from "./where.js";

const pointFunctions = new Map([
  ["x", "octoload_point_x"],
  ["y", "octoload_point_y"],
  ["z", "octoload_point_z"],
]);

/** What octoload_pack runs (native/sqlite/pack.cpp): ?1 and ?2 are the rowids around the range. */
export function packSql(table: SourceTable, where: string | undefined): string {
  const rowid = quoteName(table.rowidName);
  const selected = where === undefined ? "1" : `CASE WHEN ${enclosed(where)} THEN 1 ELSE 0 END`;
  const extras = table.match.extras.map(({ name }) => quoteName(name));
  const columns = [rowid, ...fixedColumns(table), selected, ...extras];
  return `SELECT ${columns.join(", ")} FROM ${quoteName(table.name)} WHERE ${rowid} > ?1 AND ${rowid} <= ?2 ORDER BY ${rowid}`;
}

/** A row whole, its columns in the table's order, by its rowid. */
export function rowSql(table: SourceTable): string {
  const columns = table.columns.map(({ name }) => quoteName(name));
  return `SELECT ${columns.join(", ")} FROM ${quoteName(table.name)} WHERE ${quoteName(table.rowidName)} = ?`;
}

/** The first rowid in an order. */
export function rowidSql(table: SourceTable, order: "ASC" | "DESC"): string {
  const rowid = quoteName(table.rowidName);
  return `SELECT ${rowid} FROM ${quoteName(table.name)} ORDER BY ${rowid} ${order} LIMIT 1`;
}

/** The columns with a meaning, NULL for those that are absent. */
export function fixedColumns({ match }: SourceTable): readonly string[] {
  return sourceColumns.map((key) => {
    const name = match.names[key];
    if (name !== null) return quoteName(name);
    const pointFunction = match.geometry === null ? undefined : pointFunctions.get(key);
    return pointFunction === undefined
      ? "NULL"
      : `${pointFunction}(${quoteName(match.geometry ?? "")})`;
  });
}
