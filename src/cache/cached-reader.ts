import { requireCode } from "../encoding/cell.js";
import { requireLevel } from "../encoding/level.js";
import type { Environment } from "../endpoint/password.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { HotIndex } from "../hot/hot-index.js";
import type { Target } from "../target/target.js";
import type { TargetRow } from "../target/target-row.js";
import type { EntryCache } from "./entry-cache.js";
import type { PutOutcome } from "./entry-lane.js";
import type { NodeColumns } from "./node-entry.js";
import { type CacheOutcome, type ReadStats, ReadTally } from "./read-stats.js";

export interface CachedReaderOptions {
  /** Whose rows are read. It stays the caller's, to be closed after the reader. */
  readonly target: Target;
  /** redis://…, rediss://… or redis+cluster://…; how long entries live is its ttl. */
  readonly cache: string;
  /** Tells which positions the cache is asked for: buildHotIndex(parseHotRegions(…)). */
  readonly hot: HotIndex;
  /** How long a read waits for Redis before the target is asked, 1 to 10,000 ms; 5 unless given. */
  readonly deadlineMs?: number;
  /** How long it is remembered that a row is not there, seconds; 30 unless given, 0: not at all. */
  readonly negativeTtlSeconds?: number;
  /** How long to wait at first for a cache that does not answer; 1000 unless given. */
  readonly connectWaitMs?: number;
  /** Where the cache's user and password are found; by default the process's own. */
  readonly env?: Environment;
  /** Told what was settled for the user, a line each. */
  readonly onNote?: (text: string) => void;
}

/** Who had the answer. */
export type ReadSource = "redis" | "cassandra" | "embedded";

/** A row without its envelope, or null: there is none. */
export interface NodeAnswer {
  readonly source: ReadSource;
  readonly row: NodeColumns | null;
  readonly cached: CacheOutcome;
}

/** A whole row, or null: there is none. */
export interface CellAnswer {
  readonly source: Exclude<ReadSource, "redis">;
  readonly row: TargetRow | null;
}

const DEFAULT_DEADLINE_MS = 5;
const MAX_DEADLINE_MS = 10_000;
const DEFAULT_NEGATIVE_TTL_SECONDS = 30;
const MAX_NEGATIVE_TTL_SECONDS = 86_400;
const DEFAULT_CONNECT_WAIT_MS = 1_000;

/**
 * Point reads that ask Redis first where a position is hot, and the target for everything else and
 * whatever Redis does not know by its deadline. What it does not know is put there (read-through).
 * docs/hot-cache.md says how old an answer can be.
 */
export class CachedReader {
  readonly #target: Target;
  readonly #targetSource: CellAnswer["source"];
  readonly #hot: HotIndex;
  readonly #cache: EntryCache;
  readonly #negativeTtlSeconds: number;
  readonly #tally = new ReadTally();
  /** Reads of the target that are under way, by key. */
  readonly #flights = new Map<string, Promise<NodeColumns | null>>();
  /** One cell, for the index. */
  readonly #cell = {
    tiles: new BigUint64Array(1),
    cells: new Uint16Array(1),
    levels: new Uint8Array(1),
  };
  readonly #priority = new Uint8Array(1);

  /** Made by createCachedReader(). */
  constructor({ target, hot, negativeTtlSeconds }: CachedReaderOptions, cache: EntryCache) {
    this.#target = target;
    this.#targetSource = target.path === null ? "cassandra" : "embedded";
    this.#hot = hot;
    this.#cache = cache;
    this.#negativeTtlSeconds = negativeTtlSeconds ?? DEFAULT_NEGATIVE_TTL_SECONDS;
  }

  /**
   * The row of one cell, without what its envelope holds: an entry has nothing of that.
   *
   * @throws OctoloadError LEVEL_INVALID, CODE_OUT_OF_RANGE, and what the target throws; never
   *   because of Redis
   */
  async getNode(code: bigint, level: number): Promise<NodeAnswer> {
    requireLevel(level);
    requireCode(code, level);
    const answer = await this.#answer(code, level);
    this.#tally.outcomes[answer.cached] += 1;
    return answer;
  }

  /** The whole row of one cell, always the target's. @throws OctoloadError as getNode() */
  async getCell(code: bigint, level: number): Promise<CellAnswer> {
    const row = await this.#target.getCell(code, level);
    return { source: this.#targetSource, row: row ?? null };
  }

  /**
   * For who writes the target live: puts a row into the cache that the target has acknowledged.
   * Rows that are not hot are left out. It never rejects because of Redis.
   *
   * @returns null: not hot
   */
  async recordWrite(row: NodeColumns): Promise<PutOutcome | null> {
    const { mortonCode, level } = row;
    if (!this.#isHot(mortonCode, level)) return null;
    return this.#cache.put(this.#cache.keyOf(row), row);
  }

  /**
   * For who deletes live, after the target has acknowledged it: an entry of the row is dropped, and
   * one from before the delete does not come back. It never rejects because of Redis.
   *
   * @param writeTimeUs of the delete, microseconds since 1970
   * @returns null: not hot
   */
  async recordDelete(code: bigint, level: number, writeTimeUs: bigint): Promise<PutOutcome | null> {
    if (!this.#isHot(code, level)) return null;
    return this.#cache.markDeleted(this.#cache.keyOf({ level, mortonCode: code }), writeTimeUs);
  }

  stats(): ReadStats {
    return this.#tally.stats();
  }

  /** Whether a node of the cache is asked at present. */
  get isCacheUp(): boolean {
    return this.#cache.isUp;
  }

  /** Ends the connections to Redis; the target stays open. */
  close(): void {
    this.#cache.close();
  }

  async #answer(code: bigint, level: number): Promise<NodeAnswer> {
    if (!this.#isHot(code, level)) {
      return this.#fromTarget(await this.#readTarget(code, level), "bypass");
    }
    const key = this.#cache.keyOf({ level, mortonCode: code });
    const answer = await this.#cache.read(key);
    switch (answer.kind) {
      case "row": {
        const row = { level, mortonCode: code, ...answer.columns };
        return { source: "redis", row, cached: "hit" };
      }
      case "absent":
        return { source: "redis", row: null, cached: "negative" };
      case "none":
        return this.#fromTarget(await this.#share(key, code, level, true), "miss");
      case "malformed":
        return this.#fromTarget(await this.#share(key, code, level, true), "malformed");
      default:
        return this.#fromTarget(await this.#share(key, code, level, false), answer.kind);
    }
  }

  #fromTarget(row: NodeColumns | null, cached: CacheOutcome): NodeAnswer {
    return { source: this.#targetSource, row, cached };
  }

  /** Reads the target, once for all who ask at the same time. */
  #share(
    key: string,
    code: bigint,
    level: number,
    isToBeCached: boolean,
  ): Promise<NodeColumns | null> {
    const running = this.#flights.get(key);
    if (running !== undefined) {
      this.#tally.coalesced += 1;
      return running;
    }
    const reading = this.#readTarget(code, level);
    this.#flights.set(key, reading);
    const end = () => this.#flights.delete(key);
    // Until the entry is there: who asked Redis before that must not ask the target again.
    reading.then((row) => (isToBeCached ? this.#store(key, row) : undefined)).then(end, end);
    return reading;
  }

  async #store(key: string, row: NodeColumns | null): Promise<void> {
    if (row !== null) {
      this.#tally.puts[await this.#cache.put(key, row)] += 1;
    } else if (this.#negativeTtlSeconds > 0) {
      this.#tally.marks[await this.#cache.markAbsent(key, this.#negativeTtlSeconds)] += 1;
    }
  }

  async #readTarget(code: bigint, level: number): Promise<NodeColumns | null> {
    this.#tally.targetReads += 1;
    const row = await this.#target.getCell(code, level);
    return row === undefined ? null : columnsOf(row);
  }

  #isHot(code: bigint, level: number): boolean {
    const cell = this.#cell;
    cell.tiles[0] = code >> 15n;
    cell.cells[0] = Number(code & 0x7fffn);
    cell.levels[0] = level;
    this.#hot.classifyCells(cell, this.#priority);
    return this.#priority[0] !== 0;
  }
}

/**
 * Makes a reader. A cache that is down does not stand in its way: reads go to the target, and to the
 * cache as soon as it is there.
 *
 * @throws OctoloadError TARGET_URL, ARG_RANGE; REDIS_AUTH, REDIS_TLS and what else only the user
 *   can put right
 */
export async function createCachedReader(options: CachedReaderOptions): Promise<CachedReader> {
  const { deadlineMs = DEFAULT_DEADLINE_MS, connectWaitMs = DEFAULT_CONNECT_WAIT_MS } = options;
  const { negativeTtlSeconds = DEFAULT_NEGATIVE_TTL_SECONDS, env, onNote } = options;
  requireWithin("deadlineMs", deadlineMs, 1, MAX_DEADLINE_MS);
  requireWithin("negativeTtlSeconds", negativeTtlSeconds, 0, MAX_NEGATIVE_TTL_SECONDS);
  // Brings ioredis, which nobody else has to load.
  const { EntryCache: Cache } = await import("./entry-cache.js");
  const cache = await Cache.open(options.cache, {
    ...{ deadlineMs, connectWaitMs },
    ...(env === undefined ? {} : { env }),
    ...(onNote === undefined ? {} : { onNote }),
  });
  // Found in order: the connections that reads go over follow at once.
  await cache.untilReady(cache.hasSession ? connectWaitMs : 0);
  return new CachedReader(options, cache);
}

function columnsOf(row: TargetRow): NodeColumns {
  const { level, mortonCode, materialId, homogeneity, childrenMask, lastModified } = row;
  const { writeTimeUs } = row;
  return {
    ...{ level, mortonCode, materialId, homogeneity, childrenMask, lastModified, writeTimeUs },
  };
}

function requireWithin(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new OctoloadError(
    "ARG_RANGE",
    `${name} must be an integer from ${min} to ${max}, got ${describeValue(value)}`,
  );
}
