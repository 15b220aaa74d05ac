import { OctoloadError } from "../errors/octoload-error.js";

// The rules of docs/write-times.md, as functions without a clock and without a server: what a
// model of Cassandra's merge rule is checked with is what runs.

const MS = 1000n;
const SECOND = 1_000_000n;

/** Runs without T0 are at least this far apart, and runs with T0 exactly. */
export const RUN_STEP_US = MS;
/** How far a process's clock may be from the coordinator's. */
export const MAX_CLOCK_SKEW_US = SECOND;
/** Any two accepted clocks are at most this far apart. */
export const MAX_CLOCK_SPREAD_US = 2n * MAX_CLOCK_SKEW_US;
/** Where the runs of a T0 begin: this long before it. */
export const RUN_WINDOW_US = 10n * SECOND;
/** From all that is known when T0 is set to T0: the runs' window, after the spread of clocks. */
export const T0_LEAD_US = RUN_WINDOW_US + MAX_CLOCK_SPREAD_US;
/** Run n of a T0 writes at T0 - 10 s + n ms, which has to be before T0. */
export const MAX_RUNS_OF_T0 = RUN_WINDOW_US / RUN_STEP_US - 1n;

/** All times are microseconds since 1970, as Cassandra's write timestamps. */
export interface WriteTimes {
  /** Runs ever claimed; a run's number is the count with itself. */
  readonly runs: bigint;
  readonly lastRunUs: bigint | null;
  readonly t0: T0 | null;
  /** Whether services are told to write both systems. Switching it off leaves `t0`. */
  readonly isDualWriteOn: boolean;
  /** No live write is known to be later. */
  readonly highestLiveUs: bigint | null;
  /** How often T0 was given up with all that was written live. */
  readonly resets: bigint;
}

/** The moment dual write is in force. */
export interface T0 {
  readonly us: bigint;
  /** Runs claimed since it was set. */
  readonly runs: bigint;
}

/** What is recorded of a table of rows. */
export interface TableRuns {
  /** Whether any run was claimed for it. */
  readonly hasRun: boolean;
  /** Number of the latest run that pruned it. */
  readonly prunedBy: bigint | null;
}

/** What a run keeps for its whole life, resumes included. */
export interface WriteTimeClaim {
  readonly runNumber: bigint;
  readonly writeTimeUs: bigint;
  /** A NULL may be left unset: nothing older can lie beneath it. */
  readonly isFirst: boolean;
}

export interface ClaimFacts {
  readonly nowUs: bigint;
  readonly table: TableRuns;
  /** Whether the table holds no row, whoever may have written it. */
  readonly isTableEmpty: boolean;
}

export const noWriteTimes: WriteTimes = {
  runs: 0n,
  lastRunUs: null,
  t0: null,
  isDualWriteOn: false,
  highestLiveUs: null,
  resets: 0n,
};

export const noTableRuns: TableRuns = { hasRun: false, prunedBy: null };

/**
 * The next run's write timestamp, later than every earlier run's and, with T0, before every live
 * write.
 *
 * @throws OctoloadError WRITE_TIMES_USED_UP: T0 has had its 9,999 runs
 */
export function claimWriteTime(
  times: WriteTimes,
  { nowUs, table, isTableEmpty }: ClaimFacts,
): { readonly times: WriteTimes; readonly claim: WriteTimeClaim } {
  const t0 = times.t0 === null ? null : { ...times.t0, runs: times.t0.runs + 1n };
  const writeTimeUs = t0 === null ? writeTimeWithoutT0(times, nowUs) : writeTimeBeforeT0(t0);
  const runNumber = times.runs + 1n;
  return {
    times: { ...times, runs: runNumber, lastRunUs: writeTimeUs, t0 },
    claim: {
      runNumber,
      writeTimeUs,
      // After a reset, rows of the given-up live writes may still be on their way (hints).
      isFirst: !table.hasRun && isTableEmpty && times.resets === 0n,
    },
  };
}

function writeTimeWithoutT0({ lastRunUs, highestLiveUs }: WriteTimes, nowUs: bigint): bigint {
  return latest(nowUs, stepAfter(lastRunUs), stepAfter(highestLiveUs));
}

function stepAfter(timeUs: bigint | null): bigint | null {
  return timeUs === null ? null : timeUs + RUN_STEP_US;
}

function writeTimeBeforeT0({ us, runs }: T0): bigint {
  if (runs <= MAX_RUNS_OF_T0) return us - RUN_WINDOW_US + runs * RUN_STEP_US;
  throw new OctoloadError(
    "WRITE_TIMES_USED_UP",
    `T0 leaves room for ${MAX_RUNS_OF_T0} runs, and this would be number ${runs}`,
  );
}

/**
 * Dual write in force. A T0 that is set stays: a later one would put the next runs after live
 * writes that were made since.
 */
export function dualWriteOn(times: WriteTimes, nowUs: bigint): WriteTimes {
  const us = latest(nowUs, times.lastRunUs, times.highestLiveUs) + T0_LEAD_US;
  return { ...times, t0: times.t0 ?? { us, runs: 0n }, isDualWriteOn: true };
}

/** T0 stays, so that what was written live still wins. */
export function dualWriteOff(times: WriteTimes): WriteTimes {
  return { ...times, isDualWriteOn: false };
}

/**
 * Gives up all that was written live: the next run replaces it. That needs every service stopped
 * before; `highestLiveUs` then bounds what any of them, with whichever accepted clock, has written.
 */
export function resetT0(times: WriteTimes, nowUs: bigint): WriteTimes {
  const liveUs = latest(nowUs, times.t0?.us ?? null) + MAX_CLOCK_SPREAD_US;
  return {
    ...times,
    t0: null,
    isDualWriteOn: false,
    highestLiveUs: latest(liveUs, times.highestLiveUs),
    resets: times.resets + 1n,
  };
}

export interface LiveWriteFacts {
  readonly nowUs: bigint;
  readonly t0Us: bigint;
  /**
   * Of the row's last live write or delete; null: there was none. After a delete the table can't
   * tell it any more, so the writer has to keep it elsewhere.
   */
  readonly rowLastUs: bigint | null;
}

/** The write timestamp of a live write (a whole row, NULLs written) or delete. */
export function liveWriteTime({ nowUs, t0Us, rowLastUs }: LiveWriteFacts): bigint {
  return latest(nowUs, t0Us, rowLastUs === null ? null : rowLastUs + 1n);
}

/** What a prune by this run records before it looks for keys to delete. */
export function pruneTable(table: TableRuns, runNumber: bigint): TableRuns {
  requireNotPruned(table, runNumber);
  return { ...table, prunedBy: runNumber };
}

/**
 * A run may write as long as no later one has pruned: a row it wrote afterwards would be one that
 * the prune could not see, and would stay.
 *
 * @throws OctoloadError RUN_SUPERSEDED
 */
export function requireNotPruned({ prunedBy }: TableRuns, runNumber: bigint): void {
  if (prunedBy === null || prunedBy <= runNumber) return;
  throw new OctoloadError(
    "RUN_SUPERSEDED",
    `run number ${runNumber} can't write any more: run number ${prunedBy} has pruned its table`,
  );
}

function latest(first: bigint, ...others: readonly (bigint | null)[]): bigint {
  let result = first;
  for (const time of others) if (time !== null && time > result) result = time;
  return result;
}
