import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../encoding/cell.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { HotCache } from "../sink/redis/hot-cache.js";
import type { HotStats } from "../sink/redis/hot-stats.js";
import type { SkipReason } from "../sink/redis/skip-reason.js";
import { makeSinkBatch, type SinkBatch } from "../sink/sink-batch.js";
import { CacheRoom } from "./cache-room.js";
import { noWarmCounts, type WarmCounts } from "./warm-options.js";
import type { HotRow, WarmRow } from "./warm-source.js";

export interface CacheWriterOptions {
  /** What the cache may use in all; null: what the servers' maxmemory allows. */
  readonly budgetBytes: number | null;
  /** How long a cache that is down is waited for. */
  readonly outageTimeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What goes away by itself: the rows are put again. */
const passing: ReadonlySet<string> = new Set<SkipReason>([
  "queue-full",
  "node-down",
  "connection-lost",
  "timeout",
  "unavailable",
  "moving",
  "no-owner",
  "drain-timeout",
]);

const DRAIN_TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
/** Batches of one write time each that are encoded at once. */
const OFFERS_AT_ONCE = 16;

/** Puts rows of a target into the cache, each with its own write time, and waits where it has to. */
export class CacheWriter {
  readonly room: CacheRoom;
  readonly #cache: HotCache;
  readonly #options: CacheWriterOptions;
  #cached = 0;
  #isFull = false;

  constructor(cache: HotCache, options: CacheWriterOptions) {
    this.#cache = cache;
    this.#options = options;
    this.room = new CacheRoom(cache.session, options.budgetBytes);
  }

  /** Nothing that is not there yet finds room. */
  get isFull(): boolean {
    return this.#isFull;
  }

  get sentBytes(): number {
    return this.#cache.stats().bytes;
  }

  /** Entries that may be there in all; null: no bound. Waits for the cache. */
  async capacity(): Promise<number | null> {
    return this.#patiently(() => this.room.capacity());
  }

  /** Entries that may come in addition; null: no bound. Waits for the cache. */
  async free(): Promise<number | null> {
    return this.#patiently(() => this.room.free());
  }

  /**
   * Settles when each row is cached, or refused for a reason that stays. Rows that did not arrive
   * are put again: at the same write time that changes nothing.
   *
   * @throws OctoloadError REDIS_UNREACHABLE, late, when the cache was down for too long
   * @throws the signal's reason
   */
  async put(rows: readonly HotRow[]): Promise<WarmCounts> {
    const fitting = await this.#patiently(() => this.#fitting(rows));
    const counts = await this.#patiently(() => this.#attempt(fitting));
    this.#cached += counts.cached;
    const leftOut = rows.length - fitting.length;
    const isRefused = (counts.notCachedBy["out-of-memory"] ?? 0) > 0;
    this.#isFull = counts.cached + counts.older === 0 && (leftOut > 0 || isRefused);
    await this.room.measure(this.#cache.sampleKeys(), this.#cached);
    if (leftOut === 0) return counts;
    return {
      ...counts,
      offered: rows.length,
      notCached: counts.notCached + leftOut,
      notCachedBy: { ...counts.notCachedBy, "over-budget": leftOut },
    };
  }

  /** What an entry takes; null: none is there. */
  async entryBytes(): Promise<number | null> {
    await this.room.measureNow(this.#cache.sampleKeys());
    return this.room.entryBytes;
  }

  /** Where memory is short: the rows that are there already, and the hottest others that fit. */
  async #fitting(rows: readonly HotRow[]): Promise<readonly WarmRow[]> {
    const free = await this.room.free();
    if (free === null || free >= rows.length) return rows;
    const { session } = this.#cache;
    const answers = await Promise.all(
      rows.map((row) => session.keyCommand("EXISTS", this.#keyOf(row))),
    );
    const there = rows.filter((_row, i) => answers[i] === 1);
    const others = rows.filter((_row, i) => answers[i] !== 1);
    others.sort((a, b) => b.priority - a.priority);
    return [...there, ...others.slice(0, free)];
  }

  #keyOf({ level, tile, cell }: WarmRow): Buffer {
    return Buffer.from(`${this.#cache.session.target.prefix}${level}:${codeOf(tile, cell)}`);
  }

  /** @throws OctoloadError REDIS_UNREACHABLE where rows did not arrive */
  async #attempt(rows: readonly WarmRow[]): Promise<WarmCounts> {
    if (rows.length === 0) return noWarmCounts;
    if (!this.#cache.isUp) throw down("no server of it takes anything");
    const before = this.#cache.stats();
    const batches = batchesOf(rows);
    for (let begin = 0; begin < batches.length; begin += OFFERS_AT_ONCE) {
      const together = batches.slice(begin, begin + OFFERS_AT_ONCE);
      await Promise.all(
        together.map(({ batch, writeTimeUs }) => this.#cache.offer(batch, null, writeTimeUs)),
      );
    }
    const counts = difference(await this.#cache.drain(DRAIN_TIMEOUT_MS), before);
    const lost = Object.entries(counts.notCachedBy).find(([reason]) => passing.has(reason));
    if (lost !== undefined) throw down(`${lost[1]} rows did not arrive (${lost[0]})`);
    return counts;
  }

  /** Tries again while the cache is down, for as long as the user wants to wait. */
  async #patiently<T>(act: () => Promise<T>): Promise<T> {
    const endMs = performance.now() + this.#options.outageTimeoutMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      this.#options.signal?.throwIfAborted();
      try {
        return await act();
      } catch (error) {
        if (!isOutage(error)) throw error;
        const leftMs = endMs - performance.now();
        if (leftMs <= 0) throw error.late();
        await this.#pause(Math.min(pauseMs * (0.5 + Math.random() / 2), leftMs));
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#options;
    // Whether it was aborted is asked by the caller, who throws the signal's own reason.
    await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

function isOutage(error: unknown): error is OctoloadError {
  if (!(error instanceof OctoloadError)) return false;
  return error.code === "REDIS_UNREACHABLE" || error.code === "REDIS_LOADING";
}

function down(fault: string): OctoloadError {
  return new OctoloadError("REDIS_UNREACHABLE", `the hot cache is down: ${fault}`, {
    remedy: "The position is kept: run the same command with the same --run-dir when it is back.",
  });
}

function difference(after: HotStats, before: HotStats): WarmCounts {
  const notCachedBy: Partial<Record<SkipReason, number>> = {};
  for (const [name, rows] of Object.entries(after.skippedBy)) {
    const reason = name as SkipReason;
    const more = rows - (before.skippedBy[reason] ?? 0);
    if (more > 0) notCachedBy[reason] = more;
  }
  return {
    offered: after.offered - before.offered,
    cached: after.cached - before.cached,
    older: after.older - before.older,
    notCached: after.skipped - before.skipped,
    notCachedBy,
  };
}

/** Rows of one write time travel together: a load's all have the same. */
function batchesOf(
  rows: readonly WarmRow[],
): { readonly batch: SinkBatch; readonly writeTimeUs: bigint }[] {
  const byTime = new Map<bigint, WarmRow[]>();
  for (const row of rows) {
    const group = byTime.get(row.writeTimeUs);
    if (group === undefined) byTime.set(row.writeTimeUs, [row]);
    else group.push(row);
  }
  return [...byTime].map(([writeTimeUs, group]) => ({ batch: batchOf(group), writeTimeUs }));
}

/** Without envelopes, which a cache does not take. */
function batchOf(rows: readonly WarmRow[]): SinkBatch {
  const batch = makeSinkBatch(rows.length, 0);
  for (const [i, row] of rows.entries()) {
    batch.tiles[i] = row.tile;
    batch.cells[i] = row.cell;
    batch.levels[i] = row.level;
    batch.lastModified[i] = row.lastModified;
    batch.materials[i] = row.materialId ?? 0;
    batch.noMaterials[i] = row.materialId === null ? 1 : 0;
    batch.homogeneities[i] = row.homogeneity;
    batch.masks[i] = row.childrenMask;
  }
  return batch;
}
