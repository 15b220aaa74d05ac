import { parseInfo } from "./server-info.js";
import type { RedisSession } from "./session.js";

/** What one master has and may have. */
export interface ServerMemory {
  readonly node: string;
  readonly usedBytes: number;
  /** maxmemory; null: as much as the machine gives. */
  readonly maxBytes: number | null;
  /** maxmemory-policy, such as noeviction or allkeys-lru. */
  readonly policy: string;
}

/** Of an entry, before one was measured: about 15 digits of key, five short fields, an expiry. */
export const EXPECTED_ENTRY_BYTES = 280;

/**
 * What the servers' key tables take for an entry beyond MEMORY USAGE: that counts the key, its
 * value and the entry of the main table (memoryCommand() in Redis 7.0's object.c), not the 24 bytes
 * of the table of expiries' entry and, in both tables, a pointer that is used half the time.
 */
const TABLE_BYTES = 24 + 2 * 12;

/** @throws OctoloadError REDIS_* */
export function readMemory(session: RedisSession): Promise<ServerMemory[]> {
  return Promise.all(
    session.masters().map(async (node) => {
      const info = parseInfo(String(await session.command(node, "INFO", "memory")));
      const maxBytes = Number(info.get("maxmemory") ?? 0);
      return {
        node,
        usedBytes: Number(info.get("used_memory") ?? 0),
        maxBytes: maxBytes === 0 ? null : maxBytes,
        policy: info.get("maxmemory_policy") ?? "",
      };
    }),
  );
}

/**
 * What an entry takes, measured of those that are there.
 *
 * @param keys samples; those that are not there any more are left out
 * @returns null: none is there
 * @throws OctoloadError REDIS_*
 */
export async function measureEntryBytes(
  session: RedisSession,
  keys: readonly Buffer[],
): Promise<number | null> {
  const sizes = await Promise.all(keys.map((key) => session.keyCommand("MEMORY", key, "USAGE")));
  const found = sizes.filter((size) => typeof size === "number");
  if (found.length === 0) return null;
  const sum = found.reduce((total, size) => total + size, 0);
  return sum / found.length + TABLE_BYTES;
}

/**
 * How many more entries a budget has room for.
 *
 * @param budgetBytes that the cache may use in all; null: what the servers' maxmemory allows
 * @returns null: no bound is set anywhere
 */
export function entriesThatFit(
  servers: readonly ServerMemory[],
  { budgetBytes, entryBytes }: { readonly budgetBytes: number | null; readonly entryBytes: number },
): number | null {
  const rooms = servers.map(({ usedBytes, maxBytes }) => {
    // Keys are spread evenly, and so is the budget.
    const share = budgetBytes === null ? null : budgetBytes / servers.length;
    const most = Math.min(share ?? Number.POSITIVE_INFINITY, maxBytes ?? Number.POSITIVE_INFINITY);
    return Math.max(0, most - usedBytes);
  });
  const smallest = Math.min(...rooms);
  if (!Number.isFinite(smallest)) return null;
  return Math.floor((smallest * servers.length) / entryBytes);
}
