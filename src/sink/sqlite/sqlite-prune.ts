import type Database from "better-sqlite3";
import { MAX_LEVEL } from "../../encoding/level.js";
import { type KeyPage, makeKeyPage } from "../key-page.js";
import type { Layout } from "../sink.js";
import { keysOf, tableOf } from "./schema.js";

/** Rows of a target as they are: their keys, and when they were written. */
export interface StoredKeys {
  readonly page: KeyPage;
  /** Microseconds since 1970; one a key. */
  readonly writeTimesUs: BigInt64Array;
}

const KEYS_A_PAGE = 4096;
const CELL_BITS = 15n;
const CELL_MASK = 0x7fffn;

/** Before the first key, in the order of the key's columns. */
const beforeAll: Readonly<Record<Layout, readonly bigint[]>> = {
  node: [-1n, -1n],
  tile: [-1n, -1n, -1n],
};

/** What is no cell was not written by us, and is left alone. */
const isCell: Readonly<Record<Layout, string>> = {
  node: `morton_code >= 0 AND level BETWEEN 0 AND ${MAX_LEVEL}`,
  tile: `level BETWEEN 0 AND ${MAX_LEVEL} AND tile >= 0 AND cell BETWEEN 0 AND ${CELL_MASK}`,
};

/** The writer's part of a prune: reads keys in their order, and marks rows as deleted. */
export class SqlitePrune {
  readonly #layout: Layout;
  readonly #select: Database.Statement<bigint[], bigint[]>;
  readonly #delete: Database.Statement<bigint[]>;
  readonly #deleteAll: (keys: readonly bigint[][]) => void;
  #last: readonly bigint[];

  constructor(database: Database.Database, layout: Layout, writeTimeUs: bigint) {
    const keys = keysOf[layout];
    const marks = keys.map(() => "?").join(", ");
    const columns = keys.join(", ");
    this.#layout = layout;
    this.#last = beforeAll[layout];
    this.#select = database
      .prepare<bigint[], bigint[]>(
        `SELECT ${columns}, write_time FROM ${tableOf[layout]}
         WHERE (${columns}) > (${marks}) AND deleted = 0 AND ${isCell[layout]}
         ORDER BY ${columns} LIMIT ${KEYS_A_PAGE}`,
      )
      .safeIntegers()
      .raw();
    // The key stays, so that an older run's row does not come back; what it held goes.
    this.#delete = database.prepare<bigint[]>(
      `UPDATE ${tableOf[layout]} SET deleted = 1, write_time = ?, material_id = NULL,
         compressed_data = zeroblob(0)
       WHERE ${keys.map((key) => `${key} = ?`).join(" AND ")} AND deleted = 0 AND write_time <= ?`,
    );
    this.#deleteAll = database.transaction((all: readonly bigint[][]) => {
      for (const key of all) this.#delete.run(writeTimeUs, ...key, writeTimeUs);
    }).immediate;
  }

  /** The keys behind those of the last call; 0 rows: there are no more. */
  next(): StoredKeys {
    const rows = this.#select.all(...this.#last);
    const page = makeKeyPage(rows.length);
    const writeTimesUs = new BigInt64Array(rows.length);
    for (const [i, row] of rows.entries()) {
      this.#put(page, i, row);
      writeTimesUs[i] = row.at(-1) ?? 0n;
    }
    this.#last = rows.at(-1)?.slice(0, -1) ?? this.#last;
    return { page, writeTimesUs };
  }

  /** Deletes keys of a page that are not newer than the run; when it returns that is on the disk. */
  delete(page: KeyPage, indexes: readonly number[]): void {
    this.#deleteAll(indexes.map((i) => this.#keyAt(page, i)));
  }

  #put(page: KeyPage, i: number, row: readonly bigint[]): void {
    const [first = 0n, second = 0n, third = 0n] = row;
    const isNode = this.#layout === "node";
    page.levels[i] = Number(isNode ? second : first);
    page.tiles[i] = isNode ? first >> CELL_BITS : second;
    page.cells[i] = Number(isNode ? first & CELL_MASK : third);
  }

  #keyAt({ levels, tiles, cells }: KeyPage, i: number): bigint[] {
    const [level, tile, cell] = [BigInt(levels[i] ?? 0), tiles[i] ?? 0n, BigInt(cells[i] ?? 0)];
    return this.#layout === "node" ? [(tile << CELL_BITS) | cell, level] : [level, tile, cell];
  }
}
