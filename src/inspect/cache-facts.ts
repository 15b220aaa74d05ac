import type { Frame } from "../encoding/frame.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { buildHotIndex } from "../hot/build-hot-index.js";
import { parseHotRegions } from "../hot/hot-regions.js";
import { cacheCapacity } from "../hot-feed/cache-capacity.js";
import { HotAdmission } from "../hot-feed/hot-admission.js";
import { estimatePriorities, type KnownRows } from "../hot-feed/priority-estimate.js";
import type { HotOptions } from "../load/hot-options.js";
import { EXPECTED_ENTRY_BYTES, readMemory, type ServerMemory } from "../redis/memory.js";
import { parseRedisUrl } from "../redis/redis-url.js";
import { RedisSession } from "../redis/session.js";

/** What a hot cache would get, and whether it has room for it. */
export interface CacheFacts {
  readonly url: string;
  readonly regions: string;
  /** Rows that are hot, and those of them that there is room for. */
  readonly hotRows: number;
  readonly cachedRows: number;
  /** What is left out lies below; 1: nothing is. */
  readonly lowestPriority: number;
  readonly entryBytes: number;
  readonly predictedBytes: number;
  readonly servers: readonly ServerMemory[];
  readonly budgetBytes: number | null;
  /** Why a load would not begin to fill it; null: it would. */
  readonly refusal: OctoloadError | null;
}

/**
 * Asks a cache for its memory and estimates what a load would put into it. The servers stay as they
 * are: what puts entries is not loaded.
 *
 * @throws OctoloadError HOT_*, TARGET_URL
 */
export async function readCacheFacts(
  hot: HotOptions,
  frame: Frame,
  known: KnownRows,
): Promise<CacheFacts> {
  const index = await buildHotIndex(parseHotRegions(hot.regions));
  const expected = estimatePriorities(index, frame, known);
  const { servers, refusal } = await askServers(hot.url);
  const capacity = cacheCapacity(servers, hot, EXPECTED_ENTRY_BYTES);
  const rows = known.levels.reduce((sum, level) => sum + level.rows, 0);
  const admission = new HotAdmission({ expected, rows, capacity, isShuffled: false });
  const cachedRows = admission.expectedRows;
  return {
    ...{ url: hot.url, regions: hot.regions, servers, refusal, cachedRows },
    hotRows: Math.round(expected.reduce((sum, one, priority) => sum + (priority > 0 ? one : 0), 0)),
    lowestPriority: admission.lowestPriority,
    entryBytes: EXPECTED_ENTRY_BYTES,
    predictedBytes: Math.round(cachedRows * EXPECTED_ENTRY_BYTES),
    budgetBytes: hot.maxMemoryBytes ?? null,
  };
}

async function askServers(url: string): Promise<Pick<CacheFacts, "servers" | "refusal">> {
  const target = parseRedisUrl(url);
  try {
    const session = await RedisSession.connect(target, { onlyLooks: true });
    try {
      return { servers: await readMemory(session), refusal: null };
    } finally {
      session.close();
    }
  } catch (error) {
    if (!(error instanceof OctoloadError)) throw error;
    return { servers: [], refusal: error };
  }
}
