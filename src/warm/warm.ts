import { join } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import { buildHotIndex } from "../hot/build-hot-index.js";
import { parseHotRegions } from "../hot/hot-regions.js";
import { makeRunId } from "../load/run-file.js";
import type { HotCache } from "../sink/redis/hot-cache.js";
import { parseTargetUrl } from "../sink/target-url.js";
import { EmbeddedSource } from "./embedded-source.js";
import type { WarmCounts, WarmHooks, WarmOptions, WarmResult } from "./warm-options.js";
import { WarmRun } from "./warm-run.js";
import type { WarmSource } from "./warm-source.js";
import { WarmStore } from "./warm-store.js";

const DEFAULT_RUNS_DIR = "octoload-runs";

/**
 * Fills a hot cache from a target: rows of hot positions, each with its own write time, the hottest
 * first as far as the target's layout allows for it. docs/hot-cache.md has the order.
 *
 * @throws OctoloadError HOT_*, TARGET_*, CASSANDRA_*, REDIS_*, RUN_OTHER, RUN_IN_USE, RUN_DISK_*;
 *   once something was cached they are late ones, and the position is kept
 */
export async function warm(options: WarmOptions, hooks: WarmHooks = {}): Promise<WarmResult> {
  const beganMs = performance.now();
  const regions = parseHotRegions(options.hot.regions);
  const source = await openSource(options, hooks);
  try {
    const index = await buildHotIndex(regions);
    // Brings ioredis, which nobody else has to load.
    const { HotCache: Cache } = await import("../sink/redis/hot-cache.js");
    const cache = await Cache.connect(options.hot.url, {
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(hooks.onNote === undefined ? {} : { onNote: hooks.onNote }),
    });
    try {
      const runDir = runDirOf(options);
      const store = openStore(runDir, source, options, cache);
      try {
        const run = new WarmRun({ source, index, cache, store }, options, hooks);
        await runToEnd(run, hooks.signal);
        return await resultOf(run, { runDir, source, store, options, beganMs });
      } finally {
        store.close();
      }
    } finally {
      await cache.close();
    }
  } finally {
    await source.close();
  }
}

async function openSource({ to, env }: WarmOptions, { onNote }: WarmHooks): Promise<WarmSource> {
  const target = parseTargetUrl(to);
  if (target.kind === "null") {
    throw new OctoloadError("TARGET_MISSING", "null: keeps no row that could be read");
  }
  if (target.kind === "sqlite") return EmbeddedSource.open(target.path, target.layout);
  const { ClusterSource } = await import("./cluster-source.js");
  return ClusterSource.open(target, {
    ...(env === undefined ? {} : { env }),
    ...(onNote === undefined ? {} : { onNote }),
  });
}

function runDirOf({ runDir, runsDir = DEFAULT_RUNS_DIR }: WarmOptions): string {
  return runDir ?? join(runsDir, `warm-${makeRunId(new Date())}`);
}

function openStore(
  runDir: string,
  source: WarmSource,
  { hot }: WarmOptions,
  { session }: HotCache,
): WarmStore {
  return WarmStore.open(runDir, source.layout === "tile" ? "tile" : "stretch", {
    target: source.place,
    cache: session.place,
    database: session.target.database,
    prefix: session.target.prefix,
    ttl: session.target.ttlSeconds,
    regions: hot.regions,
    memory: hot.maxMemoryBytes ?? null,
  });
}

async function runToEnd(run: WarmRun, signal: AbortSignal | undefined): Promise<void> {
  try {
    await run.run();
  } catch (error) {
    const isInterrupted = signal?.aborted === true && !(error instanceof OctoloadError);
    if (!isInterrupted) throw lateError(run, error);
  }
}

function lateError(run: WarmRun, error: unknown): unknown {
  if (!(error instanceof OctoloadError) || error.isLate) return error;
  return run.counts.cached + run.counts.older > 0 ? error.late() : error;
}

async function resultOf(
  run: WarmRun,
  facts: {
    readonly runDir: string;
    readonly source: WarmSource;
    readonly store: WarmStore;
    readonly options: WarmOptions;
    readonly beganMs: number;
  },
): Promise<WarmResult> {
  const { runDir, source, store, options, beganMs } = facts;
  const { counts, passes, writer } = run;
  const entryBytes = await writer.entryBytes();
  return {
    ...{ runDir, target: source.place, cache: options.hot.url, regions: options.hot.regions },
    // In a later pass the cache is filled already: it ends as it was told to.
    outcome: passes === 0 ? "interrupted" : "done",
    passes,
    ...counts,
    ...limitOf(store, counts),
    sentBytes: writer.sentBytes,
    entryBytes: entryBytes === null ? null : Math.round(entryBytes),
    cachedBytes: entryBytes === null ? null : Math.round(entryBytes * counts.cached),
    seconds: Math.round((performance.now() - beganMs) / 10) / 100,
  };
}

/** What there was to cache, and what memory left of it. */
function limitOf(
  store: WarmStore,
  { notCachedBy }: WarmCounts,
): Pick<WarmResult, "hotRows" | "lowestPriority" | "isFull"> {
  const refused = (notCachedBy["over-budget"] ?? 0) + (notCachedBy["out-of-memory"] ?? 0);
  const lowestPriority = store.limits?.lowestPriority ?? null;
  if (lowestPriority === null) return { hotRows: null, lowestPriority, isFull: refused > 0 };
  const histogram = store.histogram();
  const hotRows = histogram.slice(1).reduce((sum, rows) => sum + rows, 0);
  const planned = histogram.slice(lowestPriority).reduce((sum, rows) => sum + rows, 0);
  const isCut = planned < hotRows || store.limits?.quota !== null;
  return { hotRows, lowestPriority, isFull: refused > 0 || isCut };
}
