import type { Environment } from "../endpoint/password.js";
import type { HotOptions } from "../load/hot-options.js";
import type { SkipReason } from "../sink/redis/skip-reason.js";

export interface WarmOptions {
  /** The target whose rows are cached: cassandra://… or sqlite:… */
  readonly to: string;
  readonly hot: HotOptions;
  /** Where its position is kept; an unfinished one in it is resumed. Default: a new folder. */
  readonly runDir?: string;
  /** Where a new folder is made; ./octoload-runs unless given. */
  readonly runsDir?: string;
  /** Rows a second read from the target at most; no limit unless given. */
  readonly maxRowsPerSecond?: number | null;
  /** Goes on until the signal: entries are put again before they expire. */
  readonly keepWarm?: boolean;
  /** How long to wait for a cache that is down; 600,000 unless given. */
  readonly outageTimeoutMs?: number;
  /** Where users and passwords are found; by default the process's own. */
  readonly env?: Environment;
}

export interface WarmHooks {
  /** Ends it in order; it can be resumed then. */
  readonly signal?: AbortSignal;
  /** Called now and then. */
  readonly onProgress?: (progress: WarmProgress) => void;
  /** Told what was settled for the user, a line each. */
  readonly onNote?: (text: string) => void;
}

/** `survey`: what is hot is counted, or listed. `fill`: it is cached. `rest`: until it is time again. */
export type WarmStep = "survey" | "fill" | "rest";

/** Why rows that were read and are hot were not cached. */
export type WarmSkipReason =
  | SkipReason
  /** Others are hotter, and the cache's memory is limited. */
  | "over-budget";

/** offered = cached + older + notCached. What a resume sends again is counted again. */
export interface WarmCounts {
  /** Hot rows that were to be put. */
  readonly offered: number;
  readonly cached: number;
  /** What was there is newer, and stayed. */
  readonly older: number;
  readonly notCached: number;
  readonly notCachedBy: Readonly<Partial<Record<WarmSkipReason, number>>>;
}

export interface WarmProgress extends WarmCounts {
  readonly step: WarmStep;
  /** Of the step, 0 to 1. */
  readonly share: number;
  /** From 1. */
  readonly pass: number;
}

export interface WarmResult extends WarmCounts {
  readonly runDir: string;
  /** Path, or keyspace and contact points. */
  readonly target: string;
  readonly cache: string;
  readonly regions: string;
  /** `interrupted`: by the signal, before the cache was filled once. */
  readonly outcome: "done" | "interrupted";
  /** Complete ones; more than 1 with keepWarm. */
  readonly passes: number;
  /** Hot rows of the target as they were counted first; null: not counted in layout tile. */
  readonly hotRows: number | null;
  /** The lowest priority that the memory has room for, 1 to 255; 256: none; null: not known. */
  readonly lowestPriority: number | null;
  /** The servers' memory is what ended it. */
  readonly isFull: boolean;
  /** Written to Redis, protocol included. */
  readonly sentBytes: number;
  /** What an entry was found to take; null: none was there to be measured. */
  readonly entryBytes: number | null;
  /** What all entries take that were cached, as measured; null: none was. */
  readonly cachedBytes: number | null;
  readonly seconds: number;
}

export const noWarmCounts: WarmCounts = {
  offered: 0,
  cached: 0,
  older: 0,
  notCached: 0,
  notCachedBy: {},
};

export function addWarmCounts(one: WarmCounts, other: WarmCounts): WarmCounts {
  const notCachedBy: Partial<Record<WarmSkipReason, number>> = { ...one.notCachedBy };
  for (const [name, rows] of Object.entries(other.notCachedBy)) {
    const reason = name as WarmSkipReason;
    notCachedBy[reason] = (notCachedBy[reason] ?? 0) + rows;
  }
  return {
    offered: one.offered + other.offered,
    cached: one.cached + other.cached,
    older: one.older + other.older,
    notCached: one.notCached + other.notCached,
    notCachedBy,
  };
}
