import { quoteName } from "../../cassandra/cql-text.js";
import type { CqlRow, PageQuery } from "../../cassandra/page-reader.js";
import { splitRange, type TokenRange } from "../../cassandra/ring-ranges.js";
import { rowTables, valueColumns } from "../../cassandra/tables.js";
import type { Layout } from "../../encoding/layout.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { StoredRow } from "../row-decoder.js";
import type { CellKey } from "../stored-rows.js";
import type { TileSpan } from "./box-cover.js";

/** Columns of a row that may not be NULL. */
const requiredColumns = valueColumns.filter(({ name }) => name !== "material_id");

/** The SELECTs of a target's table, all of them prepared once by the driver. */
export class RowQueries {
  readonly layout: Layout;
  readonly #what: string;
  readonly #row: string;
  readonly #span: string;
  readonly #range: string;
  readonly #keysOfRange: string;
  readonly #copy: string;
  /** Columns as native/cql/result_rows.h wants them, of the rows between two tokens. */
  readonly rawRange: string;

  constructor(keyspace: string, layout: Layout) {
    const { name, partitionKey, clusteringKey } = rowTables[layout];
    const keys = [...partitionKey, ...clusteringKey];
    const values = valueColumns.map((column) => column.name);
    const writeTimes = values.map((column) => `WRITETIME(${column}) AS wt_${column}`);
    const token = `token(${partitionKey.join(", ")})`;
    const select = (columns: readonly string[], where: string) =>
      `SELECT ${columns.join(", ")} FROM ${quoteName(keyspace)}.${name} WHERE ${where}`;
    const row = [...keys, ...values, "WRITETIME(compressed_data) AS write_time"];
    const isCell = keys.map((key) => `${key} = ?`).join(" AND ");
    const isInRange = `${token} > ? AND ${token} <= ?`;
    this.layout = layout;
    this.#what = `reading ${keyspace}.${name}`;
    this.#row = select(row, isCell);
    this.#span = select(row, "level = ? AND tile = ? AND cell >= ? AND cell <= ?");
    this.#range = select(row, isInRange);
    this.#keysOfRange = select(keys, isInRange);
    this.rawRange = select([...keys, ...values], isInRange);
    this.#copy = select([...row, ...writeTimes], isCell);
  }

  cell(key: CellKey): PageQuery {
    return this.#query(this.#row, this.#keyOf(key));
  }

  /** Of layout tile. */
  span(level: number, { tile, firstCell, lastCell }: TileSpan): PageQuery {
    return this.#query(this.#span, [level, tile, firstCell, lastCell]);
  }

  range(range: TokenRange): PageQuery {
    return this.#rangeQuery(this.#range, range);
  }

  /** Nothing but the keys. */
  keysOfRange(range: TokenRange): PageQuery {
    return this.#rangeQuery(this.#keysOfRange, range);
  }

  /** For who prepares `rawRange` himself. */
  rawRangeOf(range: TokenRange): PageQuery {
    return this.#rangeQuery(this.rawRange, range);
  }

  /** A cell with the write time of each of its columns. */
  copy(key: CellKey): PageQuery {
    return this.#query(this.#copy, this.#keyOf(key));
  }

  #rangeQuery(cql: string, range: TokenRange): PageQuery {
    const halves = () => splitRange(range, 2).map((half) => this.#rangeQuery(cql, half));
    return { ...this.#query(cql, [range.after, range.last]), halves };
  }

  #query(cql: string, params: PageQuery["params"]): PageQuery {
    return { cql, params, what: this.#what };
  }

  #keyOf({ level, tile, cell }: CellKey): PageQuery["params"] {
    if (this.layout === "tile") return [level, tile, cell];
    return [(tile << 15n) | BigInt(cell), level];
  }
}

/**
 * A row of one of the SELECTs above.
 *
 * @throws OctoloadError ROW_INCOMPLETE
 */
export function storedRowOf(row: CqlRow, layout: Layout): StoredRow {
  const { material_id, homogeneity, children_mask, compressed_data, last_modified } = row;
  const key = layout === "node" ? nodeKey(row) : tileKey(row);
  // Asked of values at hand: to look each up by its name costs as much as decoding the row.
  const isWhole =
    homogeneity !== null &&
    children_mask !== null &&
    compressed_data !== null &&
    last_modified !== null;
  if (!isWhole) throw incomplete(key, row);
  return {
    tile: key.tile,
    cell: key.cell,
    level: key.level,
    materialId: material_id as number | null,
    homogeneity: homogeneity as number,
    childrenMask: children_mask as number,
    envelope: compressed_data as Uint8Array,
    lastModified: last_modified as bigint,
    writeTimeUs: row.write_time as bigint,
  };
}

function nodeKey(row: CqlRow): CellKey {
  const code = row.morton_code as bigint;
  return { level: row.level as number, tile: code >> 15n, cell: Number(code & 0x7fffn) };
}

function tileKey(row: CqlRow): CellKey {
  return { level: row.level as number, tile: row.tile as bigint, cell: row.cell as number };
}

/** When each column was written, microseconds since 1970; null: it is NULL. */
export function writeTimesOf(row: CqlRow): Readonly<Record<string, bigint | null>> {
  return Object.fromEntries(
    valueColumns.map(({ name }) => [name, row[`wt_${name}`] as bigint | null]),
  );
}

/** Bytes that a page's envelopes take. */
export function envelopeBytes(rows: readonly CqlRow[]): number {
  return rows.reduce((sum, { compressed_data }) => {
    return sum + (compressed_data instanceof Uint8Array ? compressed_data.length : 0);
  }, 0);
}

function incomplete({ level, tile, cell }: CellKey, row: CqlRow): OctoloadError {
  const code = (tile << 15n) | BigInt(cell);
  const missing = requiredColumns.filter(({ name }) => row[name] === null);
  const names = missing.map(({ name }) => name).join(", ");
  return new OctoloadError(
    "ROW_INCOMPLETE",
    `the row of code ${code} at level ${level} has no ${names}`,
  );
}
