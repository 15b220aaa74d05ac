import type { CassandraTarget } from "../../cassandra/cassandra-url.js";
import { PageReader, pageFetcher } from "../../cassandra/page-reader.js";
import { PageSize } from "../../cassandra/page-size.js";
import { RingView } from "../../cassandra/ring.js";
import { shareOf, splitRing, spread, type TokenRange } from "../../cassandra/ring-ranges.js";
import { type CassandraSession, connectCassandra } from "../../cassandra/session.js";
import { ancestorAt, requireCode, tileCellOf } from "../../encoding/cell.js";
import type { Box } from "../../encoding/cover.js";
import { Frame, type FrameSpec } from "../../encoding/frame.js";
import { MAX_CODE_LEVEL, MAX_LEVEL, requireLevel } from "../../encoding/level.js";
import { encodePoint } from "../../encoding/point.js";
import type { Environment } from "../../endpoint/password.js";
import { requireTargetRecord } from "../../sink/cassandra/target-record.js";
import type { Layout } from "../../sink/sink.js";
import type { TargetMeta } from "../../sink/target-meta.js";
import { decodeRows, type StoredRow } from "../row-decoder.js";
import type { RowReader } from "../row-reader.js";
import type { CellKey } from "../stored-rows.js";
import type { BoxOptions, CellCopies, ScanOptions, Target } from "../target.js";
import type { TargetRow } from "../target-row.js";
import { BoxReader } from "./box-reader.js";
import { readCopies } from "./cell-copies.js";
import { ClusterRows } from "./cluster-rows.js";
import { mergePages } from "./merge-pages.js";
import { envelopeBytes, RowQueries, storedRowOf } from "./row-queries.js";

export interface OpenClusterOptions {
  /** Refused unless it is the target's. */
  readonly frame?: FrameSpec;
  /** Where user and password are found; by default the process's own. */
  readonly env?: Environment;
  readonly onNote?: (text: string) => void;
}

/** Ranges that a scan reads at a time, and how many the ring has: each ends soon, whatever fails. */
const SCAN_READERS = 4;
const SCAN_RANGES = 256;
/** Other ranges than a scan's, so that a row that one of them missed is found. */
const COUNT_RANGES = 211;
const PAGE_BYTES = 1 << 20;
const lookupRetry = { attempts: 3, firstPauseMs: 50 };

/** `cassandra://…`, read at the consistency that its URL names. */
export class ClusterTarget implements Target {
  readonly path = null;
  readonly place: string;
  readonly meta: TargetMeta;
  readonly #session: CassandraSession;
  readonly #queries: RowQueries;
  /** Of few rows, for somebody who waits. */
  readonly #lookup: PageReader;
  /** Of all rows, which may take hours. */
  readonly #scanner: PageReader;

  private constructor(session: CassandraSession, meta: TargetMeta) {
    this.#session = session;
    this.meta = meta;
    this.place = `${session.target.keyspace} on ${session.place}`;
    this.#queries = new RowQueries(session.target.keyspace, meta.layout);
    this.#lookup = new PageReader(pageFetcher(session.client), lookupRetry);
    this.#scanner = new PageReader(pageFetcher(session.client));
  }

  /** @throws OctoloadError CASSANDRA_*, TARGET_* */
  static async open(
    target: CassandraTarget,
    { frame, env, onNote }: OpenClusterOptions = {},
  ): Promise<ClusterTarget> {
    const session = await connectCassandra(target, {
      ...(env === undefined ? {} : { env }),
      ...(onNote === undefined ? {} : { onNote }),
    });
    try {
      const wanted = frame === undefined ? null : Frame.from(frame);
      const meta = await requireTargetRecord(session, { layout: target.layout, frame: wanted });
      return new ClusterTarget(session, meta);
    } catch (error) {
      await session.close().catch(() => undefined);
      throw error;
    }
  }

  get frame(): Frame {
    return this.meta.frame;
  }

  get layout(): Layout {
    return this.meta.layout;
  }

  async getCell(code: bigint, level: number): Promise<TargetRow | undefined> {
    requireLevel(level);
    requireCode(code, level);
    if (level > this.#deepest) return undefined;
    return this.#decoded(await this.#read({ level, ...tileCellOf(code) }));
  }

  async getNearest(x: number, y: number, z: number, level: number): Promise<TargetRow | undefined> {
    const code = encodePoint(x, y, z, level, this.frame);
    const deepest = Math.min(level, this.#deepest);
    const reads = Array.from({ length: deepest + 1 }, (_, above) =>
      this.#read({ level: above, ...tileCellOf(ancestorAt(code, level, above)) }),
    );
    // A read that fails above the row that is looked for does not matter.
    for (const read of (await Promise.allSettled(reads)).reverse()) {
      if (read.status === "rejected") throw read.reason;
      if (read.value !== undefined) return this.#decoded(read.value);
    }
    return undefined;
  }

  async *getBox(box: Box, options: BoxOptions = {}): AsyncGenerator<TargetRow, void> {
    const [from, to] = options.levels ?? [0, this.#deepest];
    requireLevel(from, "levels[0]");
    requireLevel(to, "levels[1]");
    const reader = new BoxReader(this.#lookup, this.#queries, this.frame);
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    for (let level = from; level <= Math.min(to, this.#deepest) && left > 0; level++) {
      for await (const batch of reader.rows(box, level)) {
        yield* decodeRows(batch.slice(0, left), this.frame);
        left -= batch.length;
        if (left <= 0) break;
      }
    }
  }

  async *scan({ signal, onProgress }: ScanOptions = {}): AsyncGenerator<TargetRow[], void> {
    const size = new PageSize(PAGE_BYTES);
    const pagesOf = (range: TokenRange) =>
      this.#scanner.pages(this.#queries.range(range), size, signal);
    for await (const rows of this.#readRing(SCAN_RANGES, pagesOf, onProgress)) {
      size.saw(rows.length, envelopeBytes(rows));
      yield decodeRows(
        rows.map((row) => storedRowOf(row, this.layout)),
        this.frame,
      );
    }
  }

  async countRows({ signal, onProgress }: ScanOptions = {}): Promise<number> {
    const size = new PageSize(PAGE_BYTES);
    const pagesOf = (range: TokenRange) =>
      this.#scanner.pages(this.#queries.keysOfRange(range), size, signal);
    let count = 0;
    for await (const rows of this.#readRing(COUNT_RANGES, pagesOf, onProgress)) {
      size.saw(rows.length, 0);
      count += rows.length;
    }
    return count;
  }

  async getCopies(code: bigint, level: number): Promise<CellCopies> {
    requireLevel(level, "level", this.#deepest);
    requireCode(code, level);
    const key = { level, ...tileCellOf(code) };
    return readCopies(this.#session, this.#queries, key, this.frame);
  }

  openRows(): Promise<RowReader> {
    return ClusterRows.open(this.#session, this.#queries);
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  get #deepest(): number {
    return this.layout === "node" ? MAX_CODE_LEVEL : MAX_LEVEL;
  }

  async #read(key: CellKey): Promise<StoredRow | undefined> {
    for await (const [row] of this.#lookup.pages(this.#queries.cell(key), new PageSize(1))) {
      return row === undefined ? undefined : storedRowOf(row, this.layout);
    }
    return undefined;
  }

  #decoded(row: StoredRow | undefined): TargetRow | undefined {
    return row === undefined ? undefined : decodeRows([row], this.frame)[0];
  }

  /** Pages of the whole ring, told of after each range. */
  #readRing<Page>(
    parts: number,
    pagesOf: (range: TokenRange) => AsyncGenerator<Page, void>,
    onProgress: ((share: number) => void) | undefined,
  ): AsyncGenerator<Page, void> {
    const { client, target, datacenter } = this.#session;
    const { current } = new RingView(client, target.keyspace, datacenter);
    const ranges = spread(splitRing(current, parts), SCAN_READERS);
    let share = 0;
    return mergePages(ranges, SCAN_READERS, pagesOf, (range) => {
      share += shareOf(range);
      onProgress?.(Math.min(1, share));
    });
  }
}
