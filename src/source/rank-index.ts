import type { Database, Statement } from "better-sqlite3";
import { quoteName } from "./quote.js";
import type { SourceTable } from "./tables.js";

/** Rows between two known ranks: a row in between is found by skipping. */
const STRIDE = 4096;

/** A rowid, or before all of them. */
type After = bigint | number;

/**
 * Number of rows of a table, and its rowids by rank (0 is the smallest rowid).
 *
 * Made by one pass over the rowids, a few thousand in a transaction, so that no writer waits long.
 */
export class RankIndex {
  /** Rowid of rank STRIDE * (i + 1) - 1. */
  readonly #rowids: bigint[] = [];
  readonly #skip: Statement<[After, number]>;
  readonly rows: number;

  constructor(database: Database, table: SourceTable) {
    const rowid = quoteName(table.rowidName);
    const rowids = `SELECT ${rowid} AS r FROM ${quoteName(table.name)} WHERE ${rowid} > ? ORDER BY ${rowid}`;
    this.#skip = database.prepare(`${rowids} LIMIT 1 OFFSET ?`).pluck().safeIntegers();
    for (let at = this.#from(0, STRIDE - 1); at !== undefined; ) {
      this.#rowids.push(at);
      at = this.#from(this.#rowids.length, STRIDE - 1);
    }
    const rest = database.prepare<[After]>(`SELECT count(*) FROM (${rowids} LIMIT ${STRIDE})`);
    const after = this.#after(this.#rowids.length);
    this.rows = this.#rowids.length * STRIDE + Number(rest.pluck().get(after));
  }

  /** undefined: there are not so many rows, by now. */
  rowidAt(rank: number): bigint | undefined {
    return this.#from(Math.floor(rank / STRIDE), rank % STRIDE);
  }

  #from(strides: number, skipped: number): bigint | undefined {
    return this.#skip.get(this.#after(strides), skipped) as bigint | undefined;
  }

  #after(strides: number): After {
    return strides === 0 ? Number.NEGATIVE_INFINITY : (this.#rowids[strides - 1] ?? 0n);
  }
}
