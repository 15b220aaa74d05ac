import type { Frame } from "../encoding/frame.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { buildHotIndex } from "../hot/build-hot-index.js";
import type { HotIndex } from "../hot/hot-index.js";
import { parseHotRegions } from "../hot/hot-regions.js";
import type { CacheReport, HotCounts, NotCachedReason } from "../load/cache-report.js";
import type { HotOptions } from "../load/hot-options.js";
import type { SinkFeed } from "../load/sink-feed.js";
import {
  EXPECTED_ENTRY_BYTES,
  measureEntryBytes,
  readMemory,
  type ServerMemory,
} from "../redis/memory.js";
import { HotCache } from "../sink/redis/hot-cache.js";
import type { Sink } from "../sink/sink.js";
import type { SinkBatch } from "../sink/sink-batch.js";
import type { SinkNotice } from "../sink/sink-notices.js";
import { cacheCapacity } from "./cache-capacity.js";
import { HotAdmission } from "./hot-admission.js";
import { addCounts, noHotCounts } from "./hot-counts.js";
import { estimatePriorities, type KnownRows } from "./priority-estimate.js";

/** Entries there have to be before their size is believed. */
const MEASURED_AFTER = 2_000;
/** Entries a call: more at once gain nothing. */
const KEYS_PER_COMMAND = 16;
const DRAIN_TIMEOUT_MS = 30_000;
const PRIORITIES = 256;

/** What the feed has to know of the load that begins. */
export interface FeedStart {
  readonly sink: Sink;
  readonly writeTimeUs: bigint;
  readonly frame: Frame;
  /** Rows that will be loaded. */
  readonly rows: number;
  readonly known: KnownRows;
  /** What earlier processes of the run counted. */
  readonly earlier: FeedState | undefined;
}

/** What a process leaves for the next one of its run. */
export interface FeedState {
  readonly counts: HotCounts;
  readonly rowsByPriority: readonly number[];
}

interface Started {
  readonly start: FeedStart;
  readonly admission: HotAdmission;
  /** Before the load; empty: the cache could not be asked. */
  readonly servers: readonly ServerMemory[];
}

/** Puts a load's hot rows into Redis when their sink has acknowledged them. */
export class HotFeed implements SinkFeed {
  readonly index: HotIndex;
  readonly #options: HotOptions;
  /** null: it was down when a run was resumed. */
  readonly #cache: HotCache | null;
  readonly #onNotice: (notice: SinkNotice) => void;
  readonly #byPriority = new Float64Array(PRIORITIES);
  #begun: Started | undefined;
  #offered = 0;
  readonly #notSent: Partial<Record<NotCachedReason, number>> = {};
  #entryBytes: number | null = null;
  #isMeasuring = false;

  private constructor(
    index: HotIndex,
    options: HotOptions,
    cache: HotCache | null,
    onNotice: (notice: SinkNotice) => void,
  ) {
    this.index = index;
    this.#options = options;
    this.#cache = cache;
    this.#onNotice = onNotice;
  }

  /**
   * Builds the index and connects.
   *
   * @param isResumed rows were written before: then a cache that is down is no reason to stop
   * @throws OctoloadError HOT_*, TARGET_URL, REDIS_*; nothing was written
   */
  static async open(
    options: HotOptions,
    isResumed: boolean,
    onNotice: (notice: SinkNotice) => void,
  ): Promise<HotFeed> {
    const index = await buildHotIndex(parseHotRegions(options.regions));
    const onNote = (message: string) => onNotice({ kind: "note", message });
    const cacheOptions = { onNote, keysPerCommand: KEYS_PER_COMMAND };
    try {
      const cache = await HotCache.connect(options.url, cacheOptions);
      return new HotFeed(index, options, cache, onNotice);
    } catch (error) {
      if (!isResumed || !isOutage(error)) throw error;
      const message = `${error.message} Hot rows are not cached until octoload warm is run.`;
      onNotice({ kind: "warning", code: "NOT_CACHED", message });
      return new HotFeed(index, options, null, onNotice);
    }
  }

  get url(): string {
    return this.#started().start.sink.url;
  }

  /** Decides what is admitted. Before the sink's first batch. */
  async begin(start: FeedStart): Promise<void> {
    const servers = await this.#readMemory();
    const expected = estimatePriorities(this.index, start.frame, start.known);
    const isShuffled = start.sink.order.endsWith("-token");
    const capacity = this.#capacity(servers);
    const admission = new HotAdmission({ expected, rows: start.rows, capacity, isShuffled });
    this.#begun = { start, admission, servers };
    const { earlier } = start;
    earlier?.rowsByPriority.forEach((rows, priority) => {
      this.#byPriority[priority] = rows;
    });
    if (start.sink.isDualWrite === true) this.#tellOfDualWrite();
  }

  async offer(batch: SinkBatch, leftOut: readonly number[]): Promise<void> {
    const { start, admission } = this.#started();
    const priorities = new Uint8Array(batch.rows);
    const totals = await this.index.classifyAsync(batch, priorities);
    for (const row of leftOut) {
      const priority = priorities[row] ?? 0;
      totals[priority] = (totals[priority] ?? 1) - 1;
      priorities[row] = 0;
    }
    let hot = 0;
    for (let priority = 0; priority < PRIORITIES; priority += 1) {
      const rows = totals[priority] ?? 0;
      this.#byPriority[priority] = (this.#byPriority[priority] ?? 0) + rows;
      if (priority > 0) hot += rows;
    }
    this.#offered += hot;
    if (hot === 0) return;
    if (start.sink.isDualWrite === true) return this.#skip(hot, "dual-write");
    if (this.#cache === null) return this.#skip(hot, "node-down");
    this.#skip(admission.admit(priorities, totals), "over-budget");
    await this.#cache.offer(batch, priorities, start.writeTimeUs);
    await this.#measure(this.#cache);
  }

  /** Waits for what is on its way, for a while. It never rejects. */
  async drain(): Promise<void> {
    await this.#cache?.drain(DRAIN_TIMEOUT_MS);
  }

  async close(): Promise<void> {
    await this.#cache?.close();
  }

  state(): FeedState {
    return { counts: this.counts(), rowsByPriority: Array.from(this.#byPriority) };
  }

  /** Of all processes of the run; what is still on its way is not in it. */
  counts(): HotCounts {
    const { cached = 0, older = 0, skipped = 0, skippedBy = {} } = this.#cache?.stats() ?? {};
    const notSent = Object.values(this.#notSent).reduce((sum, rows) => sum + rows, 0);
    const own: HotCounts = {
      offered: cached + older + skipped + notSent,
      cached,
      older,
      skipped: skipped + notSent,
      skippedBy: { ...skippedBy, ...this.#notSent },
    };
    return addCounts(this.#begun?.start.earlier?.counts ?? noHotCounts, own);
  }

  /** Hot rows of this process, also those on their way. */
  get offered(): number {
    return this.#offered;
  }

  async report(): Promise<CacheReport> {
    const { admission, servers } = this.#started();
    const after = await this.#readMemory();
    const cache = this.#cache;
    if (cache !== null && this.#entryBytes === null) this.#entryBytes = await entryBytesOf(cache);
    const entryBytes = this.#entryBytes ?? EXPECTED_ENTRY_BYTES;
    return {
      url: this.#options.url,
      ...this.counts(),
      lowestPriority: admission.lowestPriority,
      memory: {
        budgetBytes: this.#options.maxMemoryBytes ?? null,
        predictedEntries: admission.expectedRows,
        predictedBytes: Math.round(admission.expectedRows * entryBytes),
        entryBytes: this.#entryBytes,
        grownBytes: after.length === 0 ? null : usedBytes(after) - usedBytes(servers),
      },
      lastErrors: cache?.stats().lastErrors ?? {},
    };
  }

  #started(): Started {
    if (this.#begun === undefined) throw new OctoloadError("INTERNAL", "a feed was not begun");
    return this.#begun;
  }

  #skip(rows: number, reason: NotCachedReason): void {
    if (rows > 0) this.#notSent[reason] = (this.#notSent[reason] ?? 0) + rows;
  }

  #capacity(servers: readonly ServerMemory[]): number | null {
    return cacheCapacity(servers, this.#options, this.#entryBytes ?? EXPECTED_ENTRY_BYTES);
  }

  /** Once: with it the number of entries that fit is known better. */
  async #measure(cache: HotCache): Promise<void> {
    if (this.#entryBytes !== null || this.#isMeasuring) return;
    if (cache.stats().cached < MEASURED_AFTER) return;
    this.#isMeasuring = true;
    this.#entryBytes = await entryBytesOf(cache);
    this.#isMeasuring = false;
    const { admission, servers } = this.#started();
    admission.setCapacity(this.#capacity(servers));
  }

  /** Empty: the cache does not answer, and then there is no knowing how much fits. */
  async #readMemory(): Promise<readonly ServerMemory[]> {
    if (this.#cache === null || !this.#cache.isUp) return [];
    return readMemory(this.#cache.session).catch(() => []);
  }

  #tellOfDualWrite(): void {
    const message =
      "dual write is on, so this load does not fill the hot cache: octoload warm does, from the target";
    this.#onNotice({ kind: "note", message });
  }
}

function usedBytes(servers: readonly ServerMemory[]): number {
  return servers.reduce((sum, server) => sum + server.usedBytes, 0);
}

function entryBytesOf(cache: HotCache): Promise<number | null> {
  return measureEntryBytes(cache.session, cache.sampleKeys()).catch(() => null);
}

function isOutage(error: unknown): error is OctoloadError {
  return (
    error instanceof OctoloadError &&
    (error.code === "REDIS_UNREACHABLE" || error.code === "REDIS_LOADING")
  );
}
