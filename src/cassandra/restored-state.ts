import {
  decodeTableRuns,
  decodeWriteTimes,
  firstRunKey,
  lastRunKey,
  prunedByKey,
  WRITE_TIMES_SCOPE,
  writesBetween,
} from "./state.js";
import type { StateRow } from "./state-copy.js";
import type { StateEntries } from "./state-partition.js";
import type { WriteTimes } from "./write-time.js";

/** What a restore knows of the rows it has put back. */
export interface RestoredRows {
  readonly table: string;
  /** The latest write time among them, microseconds since 1970; null: there is none. */
  readonly lastWriteTimeUs: bigint | null;
}

/**
 * The write times after a restore. The rows are those of the backup, so T0 is the backup's where it
 * had one: later runs must not replace what was live then. Counters never go back, so that no number
 * and no timestamp is given twice, and every later run without T0 is after every restored row.
 *
 * @param now of the target; `then` of the backup
 */
export function restoredTimes(
  now: WriteTimes,
  then: WriteTimes,
  lastWriteTimeUs: bigint | null,
): WriteTimes {
  const lastRunUs = latest(now.lastRunUs, then.lastRunUs);
  const highestLiveUs = latest(now.highestLiveUs, then.highestLiveUs);
  // What is later than every run was written live.
  const isLive = lastWriteTimeUs !== null && lastWriteTimeUs > (lastRunUs ?? 0n);
  return {
    runs: larger(now.runs, then.runs),
    lastRunUs,
    t0: restoredT0(now, then),
    isDualWriteOn: false,
    highestLiveUs: isLive ? latest(highestLiveUs, lastWriteTimeUs) : highestLiveUs,
    resets: larger(now.resets, then.resets),
  };
}

/** Of one T0 the runs that were claimed since count on; another T0's rows are gone. */
function restoredT0(now: WriteTimes, then: WriteTimes): WriteTimes["t0"] {
  if (then.t0 === null || now.t0 === null) return then.t0 ?? now.t0;
  if (then.t0.us !== now.t0.us) return then.t0;
  return { us: then.t0.us, runs: larger(then.t0.runs, now.t0.runs) };
}

/** The keys that stateWrites() has to be told of. */
export function stateKeysOf(backup: readonly StateRow[], table: string): string[] {
  const keys = backup.filter(({ scope }) => scope === WRITE_TIMES_SCOPE).map(({ key }) => key);
  return [...new Set([...keys, firstRunKey(table), lastRunKey(table), prunedByKey(table)])];
}

/**
 * What has to be written so that the state fits restored rows.
 *
 * @param now the target's entries
 * @param backup all of the backup's state
 */
export function stateWrites(
  now: StateEntries,
  backup: readonly StateRow[],
  rows: RestoredRows,
): Record<string, string | null> {
  const then = entriesOf(backup);
  const before = decodeWriteTimes(now);
  const after = restoredTimes(before, decodeWriteTimes(then), rows.lastWriteTimeUs);
  const writes: Record<string, string | null> = { ...writesBetween(before, after) };
  // Each run's record stays, and those that the target never knew come back.
  for (const [key, { value }] of then) {
    const isRecord = /^(run|first-run|last-run)\//.test(key);
    if (isRecord && !now.has(key)) writes[key] = value;
  }
  const last = lastRunKey(rows.table);
  const lastThen = then.get(last)?.value ?? null;
  if ((now.get(last)?.value ?? null) !== lastThen) writes[last] = lastThen;
  const pruned = [now, then].map((entries) => decodeTableRuns(entries, rows.table).prunedBy);
  const prunedBy = latest(pruned[0] ?? null, pruned[1] ?? null);
  if (prunedBy !== (pruned[0] ?? null)) writes[prunedByKey(rows.table)] = String(prunedBy);
  return writes;
}

/** Of the write times' scope. */
export function entriesOf(rows: readonly StateRow[]): StateEntries {
  const own = rows.filter(({ scope }) => scope === WRITE_TIMES_SCOPE);
  return new Map(
    own.map(({ key, value, changedAtMs, changedBy }) => {
      return [key, { value, changedAtMs: BigInt(changedAtMs), changedBy }];
    }),
  );
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function latest(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b;
  return larger(a, b);
}
