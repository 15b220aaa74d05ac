import { types } from "cassandra-driver";
import { quoteName } from "../cassandra/cql-text.js";
import { insertRowCql } from "../cassandra/frames.js";
import { rowTables, valueColumns } from "../cassandra/tables.js";
import type { Layout } from "../encoding/layout.js";
import { type CellRow, keyValues } from "./cell-row.js";

/** To be prepared, and the values of its bind markers. */
export interface Statement {
  readonly query: string;
  readonly params: unknown[];
}

interface CellGroup {
  readonly timeUs: bigint;
  /** 0: does not expire, whatever the table's default is. */
  readonly ttlS: number;
  readonly columns: Set<number>;
}

/** A row without any cell is there by its key alone; when it was written nobody can tell. */
const UNKNOWN_TIME_US = 1n;

/** What writes a row as it was: each cell at its write time, with what is left of its time to live. */
export class CellStatements {
  readonly #layout: Layout;
  readonly #insert: string;
  readonly #update: string;

  constructor(keyspace: string, layout: Layout) {
    const { name, partitionKey, clusteringKey } = rowTables[layout];
    const settings = valueColumns.map((column) => `${column.name} = ?`).join(", ");
    const keys = [...partitionKey, ...clusteringKey].map((key) => `${key} = ?`).join(" AND ");
    this.#layout = layout;
    this.#insert = `${insertRowCql(keyspace, layout)} USING TIMESTAMP ? AND TTL ?`;
    this.#update = `UPDATE ${quoteName(keyspace)}.${name} USING TIMESTAMP ? AND TTL ? SET ${settings} WHERE ${keys}`;
  }

  /**
   * One a write time and expiry. The first is the INSERT, which makes the row itself.
   *
   * @returns none: all of its cells have expired
   */
  of(row: CellRow): Statement[] {
    const groups = [...groupsOf(row, Date.now() / 1000).values()];
    groups.sort((a, b) => (a.timeUs < b.timeUs ? -1 : Number(a.timeUs > b.timeUs)));
    const key = keyValues(row, this.#layout);
    return groups.map(({ timeUs, ttlS, columns }, i) => {
      const values = row.values.map((value, column) => {
        return columns.has(column) ? asParameter(value) : types.unset;
      });
      const using = [timeUs, ttlS];
      return i === 0
        ? { query: this.#insert, params: [...key, ...values, ...using] }
        : { query: this.#update, params: [...using, ...values, ...key] };
    });
  }
}

function groupsOf({ values, writeTimesUs, expiriesS }: CellRow, nowS: number) {
  const groups = new Map<string, CellGroup>();
  let cells = 0;
  for (const [column, value] of values.entries()) {
    if (value === null) continue;
    cells += 1;
    const expiry = expiriesS[column] ?? 0;
    const ttlS = expiry === 0 ? 0 : Math.round(expiry - nowS);
    if (expiry !== 0 && ttlS <= 0) continue;
    const timeUs = writeTimesUs[column] ?? UNKNOWN_TIME_US;
    const name = `${timeUs} ${ttlS}`;
    const group = groups.get(name) ?? { timeUs, ttlS, columns: new Set<number>() };
    group.columns.add(column);
    groups.set(name, group);
  }
  if (cells === 0) groups.set("", { timeUs: UNKNOWN_TIME_US, ttlS: 0, columns: new Set() });
  return groups;
}

function asParameter(value: CellRow["values"][number]): unknown {
  if (!(value instanceof Uint8Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
