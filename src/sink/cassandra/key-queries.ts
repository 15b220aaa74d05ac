import { quoteName } from "../../cassandra/cql-text.js";
import type { CqlRow, PageQuery } from "../../cassandra/page-reader.js";
import { splitRange, type TokenRange } from "../../cassandra/ring-ranges.js";
import { rowTables, valueColumns } from "../../cassandra/tables.js";
import { type KeyPage, makeKeyPage, signed8, signed16 } from "../key-page.js";
import type { Layout } from "../sink.js";

const CELL_BITS = 15n;
const CELL_MASK = 0x7fffn;
/** Of columns that are asked for their write times, beside the keys. */
const writeTimes = valueColumns.map((_, i) => `wt${i}`);

/** The statements of a prune, all of them prepared once by the driver. */
export class KeyQueries {
  readonly layout: Layout;
  /** Its bind markers are those of keyValues(). */
  readonly deleteCql: string;
  readonly #rangeCql: string;
  readonly #what: string;

  constructor(keyspace: string, layout: Layout) {
    const { name, partitionKey, clusteringKey } = rowTables[layout];
    const table = `${quoteName(keyspace)}.${name}`;
    const keys = [...partitionKey, ...clusteringKey];
    const token = `token(${partitionKey.join(", ")})`;
    const times = valueColumns.map((column, i) => `WRITETIME(${column.name}) AS ${writeTimes[i]}`);
    const columns = [`${token} AS tok`, ...keys, ...times];
    this.layout = layout;
    this.deleteCql = `DELETE FROM ${table} WHERE ${keys.map((key) => `${key} = ?`).join(" AND ")}`;
    this.#rangeCql = `SELECT ${columns.join(", ")} FROM ${table} WHERE ${token} > ? AND ${token} <= ?`;
    this.#what = `reading the keys of ${keyspace}.${name}`;
  }

  /** Keys in token order, each with its token and its columns' write times. */
  range(range: TokenRange): PageQuery {
    return {
      cql: this.#rangeCql,
      params: [range.after, range.last],
      what: this.#what,
      halves: () => splitRange(range, 2).map((half) => this.range(half)),
    };
  }

  /** Key i of a page as a cell, for people: where somebody else wrote it, what would be one. */
  cellAt(page: KeyPage, i: number): { readonly level: number; readonly code: bigint } {
    const level = signed8(page.levels[i] ?? 0);
    const [tile, cell] = [BigInt.asIntN(64, page.tiles[i] ?? 0n), signed16(page.cells[i] ?? 0)];
    const code = tile * 2n ** CELL_BITS + BigInt(cell);
    return { level, code: this.layout === "tile" ? code : BigInt.asIntN(64, code) };
  }

  /** Of key i of a page, in the order of the table's key columns. */
  keyValues({ tiles, cells, levels }: KeyPage, i: number): (bigint | number)[] {
    const level = signed8(levels[i] ?? 0);
    const [tile, cell] = [tiles[i] ?? 0n, cells[i] ?? 0];
    if (this.layout === "tile") return [level, BigInt.asIntN(64, tile), signed16(cell)];
    return [BigInt.asIntN(64, (tile << CELL_BITS) | BigInt(cell)), level];
  }
}

/** Keys as range() gave them. */
export function keyPageOf(rows: readonly CqlRow[], layout: Layout): KeyPage {
  const page = makeKeyPage(rows.length);
  for (const [i, row] of rows.entries()) {
    page.tokens[i] = row.tok as bigint;
    page.levels[i] = row.level as number;
    if (layout === "tile") {
      page.tiles[i] = row.tile as bigint;
      page.cells[i] = row.cell as number;
    } else {
      const code = BigInt.asUintN(64, row.morton_code as bigint);
      page.tiles[i] = code >> CELL_BITS;
      page.cells[i] = Number(code & CELL_MASK);
    }
  }
  return page;
}

/**
 * The newest of a row's columns: one that is newer than a run keeps the row, whatever the others
 * are. null: the row has no column but its key.
 */
export function newestWriteTime(row: CqlRow): bigint | null {
  let newest: bigint | null = null;
  for (const name of writeTimes) {
    const timeUs = row[name] as bigint | null;
    if (timeUs !== null && (newest === null || timeUs > newest)) newest = timeUs;
  }
  return newest;
}
