import { decodeEntry, entryFields, type StoredEntry } from "../../cache/node-entry.js";
import { maxCode } from "../../encoding/cell.js";
import { MAX_LEVEL } from "../../encoding/level.js";
import { RateLimiter } from "../../load/rate-limiter.js";
import type { RedisSession } from "../../redis/session.js";

/** Keys that a server goes through before it answers: some milliseconds at most. */
const SCAN_COUNT = "500";
const WTS = entryFields.indexOf("wts");

/** A key of the cache and what lies there. */
export interface CachedEntry {
  readonly node: string;
  readonly key: Buffer;
  /** undefined: a key with the prefix that names no cell. */
  readonly cell: { readonly level: number; readonly code: bigint } | undefined;
  readonly entry: StoredEntry;
  /** Of an "absent" entry too; null: it has none. */
  readonly wtsUs: bigint | null;
  /** Milliseconds; -1: it does not expire; -2: the key is gone. */
  readonly ttlMs: number;
}

export interface ScanEntriesOptions {
  readonly session: RedisSession;
  readonly prefix: string;
  /** Keys a second, of all servers together. */
  readonly keysPerSecond: number;
  readonly signal: AbortSignal;
}

/**
 * The keys with the cache's prefix on every master, page by page, with what they hold. What is there
 * all the time is given at least once; SCAN may give a key again.
 *
 * @throws OctoloadError REDIS_*
 */
export async function* scanEntries(options: ScanEntriesOptions): AsyncGenerator<CachedEntry[]> {
  const { session, prefix, keysPerSecond, signal } = options;
  const limiter = new RateLimiter();
  limiter.setRate(keysPerSecond);
  const pattern = ["MATCH", `${escapeGlob(prefix)}*`, "COUNT", SCAN_COUNT];
  for (const node of session.masters()) {
    for (let cursor = "0", isFirst = true; isFirst || cursor !== "0"; isFirst = false) {
      const answer = await session.command(node, "SCAN", cursor, ...pattern);
      const [next, keys] = answer as [string, string[]];
      cursor = next;
      await limiter.acquire(keys.length, signal);
      const read = keys.map((key) => readEntry(options, node, Buffer.from(key)));
      if (keys.length > 0) yield await Promise.all(read);
    }
  }
}

/** One key again. @throws OctoloadError REDIS_* */
export async function readEntry(
  { session, prefix }: Pick<ScanEntriesOptions, "session" | "prefix">,
  node: string,
  key: Buffer,
): Promise<CachedEntry> {
  const cell = cellOfKey(key, prefix);
  const [values, ttl] = await Promise.all([
    valuesOf(session, node, key),
    session.command(node, "PTTL", key),
  ]);
  const wts = values?.[WTS] ?? null;
  return {
    ...{ node, key, cell },
    entry: values === undefined ? { kind: "malformed" } : decodeEntry(values),
    wtsUs: wts !== null && /^\d{1,19}$/.test(wts) ? BigInt(wts) : null,
    ttlMs: Number(ttl),
  };
}

/** undefined: the key holds no hash. */
async function valuesOf(
  session: RedisSession,
  node: string,
  key: Buffer,
): Promise<(string | null)[] | undefined> {
  try {
    return (await session.command(node, "HMGET", key, ...entryFields)) as (string | null)[];
  } catch (error) {
    if (/WRONGTYPE/.test(String(error))) return undefined;
    throw error;
  }
}

/** `{prefix}{level}:{code}`, both in decimal without leading zeros. */
function cellOfKey(key: Buffer, prefix: string): CachedEntry["cell"] {
  const rest = key.toString("latin1").slice(Buffer.byteLength(prefix));
  const match = /^(?<level>0|[1-9]\d?):(?<code>0|[1-9]\d{0,23})$/.exec(rest);
  const { level, code } = match?.groups ?? {};
  if (level === undefined || code === undefined) return undefined;
  const cell = { level: Number(level), code: BigInt(code) };
  return cell.level <= MAX_LEVEL && cell.code <= maxCode(cell.level) ? cell : undefined;
}

/** SCAN takes a pattern, and a prefix is meant literally. */
function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]]/g, "\\$&");
}
