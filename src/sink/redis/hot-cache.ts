import { setTimeout as sleep } from "node:timers/promises";
import { EntryBuffer } from "../../redis/entry-buffer.js";
import { parseRedisUrl } from "../../redis/redis-url.js";
import { type EntryForm, encodeEntriesAsync } from "../../redis/resp.js";
import { RedisSession, type RedisSessionOptions } from "../../redis/session.js";
import { HotDelivery } from "./hot-delivery.js";
import { type HotStats, HotTally } from "./hot-stats.js";
import { KeySamples } from "./key-samples.js";
import { defaultLinkKind, type LinkKind } from "./open-link.js";
import type { SkipReason } from "./skip-reason.js";

export interface HotCacheOptions extends RedisSessionOptions {
  /** Of commands that wait or are on their way; beyond it rows are skipped. 32 MiB unless given. */
  readonly maxQueueBytes?: number;
  /** On their way to one node at once; 1 MiB unless given. */
  readonly maxInFlightBytes?: number;
  /** A node that owes answers and is silent for so long is given up; 2000 unless given. */
  readonly replyTimeoutMs?: number;
  /** Entries a command where one server has all keys, up to 1024; 16 unless given. */
  readonly keysPerCommand?: number;
  /** By default raw where the installed ioredis allows for it. */
  readonly link?: LinkKind;
  /** Told that counts have changed, at most once a turn of the event loop. It must not throw. */
  readonly onSettled?: (stats: HotStats) => void;
}

/** Rows in the layout of sink-batch.ts. */
export interface HotBatch {
  readonly block: ArrayBufferLike;
  readonly rows: number;
}

const DEFAULTS = {
  maxQueueBytes: 32 * 1024 * 1024,
  maxInFlightBytes: 1024 * 1024,
  replyTimeoutMs: 2_000,
  /** More saves little, and an error that concerns a whole command would cost more rows. */
  keysPerCommand: 16,
};

const DRAIN_LOOK_MS = 5;

/**
 * Puts rows into Redis beside a load that must not notice: a cache that is full, slow or down makes
 * offer() skip rows, never wait or throw. An entry with a greater write time is left alone.
 */
export class HotCache {
  readonly url: string;
  readonly session: RedisSession;
  readonly #delivery: HotDelivery;
  readonly #tally = new HotTally();
  readonly #samples = new KeySamples();
  readonly #options: HotCacheOptions;
  /** Memory that no encoding is using. */
  readonly #buffers: EntryBuffer[] = [];
  #encoding = 0;
  #isClosed = false;
  #willTell = false;

  private constructor(url: string, session: RedisSession, options: HotCacheOptions) {
    this.url = url;
    this.session = session;
    this.#options = options;
    const delivery = {
      maxQueueBytes: options.maxQueueBytes ?? DEFAULTS.maxQueueBytes,
      maxInFlightBytes: options.maxInFlightBytes ?? DEFAULTS.maxInFlightBytes,
      replyTimeoutMs: options.replyTimeoutMs ?? DEFAULTS.replyTimeoutMs,
      link: options.link ?? defaultLinkKind(),
      onSettled: () => this.#tellSoon(),
    };
    this.#delivery = new HotDelivery(session, delivery, this.#tally);
  }

  /**
   * Connects to the cache that a URL names, and sees to it that it can be written.
   *
   * @throws OctoloadError TARGET_URL, REDIS_*: see RedisSession.connect
   */
  static async connect(url: string, options: HotCacheOptions = {}): Promise<HotCache> {
    const session = await RedisSession.connect(parseRedisUrl(url), options);
    return new HotCache(url, session, options);
  }

  /** Whether a node takes commands now. */
  get isUp(): boolean {
    return this.#delivery.isUp;
  }

  /**
   * Takes rows: they are cached, or skipped and counted. It never rejects.
   *
   * @param select one byte a row, 0: not this one; null: all
   * @param writeTimeUs of the rows, microseconds since 1970
   * @returns resolves when neither `batch` nor `select` is needed any more, at once where nothing
   *   can be sent now
   */
  async offer(batch: HotBatch, select: Uint8Array | null, writeTimeUs: bigint): Promise<void> {
    const rows = select === null ? batch.rows : countSelected(select);
    if (rows === 0) return;
    this.#tally.offered += rows;
    const reason = this.#isClosed ? "closed" : this.#delivery.refusal();
    if (reason !== undefined) return this.#skip(rows, reason);
    this.#encoding += 1;
    try {
      await this.#encode(batch, select, writeTimeUs);
    } catch (error) {
      this.#tally.error("not-encoded", error instanceof Error ? error.message : String(error));
      this.#skip(rows, "not-encoded");
    }
    this.#encoding -= 1;
  }

  async #encode(batch: HotBatch, select: Uint8Array | null, wtsUs: bigint): Promise<void> {
    const { prefix, ttlSeconds } = this.session.target;
    const cluster = this.#delivery.slots?.snapshot();
    const out = this.#buffers.pop() ?? new EntryBuffer();
    const entries = await encodeEntriesAsync(batch, {
      ...{ form: this.#form(), prefix, wtsUs, ttlS: ttlSeconds, out },
      ...(select === null ? {} : { selection: select }),
      ...(cluster === undefined ? {} : { cluster }),
    });
    this.#samples.take(entries);
    if (this.#isClosed) this.#skip(entries.count + entries.ownerless.length, "closed");
    else this.#delivery.send(entries, cluster?.names ?? this.session.masters());
    this.#buffers.push(out);
  }

  /** What became of the rows so far. */
  stats(): HotStats {
    return this.#tally.stats(this.#delivery.writtenBytes);
  }

  /** Some of the keys that were sent, to be measured: src/redis/memory.ts. */
  sampleKeys(): readonly Buffer[] {
    return this.#samples.keys;
  }

  /** Waits until all rows are settled; what isn't by then is skipped. It never rejects. */
  async drain(timeoutMs: number): Promise<HotStats> {
    const endMs = performance.now() + timeoutMs;
    while (this.#tally.pending > 0 && performance.now() < endMs) await sleep(DRAIN_LOOK_MS);
    // What is being encoded is sent soon, and counts from then on.
    while (this.#encoding > 0) await sleep(DRAIN_LOOK_MS);
    if (this.#tally.pending > 0) this.#delivery.abandon("drain-timeout");
    return this.stats();
  }

  /** Ends it at once: what is on its way is skipped. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#encoding > 0) await sleep(DRAIN_LOOK_MS);
    this.#delivery.close();
    this.session.close();
  }

  #form(): EntryForm {
    const { form } = this.session;
    // In a cluster neighbours lie in different slots.
    if (this.#delivery.slots !== null) return form;
    return { ...form, keysPerCommand: this.#options.keysPerCommand ?? DEFAULTS.keysPerCommand };
  }

  #skip(rows: number, reason: SkipReason): void {
    this.#tally.skip(rows, reason);
    this.#tellSoon();
  }

  #tellSoon(): void {
    const { onSettled } = this.#options;
    if (onSettled === undefined || this.#willTell) return;
    this.#willTell = true;
    setImmediate(() => {
      this.#willTell = false;
      onSettled(this.stats());
    });
  }
}

function countSelected(select: Uint8Array): number {
  let count = 0;
  for (const byte of select) if (byte !== 0) count += 1;
  return count;
}
