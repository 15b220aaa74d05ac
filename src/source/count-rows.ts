import type { Database } from "better-sqlite3";
import { quoteName } from "./quote.js";
import type { SourceTable } from "./tables.js";

/** Rowids a transaction: some tens of milliseconds where there is a row for each. */
const ROWIDS_A_STEP = 1_000_000n;
/** Where rowids are far apart, steps grow: there are never more than so many. */
const MOST_STEPS = 10_000n;

/** Rows of a table, counted in short transactions, so that no writer waits long. */
export function countRows(database: Database, table: SourceTable): number {
  const name = quoteName(table.name);
  const rowid = quoteName(table.rowidName);
  const ends = database
    .prepare<[], { first: bigint | null; last: bigint | null }>(
      `SELECT (SELECT min(${rowid}) FROM ${name}) AS first, (SELECT max(${rowid}) FROM ${name}) AS last`,
    )
    .safeIntegers()
    .get();
  if (ends === undefined || ends.first === null || ends.last === null) return 0;
  const count = database
    .prepare<[bigint, bigint], number>(
      `SELECT count(*) FROM ${name} WHERE ${rowid} BETWEEN ? AND ?`,
    )
    .pluck();
  const span = ends.last - ends.first + 1n;
  const perStep = span / MOST_STEPS + 1n;
  const step = perStep > ROWIDS_A_STEP ? perStep : ROWIDS_A_STEP;
  let rows = 0;
  for (let from = ends.first; from <= ends.last; from += step) {
    const to = from + step - 1n;
    rows += count.get(from, to < ends.last ? to : ends.last) ?? 0;
  }
  return rows;
}
