import type Database from "better-sqlite3";
import type { Layout } from "../encoding/layout.js";
import { MAX_LEVEL } from "../encoding/level.js";
import { keysOf, tableOf } from "../sink/sqlite/schema.js";
import { type StoredCell, type StoredColumn, storedColumns } from "./row-reader.js";
import type { CellKey } from "./stored-rows.js";

const MAX_ROWS = 8192;
const MAX_BYTES = 2 ** 22;
const FOREIGN_KEYS = 1000;
const CELL_MASK = 0x7fff;

/** Of native/batch/source_batch.h. */
const HEAD_BYTES = 32;
const COLUMNS = 10;

/** Rows that a load can have written. The signs keep SQLite from choosing an index by this. */
const isCell: Readonly<Record<Layout, string>> = {
  node: `typeof(morton_code) = 'integer' AND typeof(level) = 'integer' AND +morton_code >= 0 AND +level BETWEEN 0 AND ${MAX_LEVEL}`,
  tile: `typeof(level) = 'integer' AND typeof(tile) = 'integer' AND typeof(cell) = 'integer' AND +level BETWEEN 0 AND ${MAX_LEVEL} AND tile >= 0 AND cell BETWEEN 0 AND ${CELL_MASK}`,
};

/** Key columns as native/validate/stored_rows.h wants them. */
const packedKeys: Readonly<Record<Layout, string>> = {
  node: "morton_code, level, 0",
  tile: "tile, level, cell",
};

/** An embedded table's rows in the order of their key, packed natively. */
export class StoredBlocks {
  readonly #layout: Layout;
  readonly #pack: Database.Statement<[string, number, number]>;
  readonly #cell: Database.Statement<bigint[], Record<string, unknown>>;
  readonly #count: Database.Statement<[], number>;
  readonly #foreign: Database.Statement<[], string>;
  /** Of the last row, in the order of the key; undefined: from the first row. */
  #last: readonly bigint[] | undefined;

  /** @param database with octoload's SQL functions */
  constructor(database: Database.Database, layout: Layout) {
    const keys = keysOf[layout];
    const table = tableOf[layout];
    this.#layout = layout;
    this.#pack = database
      .prepare<[string, number, number]>("SELECT octoload_pack(?, NULL, NULL, ?, ?)")
      .pluck();
    this.#cell = database
      .prepare<bigint[], Record<string, unknown>>(
        `SELECT ${storedColumns.join(", ")}, write_time FROM ${table}
         WHERE ${keys.map((key) => `${key} = ?`).join(" AND ")} AND deleted = 0`,
      )
      .safeIntegers();
    this.#count = database
      .prepare<[], number>(`SELECT count(*) FROM ${table} WHERE deleted = 0 AND ${isCell[layout]}`)
      .pluck();
    this.#foreign = database
      .prepare<[], string>(
        `SELECT ${keys.map((key) => `'${key} ' || quote(${key})`).join(" || ', ' || ")}
         FROM ${table} WHERE NOT (${isCell[layout]}) AND deleted = 0 LIMIT ${FOREIGN_KEYS}`,
      )
      .pluck();
  }

  begin(): void {
    this.#last = undefined;
  }

  /** A block of native/batch/source_batch.h; null: there are no more rows. */
  next(): Uint8Array<ArrayBuffer> | null {
    const packed = this.#pack.get(this.#sql(), MAX_ROWS, MAX_BYTES);
    if (!Buffer.isBuffer(packed)) return null;
    // Memory that can be handed to another thread, and begins at a multiple of 8.
    const block = Uint8Array.from(packed);
    this.#last = this.#lastKey(block);
    return block;
  }

  /** Of the rows that next() gives. */
  count(): number {
    return this.#count.get() ?? 0;
  }

  cell(key: CellKey): StoredCell | undefined {
    const row = this.#cell.get(...this.#keyOf(key));
    return row === undefined ? undefined : storedCell(row);
  }

  foreignKeys(): string[] {
    return this.#foreign.all();
  }

  /** ?1 and ?2 are octoload_pack's bounds of a rowid, which these tables do not have. */
  #sql(): string {
    const keys = keysOf[this.#layout].join(", ");
    const after = this.#last === undefined ? "" : `AND (${keys}) > (${this.#last.join(", ")})`;
    return `SELECT 0, ${packedKeys[this.#layout]}, ${storedColumns.join(", ")}, 0, 0
      FROM ${tableOf[this.#layout]}
      WHERE ?1 < ?2 AND deleted = 0 AND ${isCell[this.#layout]} ${after} ORDER BY ${keys}`;
  }

  #lastKey(block: Uint8Array<ArrayBuffer>): bigint[] {
    const rows = Number(new BigUint64Array(block.buffer, 8, 1)[0]);
    const slotsAt = HEAD_BYTES + 8 * rows + COLUMNS * Math.ceil(rows / 8) * 8;
    const slots = new BigInt64Array(block.buffer, slotsAt, 3 * rows);
    const [first = 0n, level = 0n, cell = 0n] = [0, 1, 2].map(
      (column) => slots[column * rows + rows - 1] ?? 0n,
    );
    return this.#layout === "node" ? [first, level] : [level, first, cell];
  }

  #keyOf({ level, tile, cell }: CellKey): bigint[] {
    if (this.#layout === "tile") return [BigInt(level), tile, BigInt(cell)];
    return [(tile << 15n) | BigInt(cell), BigInt(level)];
  }
}

/** A value of another class than its column's counts as none. */
function storedCell(row: Readonly<Record<string, unknown>>): StoredCell {
  const { material_id, homogeneity, children_mask, compressed_data, last_modified } = row;
  const writeTime = row.write_time as bigint;
  const time = (column: StoredColumn) => (row[column] === null ? null : writeTime);
  const times = storedColumns.map((column) => [column, time(column)] as const);
  const integer = (value: unknown) => (typeof value === "bigint" ? Number(value) : null);
  return {
    materialId: integer(material_id),
    homogeneity: typeof homogeneity === "number" ? homogeneity : null,
    childrenMask: integer(children_mask),
    envelope: compressed_data instanceof Uint8Array ? Uint8Array.from(compressed_data) : null,
    lastModified: typeof last_modified === "bigint" ? last_modified : null,
    writeTimesUs: Object.fromEntries(times) as StoredCell["writeTimesUs"],
  };
}
