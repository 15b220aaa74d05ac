import type { TargetMeta } from "./target-meta.js";

/** What a target knows of earlier loads. */
export interface RecordedTarget {
  /** What it records of itself; undefined: there is no target yet, or it keeps nothing. */
  readonly meta: TargetMeta | undefined;
  /** undefined: no run yet. */
  readonly lastRun: LastRun | undefined;
  /** No row of it is known to be written later, microseconds since 1970; 0n: there is none. */
  readonly lastWriteTimeUs: bigint;
}

/** A target's last run. */
export interface LastRun {
  readonly runId: string;
  /** Of the load whose rows are the newest: a run, or the one that it completes. */
  readonly baseRunId: string;
  readonly writeTimeUs: bigint;
}

export const nothingRecorded: RecordedTarget = {
  meta: undefined,
  lastRun: undefined,
  lastWriteTimeUs: 0n,
};
