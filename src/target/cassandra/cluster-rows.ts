import { type CqlRow, PageReader, pageFetcher } from "../../cassandra/page-reader.js";
import { PageSize } from "../../cassandra/page-size.js";
import { RingView } from "../../cassandra/ring.js";
import { splitRing } from "../../cassandra/ring-ranges.js";
import { RowPages } from "../../cassandra/row-pages.js";
import { readLastClaim } from "../../cassandra/run-claim.js";
import type { CassandraSession } from "../../cassandra/session.js";
import { readDualWriteStatus } from "../../cassandra/t0.js";
import { MAX_CODE_LEVEL, MAX_LEVEL } from "../../encoding/level.js";
import type { SinkOrder } from "../../sink/sink.js";
import { RowBlockMemory, type UnpackedRows } from "../row-block.js";
import {
  type LiveWrites,
  type RowBlock,
  type RowRange,
  type RowReader,
  type StoredCell,
  storedColumns,
} from "../row-reader.js";
import type { CellKey } from "../stored-rows.js";
import { type RowQueries, writeTimesOf } from "./row-queries.js";

const READERS = 8;
const PAGE_BYTES = 1 << 20;
const lookupRetry = { attempts: 5, firstPauseMs: 100 };

/** The rows of `cassandra://…` as they are stored, by token ranges. */
export class ClusterRows implements RowReader {
  readonly order: SinkOrder;
  readonly maxLevel: number;
  readonly readersAtOnce = READERS;
  readonly live: LiveWrites | null;
  readonly #ring: RingView;
  readonly #queries: RowQueries;
  readonly #pages: RowPages;
  readonly #session: CassandraSession;
  readonly #lookup: PageReader;
  readonly #scanner: PageReader;
  /** Of ranges that were read to their end. */
  readonly #freeMemories: RowBlockMemory[] = [];

  private constructor(
    session: CassandraSession,
    ring: RingView,
    queries: RowQueries,
    pages: RowPages,
    live: LiveWrites | null,
  ) {
    const isTile = queries.layout === "tile";
    this.order = isTile ? "tile-token" : "node-token";
    this.maxLevel = isTile ? MAX_LEVEL : MAX_CODE_LEVEL;
    this.live = live;
    this.#session = session;
    this.#ring = ring;
    this.#queries = queries;
    this.#pages = pages;
    this.#lookup = new PageReader(pageFetcher(session.client), lookupRetry);
    this.#scanner = new PageReader(pageFetcher(session.client));
  }

  /** @throws OctoloadError CASSANDRA_*, STATE_DAMAGED */
  static async open(session: CassandraSession, queries: RowQueries): Promise<ClusterRows> {
    const ring = new RingView(session.client, session.target.keyspace, session.datacenter);
    const pages = await RowPages.prepare(session, ring, queries.rawRange);
    const { t0 } = await readDualWriteStatus(session);
    return new ClusterRows(session, ring, queries, pages, t0 === null ? null : { t0Us: t0.us });
  }

  ranges(parts: number): readonly RowRange[] {
    this.#ring.refresh();
    return splitRing(this.#ring.current, parts).map((tokens, number) => ({ number, tokens }));
  }

  async *blocks({ tokens }: RowRange, signal: AbortSignal): AsyncGenerator<RowBlock, void> {
    if (tokens === null) return;
    // While a block is looked at the next page is read.
    const memories = this.#freeMemories.splice(0, 2);
    const [memory = new RowBlockMemory(), other = new RowBlockMemory()] = memories;
    let turn = 0;
    const size = new PageSize(PAGE_BYTES);
    const { layout } = this.#queries;
    const fetch = this.#pages.fetcher<UnpackedRows>(async (page, what) => {
      turn += 1;
      const rows = await (turn % 2 === 0 ? memory : other).unpackPage(page, layout, what);
      size.saw(rows.rows, rows.envelopeBytes);
      return { content: rows.rows === 0 ? undefined : rows, pagingState: rows.pagingState };
    });
    const reader = new PageReader(fetch);
    yield* readAhead(reader.pages(this.#queries.rawRangeOf(tokens), size, signal));
    // Not where it was ended before: then a page may still be on its way into one of them.
    this.#freeMemories.push(memory, other);
  }

  async count({ tokens }: RowRange, signal: AbortSignal): Promise<number> {
    if (tokens === null) return 0;
    const size = new PageSize(PAGE_BYTES);
    let count = 0;
    for await (const rows of this.#scanner.pages(this.#queries.keysOfRange(tokens), size, signal)) {
      size.saw(rows.length, 0);
      count += rows.length;
    }
    return count;
  }

  async cell(key: CellKey): Promise<StoredCell | undefined> {
    for await (const [row] of this.#lookup.pages(this.#queries.copy(key), new PageSize(1))) {
      return row === undefined ? undefined : storedCellOf(row);
    }
    return undefined;
  }

  async lastRunId(): Promise<string | null> {
    const claim = await readLastClaim(this.#session, this.#queries.layout);
    return claim?.runId ?? null;
  }

  /** Every row of the ring is in a range. */
  async foreignKeys(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {
    // The session is the target's.
  }
}

async function* readAhead(
  pages: AsyncGenerator<readonly UnpackedRows[], void>,
): AsyncGenerator<RowBlock, void> {
  const read = () => {
    const page = pages.next();
    // Handled where it is awaited.
    page.catch(() => undefined);
    return page;
  };
  for (let next = read(); ; ) {
    const { value, done } = await next;
    if (done === true) return;
    next = read();
    yield* value;
  }
}

function storedCellOf(row: CqlRow): StoredCell {
  const times = writeTimesOf(row);
  const writeTimes = storedColumns.map((name) => [name, times[name] ?? null] as const);
  return {
    materialId: row.material_id as number | null,
    homogeneity: row.homogeneity as number | null,
    childrenMask: row.children_mask as number | null,
    envelope: row.compressed_data as Uint8Array | null,
    lastModified: row.last_modified as bigint | null,
    writeTimesUs: Object.fromEntries(writeTimes) as StoredCell["writeTimesUs"],
  };
}
