import {
  EXPECTED_ENTRY_BYTES,
  entriesThatFit,
  measureEntryBytes,
  readMemory,
} from "../redis/memory.js";
import type { RedisSession } from "../redis/session.js";

/** Entries there have to be before their size is believed. */
const MEASURED_AFTER = 500;
/** Keys a server is asked for, to tell which share of them is ours. */
const SAMPLED_KEYS = 32;

/** How many entries the cache has room for, by its servers' memory and the user's budget. */
export class CacheRoom {
  readonly #session: RedisSession;
  readonly #budgetBytes: number | null;
  #entryBytes: number | null = null;

  /** @param budgetBytes what the cache may use in all; null: what the servers' maxmemory allows */
  constructor(session: RedisSession, budgetBytes: number | null) {
    this.#session = session;
    this.#budgetBytes = budgetBytes;
  }

  /** As measured; null: none was there yet. */
  get entryBytes(): number | null {
    return this.#entryBytes;
  }

  /** Entries that may come in addition; null: no bound. @throws OctoloadError REDIS_* */
  async free(): Promise<number | null> {
    return entriesThatFit(await readMemory(this.#session), {
      budgetBytes: this.#budgetBytes,
      entryBytes: this.#entryBytes ?? EXPECTED_ENTRY_BYTES,
    });
  }

  /** Entries that may be there in all, those that are included. @throws OctoloadError REDIS_* */
  async capacity(): Promise<number | null> {
    const free = await this.free();
    return free === null ? null : free + (await this.#ownKeys());
  }

  /** Learns what an entry takes, once there are some. @param cached so far */
  async measure(keys: readonly Buffer[], cached: number): Promise<void> {
    if (this.#entryBytes !== null || cached < MEASURED_AFTER) return;
    this.#entryBytes = await measureEntryBytes(this.#session, keys).catch(() => null);
  }

  /** As measure(), of however few there are. */
  async measureNow(keys: readonly Buffer[]): Promise<void> {
    if (keys.length > 0) await this.measure(keys, MEASURED_AFTER);
  }

  /** By a sample: counting them would take a scan of all keys. */
  async #ownKeys(): Promise<number> {
    const { prefix } = this.#session.target;
    const counts = await Promise.all(
      this.#session.masters().map(async (node) => {
        const size = Number(await this.#session.command(node, "DBSIZE"));
        if (size === 0) return 0;
        const samples = Array.from({ length: SAMPLED_KEYS }, () =>
          this.#session.command(node, "RANDOMKEY"),
        );
        const keys = await Promise.all(samples);
        const own = keys.filter((key) => String(key).startsWith(prefix)).length;
        return (size * own) / SAMPLED_KEYS;
      }),
    );
    return Math.floor(counts.reduce((sum, count) => sum + count, 0));
  }
}
