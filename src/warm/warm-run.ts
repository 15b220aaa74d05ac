import { setTimeout as sleep } from "node:timers/promises";
import type { HotIndex } from "../hot/hot-index.js";
import { RateLimiter } from "../load/rate-limiter.js";
import type { HotCache } from "../sink/redis/hot-cache.js";
import { planBands } from "./bands.js";
import { CacheWriter } from "./cache-writer.js";
import { Fill } from "./fill.js";
import { surveyKeys, surveyTiles } from "./survey.js";
import type { WarmCounts, WarmHooks, WarmOptions, WarmProgress, WarmStep } from "./warm-options.js";
import type { WarmSource } from "./warm-source.js";
import type { WarmStore } from "./warm-store.js";

/** What a warming works with; all of it is the caller's to close. */
export interface WarmParts {
  readonly source: WarmSource;
  readonly index: HotIndex;
  readonly cache: HotCache;
  readonly store: WarmStore;
}

const DEFAULT_OUTAGE_TIMEOUT_MS = 600_000;
/** Of an entry's life: then it is put again, and time is left for the way there. */
const REFRESH_SHARE = 0.6;

/** Fills a cache once, or again and again. */
export class WarmRun {
  readonly #parts: WarmParts;
  readonly #options: WarmOptions;
  readonly #hooks: WarmHooks;
  readonly #writer: CacheWriter;
  readonly #limiter = new RateLimiter();
  readonly #refreshMs: number;
  #passes = 0;
  #counts: WarmCounts;

  constructor(parts: WarmParts, options: WarmOptions, hooks: WarmHooks) {
    const { signal } = hooks;
    this.#parts = parts;
    this.#options = options;
    this.#hooks = hooks;
    this.#writer = new CacheWriter(parts.cache, {
      budgetBytes: options.hot.maxMemoryBytes ?? null,
      outageTimeoutMs: options.outageTimeoutMs ?? DEFAULT_OUTAGE_TIMEOUT_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    this.#limiter.setRate(options.maxRowsPerSecond ?? null);
    this.#refreshMs = parts.cache.session.target.ttlSeconds * 1000 * REFRESH_SHARE;
    this.#counts = parts.store.counts;
  }

  /** Of the present pass, and what earlier processes counted of it. */
  get counts(): WarmCounts {
    return this.#counts;
  }

  /** Complete ones. */
  get passes(): number {
    return this.#passes;
  }

  get writer(): CacheWriter {
    return this.#writer;
  }

  /**
   * Ends after a pass, or with keepWarm by the signal between two of them.
   *
   * @throws OctoloadError REDIS_*, CASSANDRA_*, TARGET_*, RUN_DISK_*; the position is kept
   * @throws the signal's reason within a pass
   */
  async run(): Promise<void> {
    const { store } = this.#parts;
    const { keepWarm = false } = this.#options;
    let beganMs = this.#resume() ?? this.#begin();
    for (;;) {
      await this.#runPass();
      store.end();
      this.#passes += 1;
      if (!keepWarm || (await this.#rest(beganMs))) return;
      beganMs = this.#begin();
    }
  }

  /** @returns when the pass began, milliseconds since 1970 */
  #begin(): number {
    const { store, source } = this.#parts;
    store.begin(source.stretches());
    this.#counts = store.counts;
    const nowMs = Date.now();
    store.setFact("beganMs", nowMs);
    return nowMs;
  }

  /** @returns undefined: there is nothing to resume */
  #resume(): number | undefined {
    const { store } = this.#parts;
    if (!store.isUnfinished) return undefined;
    const again = store.forgetBefore(Date.now() - this.#refreshMs);
    const { units, done } = store.countUnits();
    this.#hooks.onNote?.(
      `going on: ${done} of ${units} parts are cached` +
        (again === 0 ? "" : `, ${again} more would expire soon and are read again`),
    );
    return Number(store.fact("beganMs") ?? Date.now());
  }

  async #runPass(): Promise<void> {
    const { store, source, index } = this.#parts;
    if (!store.isPlanned) await this.#plan();
    // What is there already can be put again, however full the cache is.
    const endsWhenFull = this.#passes === 0 && store.fact("wasEmpty") === true;
    const fill = new Fill(
      { source, index, store, writer: this.#writer },
      {
        ...this.#pacing(),
        endsWhenFull,
        onProgress: (share, counts) => {
          this.#counts = counts;
          this.#tell("fill", share);
        },
      },
    );
    await fill.run();
    this.#counts = store.counts;
  }

  async #plan(): Promise<void> {
    const { store, source, index } = this.#parts;
    const pacing = {
      ...this.#pacing(),
      onProgress: (share: number) => this.#tell("survey", share),
    };
    const isTile = source.layout === "tile";
    await (isTile ? surveyTiles : surveyKeys)(source, index, store, pacing);
    const capacity = await this.#writer.capacity();
    const free = await this.#writer.free();
    store.setFact("wasEmpty", capacity === null || free === null || capacity - free < 1);
    if (isTile) {
      store.plan({ bands: [], lowestPriority: null, quota: null });
      return;
    }
    store.plan(planBands(store.histogram(), capacity));
  }

  /** Until entries have to be put again. @returns true: the signal ended it */
  async #rest(beganMs: number): Promise<boolean> {
    const { signal } = this.#hooks;
    const leftMs = beganMs + this.#refreshMs - Date.now();
    if (leftMs < 0) {
      const seconds = Math.round((Date.now() - beganMs) / 1000);
      this.#hooks.onNote?.(
        `a pass took ${seconds} s, and entries live ${this.#parts.cache.session.target.ttlSeconds} s: some may expire before they are put again. A longer ttl or fewer hot regions help`,
      );
    }
    this.#tell("rest", 1);
    const options = signal === undefined ? {} : { signal };
    await sleep(Math.max(0, leftMs), undefined, options).catch(() => undefined);
    return signal?.aborted === true;
  }

  #pacing(): {
    readonly signal?: AbortSignal;
    readonly pace: (rows: number) => Promise<void>;
  } {
    const { signal } = this.#hooks;
    const pace = (rows: number) => this.#limiter.acquire(rows, signal);
    return signal === undefined ? { pace } : { signal, pace };
  }

  #tell(step: WarmStep, share: number): void {
    const pass = step === "rest" ? this.#passes : this.#passes + 1;
    const progress: WarmProgress = { step, share, pass, ...this.#counts };
    this.#hooks.onProgress?.(progress);
  }
}
