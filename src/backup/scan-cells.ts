import { quoteName } from "../cassandra/cql-text.js";
import { type CqlRow, type PageQuery, PageReader, pageFetcher } from "../cassandra/page-reader.js";
import { PageSize } from "../cassandra/page-size.js";
import { RingView } from "../cassandra/ring.js";
import {
  shareOf,
  splitRange,
  splitRing,
  spread,
  type TokenRange,
} from "../cassandra/ring-ranges.js";
import type { CassandraSession } from "../cassandra/session.js";
import { rowTables, valueColumns } from "../cassandra/tables.js";
import type { Layout } from "../encoding/layout.js";
import { mergePages } from "../target/cassandra/merge-pages.js";
import { type CellRow, type CellValue, splitCode } from "./cell-row.js";

const READERS = 4;
const RANGES = 256;
/** Other ranges than a scan's, so that a row that one of them missed is found. */
const COUNT_RANGES = 211;
const PAGE_BYTES = 1 << 20;

export interface CellScanOptions {
  readonly signal?: AbortSignal;
  /** @param share of the ring that was read, 0 to 1 */
  readonly onProgress?: (share: number) => void;
}

/**
 * All rows of a target with each cell's write time and expiry, by token ranges, in no order.
 *
 * @throws OctoloadError CASSANDRA_*
 */
export async function* scanCells(
  session: CassandraSession,
  layout: Layout,
  options: CellScanOptions = {},
): AsyncGenerator<CellRow[], void> {
  const columns = [...keysOf(layout), ...valueColumns.map(({ name }) => name)];
  const times = valueColumns.flatMap(({ name }) => [
    `WRITETIME(${name}) AS wt_${name}`,
    `TTL(${name}) AS ttl_${name}`,
  ]);
  const size = new PageSize(PAGE_BYTES);
  for await (const rows of readRing(
    session,
    layout,
    [...columns, ...times],
    RANGES,
    size,
    options,
  )) {
    const cells = rows.map((row) => cellRowOf(row, layout));
    size.saw(rows.length, envelopeBytes(rows));
    yield cells;
  }
}

/** Counts the rows by other reads. @throws OctoloadError CASSANDRA_* */
export async function countCells(
  session: CassandraSession,
  layout: Layout,
  options: CellScanOptions = {},
): Promise<number> {
  const size = new PageSize(PAGE_BYTES);
  let count = 0;
  for await (const rows of readRing(session, layout, keysOf(layout), COUNT_RANGES, size, options)) {
    size.saw(rows.length, 0);
    count += rows.length;
  }
  return count;
}

function keysOf(layout: Layout): string[] {
  const { partitionKey, clusteringKey } = rowTables[layout];
  return [...partitionKey, ...clusteringKey];
}

function readRing(
  session: CassandraSession,
  layout: Layout,
  columns: readonly string[],
  parts: number,
  size: PageSize,
  { signal, onProgress }: CellScanOptions,
): AsyncGenerator<readonly CqlRow[], void> {
  const { client, target, datacenter } = session;
  const { name, partitionKey } = rowTables[layout];
  const token = `token(${partitionKey.join(", ")})`;
  const cql = `SELECT ${columns.join(", ")} FROM ${quoteName(target.keyspace)}.${name} WHERE ${token} > ? AND ${token} <= ?`;
  const queryOf = (range: TokenRange): PageQuery => ({
    cql,
    params: [range.after, range.last],
    what: `reading ${target.keyspace}.${name}`,
    halves: () => splitRange(range, 2).map(queryOf),
  });
  const reader = new PageReader(pageFetcher(client));
  const { current } = new RingView(client, target.keyspace, datacenter);
  let share = 0;
  return mergePages(
    spread(splitRing(current, parts), READERS),
    READERS,
    (range) => reader.pages(queryOf(range), size, signal),
    (range) => {
      share += shareOf(range);
      onProgress?.(Math.min(1, share));
    },
  );
}

function cellRowOf(row: CqlRow, layout: Layout): CellRow {
  const nowS = Date.now() / 1000;
  const key =
    layout === "tile"
      ? { tile: row.tile as bigint, cell: row.cell as number }
      : splitCode(row.morton_code as bigint);
  return {
    level: row.level as number,
    ...key,
    values: valueColumns.map(({ name }) => (row[name] ?? null) as CellValue),
    writeTimesUs: valueColumns.map(({ name }) => (row[`wt_${name}`] ?? null) as bigint | null),
    expiriesS: valueColumns.map(({ name }) => {
      const ttl = row[`ttl_${name}`];
      return typeof ttl === "number" ? nowS + ttl : 0;
    }),
  };
}

function envelopeBytes(rows: readonly CqlRow[]): number {
  return rows.reduce((sum, { compressed_data }) => {
    return sum + (compressed_data instanceof Uint8Array ? compressed_data.length : 0);
  }, 0);
}
