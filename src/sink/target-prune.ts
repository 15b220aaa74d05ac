import type { TokenRange } from "../cassandra/ring-ranges.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { KeySource } from "./key-page.js";

/** A key that a target has and its source lacks. */
export interface StrayKey {
  readonly level: number;
  readonly code: bigint;
  /** Of the row that is deleted, microseconds since 1970; null: the target does not tell. */
  readonly writeTimeUs: bigint | null;
}

/** A part of a target's order, to be pruned by itself. */
export interface PrunePart {
  /** Of the part's keys; null: all of them, as in an order without tokens. */
  readonly tokens: TokenRange | null;
  /** The source's keys in the part, those of rejected rows included, in the sink's order. */
  readonly sourceKeys: KeySource;
}

/** What a prune needs of the run. */
export interface PruneHooks {
  /** Aborted when the run is to end. */
  readonly signal: AbortSignal;
  /** Lists keys that are about to be deleted; they are on the disk when it settles. */
  list(keys: readonly StrayKey[]): Promise<void>;
  /**
   * So many more rows of the target were looked at, and what was to be deleted is; settles when the
   * next ones may be.
   */
  lookedAt(rows: number): Promise<void>;
}

export interface PrunedPart {
  /** Rows that the source lacks and that stay: they were written after the run's write time. */
  readonly live: number;
}

/** A target that deletes what its source lacks. */
export interface TargetPrune {
  /**
   * Deletes, at the run's write time, the keys of a part that the source lacks. Doing it again
   * changes nothing. Several parts may go on at the same time.
   *
   * @throws OctoloadError TARGET_*, CASSANDRA_*, RUN_*; the signal's reason
   */
  prunePart(part: PrunePart, hooks: PruneHooks): Promise<PrunedPart>;
  /** After the last part. @throws OctoloadError RUN_* where what was done does not count */
  finish(): Promise<void>;
}

/**
 * A prune would take other sources' rows for strays.
 *
 * @throws OctoloadError PRUNE_SOURCES
 */
export function requireOnlySource(
  target: string,
  sources: readonly { readonly name: string }[],
  sourceName: string,
): void {
  const others = sources.filter(({ name }) => name !== sourceName);
  if (others.length === 0) return;
  const names = others.map(({ name }) => describeValue(name)).join(", ");
  throw new OctoloadError(
    "PRUNE_SOURCES",
    `${target} holds the rows of ${names} beside those of ${describeValue(sourceName)}`,
  );
}
