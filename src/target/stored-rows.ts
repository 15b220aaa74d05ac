import type Database from "better-sqlite3";
import type { Layout } from "../sink/sink.js";
import { tableOf } from "../sink/sqlite/schema.js";
import type { StoredRow } from "./row-decoder.js";

/** A cell's key in either layout. */
export interface CellKey {
  readonly level: number;
  readonly tile: bigint;
  readonly cell: number;
}

type RawRow = [bigint, bigint, bigint, bigint | null, number, bigint, Uint8Array, bigint, bigint];

/** A batch ends where one of these is reached: a row may have 16 MiB. */
const BATCH_ROWS = 1024;
const BATCH_BYTES = 2 << 20;

/** The reading end of an embedded target's table: every statement is short, to hold no writer up. */
export class StoredRows {
  readonly #database: Database.Database;
  readonly #isNode: boolean;
  readonly #select: string;
  readonly #statements = new Map<string, Database.Statement<bigint[], RawRow>>();

  constructor(database: Database.Database, layout: Layout) {
    this.#database = database;
    this.#isNode = layout === "node";
    const key = this.#isNode ? "morton_code >> 15, morton_code & 32767" : "tile, cell";
    this.#select = `SELECT ${key}, level, material_id, homogeneity, children_mask,
      compressed_data, last_modified, write_time FROM ${tableOf[layout]} WHERE deleted = 0`;
  }

  /** The deepest of several cells that is there, by one query. */
  deepestOf(keys: readonly CellKey[]): StoredRow | undefined {
    const known = this.#isNode ? keys.filter(({ level }) => level <= 21) : keys;
    if (known.length === 0) return undefined;
    const list = known.map(() => (this.#isNode ? "(?, ?)" : "(?, ?, ?)")).join(", ");
    const columns = this.#isNode ? "(morton_code, level)" : "(level, tile, cell)";
    const sql = `${this.#select} AND ${columns} IN (VALUES ${list}) ORDER BY level DESC LIMIT 1`;
    const row = this.#prepare(sql).get(...known.flatMap((key) => this.#values(key)));
    return row === undefined ? undefined : storedRow(row);
  }

  /** Rows of one level with codes from `first` to `last`, ascending, in bounded batches. */
  *range(level: number, first: bigint, last: bigint): Generator<StoredRow[]> {
    const sql = this.#isNode
      ? `${this.#select} AND level = ? AND morton_code BETWEEN ? AND ? ORDER BY morton_code`
      : `${this.#select} AND level = ? AND (tile, cell) >= (?, ?) AND (tile, cell) <= (?, ?)
         ORDER BY tile, cell`;
    const statement = this.#prepare(sql);
    const parts = (code: bigint) => (this.#isNode ? [code] : [code >> 15n, code & 0x7fffn]);
    let from = first;
    while (from <= last) {
      const batch = takeBatch(statement.iterate(BigInt(level), ...parts(from), ...parts(last)));
      const end = batch.at(-1);
      if (end === undefined) return;
      yield batch;
      from = ((end.tile << 15n) | BigInt(end.cell)) + 1n;
    }
  }

  /** All rows in the order of their key, in bounded batches. */
  *all(): Generator<StoredRow[]> {
    const [columns, marks] = this.#isNode
      ? ["morton_code, level", "?, ?"]
      : ["level, tile, cell", "?, ?, ?"];
    const sql = `${this.#select} AND (${columns}) > (${marks}) ORDER BY ${columns}`;
    const statement = this.#prepare(sql);
    let last: CellKey | undefined;
    for (;;) {
      const after = last === undefined ? [-1n, -1n, -1n] : this.#values(last);
      const batch = takeBatch(statement.iterate(...after.slice(0, this.#isNode ? 2 : 3)));
      last = batch.at(-1);
      if (last === undefined) return;
      yield batch;
    }
  }

  count(): number {
    const sql = `SELECT count(*) FROM (${this.#select})`;
    return Number(this.#database.prepare<[], number>(sql).pluck().get() ?? 0);
  }

  #values({ level, tile, cell }: CellKey): bigint[] {
    if (this.#isNode) return [(tile << 15n) | BigInt(cell), BigInt(level)];
    return [BigInt(level), tile, BigInt(cell)];
  }

  /** No statement is in use between two calls, so one of a kind is enough. */
  #prepare(sql: string): Database.Statement<bigint[], RawRow> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare<bigint[], RawRow>(sql).raw().safeIntegers();
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Leaving the loop ends the statement, and with it the read lock. */
function takeBatch(rows: IterableIterator<RawRow>): StoredRow[] {
  const batch: StoredRow[] = [];
  let bytes = 0;
  for (const raw of rows) {
    const row = storedRow(raw);
    batch.push(row);
    bytes += row.envelope.length;
    if (batch.length >= BATCH_ROWS || bytes >= BATCH_BYTES) break;
  }
  return batch;
}

function storedRow(raw: RawRow): StoredRow {
  const [tile, cell, level, materialId, homogeneity, mask, envelope, lastModified, writeTimeUs] =
    raw;
  return {
    tile,
    cell: Number(cell),
    level: Number(level),
    materialId: materialId === null ? null : Number(materialId),
    homogeneity,
    childrenMask: Number(mask),
    envelope,
    lastModified,
    writeTimeUs,
  };
}
