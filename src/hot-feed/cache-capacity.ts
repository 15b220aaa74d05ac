import type { HotOptions } from "../load/hot-options.js";
import { entriesThatFit, type ServerMemory } from "../redis/memory.js";

/** Of the room there is: connections and growing tables take some for a while. */
const USABLE_SHARE = 0.95;

/** Entries that a load may put; null: no bound is known. */
export function cacheCapacity(
  servers: readonly ServerMemory[],
  { maxMemoryBytes }: Pick<HotOptions, "maxMemoryBytes">,
  entryBytes: number,
): number | null {
  if (servers.length === 0) return null;
  const entries = entriesThatFit(servers, { budgetBytes: maxMemoryBytes ?? null, entryBytes });
  return entries === null ? null : Math.floor(entries * USABLE_SHARE);
}
