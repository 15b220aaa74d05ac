import type { SkipReason } from "../sink/redis/skip-reason.js";

/** Why hot rows were not cached: the cache's own reasons, and the load's. */
export type NotCachedReason =
  | SkipReason
  /** Others are hotter, and the cache's memory is limited. */
  | "over-budget"
  /** T0 is set: `octoload warm` fills the cache then. */
  | "dual-write";

/** What became of a load's hot rows. offered = cached + older + skipped. */
export interface HotCounts {
  readonly offered: number;
  readonly cached: number;
  /** A newer entry was there. */
  readonly older: number;
  /** NOT_CACHED. */
  readonly skipped: number;
  readonly skippedBy: Readonly<Partial<Record<NotCachedReason, number>>>;
}

/** What a run's report says of its cache. */
export interface CacheReport extends HotCounts {
  readonly url: string;
  /** The lowest priority that was admitted; 256: none. */
  readonly lowestPriority: number;
  readonly memory: {
    /** null: no bound is set. */
    readonly budgetBytes: number | null;
    readonly predictedEntries: number;
    readonly predictedBytes: number;
    /** What an entry was found to take; null: none was there to be measured. */
    readonly entryBytes: number | null;
    /** What the servers use more than when the run began; null: they did not say. */
    readonly grownBytes: number | null;
  };
  /** The latest text of each kind of error that was not expected. */
  readonly lastErrors: Readonly<Partial<Record<NotCachedReason, string>>>;
}
