/**
 * What a run is doing: reading and encoding, deriving from neighbours, sending in order, or deleting
 * what the source does not have.
 */
export type Phase = "scan" | "derive" | "load" | "prune" | "done";

/** What holds the run back at the moment. */
export type Limit = "source" | "encode" | "disk" | "derive" | "order" | "sink" | "rate" | "paused";

export interface StageTime {
  /** pack, encode, sort, derive, order, digest, prune, or a sink's URL. */
  readonly name: string;
  /** Rows that have gone through it. */
  readonly rows: number;
  /** Time the stage was busy, wall clock. */
  readonly busyMs: number;
}

export interface SinkProgress {
  readonly url: string;
  readonly loaded: number;
  readonly rejected: number;
  readonly skipped: number;
  /** Rows in order that this sink has not acknowledged, of those the fastest sink has. */
  readonly lagRows: number;
  /** What keeps the target from taking rows faster, in a few words, where it says so. */
  readonly limit?: string;
  /** Keys deleted that the source does not have; only of a run that prunes. */
  readonly pruned?: number;
}

/** One look at a running load. Counts are rows; `null`: not known yet. */
export interface Progress {
  readonly runId: string;
  readonly phase: Phase;
  readonly total: number | null;
  /** Rows every sink has acknowledged. */
  readonly migrated: number;
  /** Rows rejected so far, all codes. */
  readonly failed: number;
  /**
   * Rows that went through the phase at hand: read, derived from, acknowledged or rejected; of a
   * prune, the target's rows that were looked at.
   */
  readonly phaseRows: number;
  /** Rows that will. */
  readonly phaseTotal: number | null;
  /** 0..100 of the whole run, scanning included. */
  readonly percent: number;
  readonly elapsedMs: number;
  readonly etaMs: number | null;
  /** Now: over the last seconds, of the phase at hand. */
  readonly rowsPerSecond: number;
  /** Since the phase began. */
  readonly averageRowsPerSecond: number;
  readonly limit: Limit;
  /** Rows per second allowed; null: no limit. */
  readonly rateLimit: number | null;
  readonly isPaused: boolean;
  readonly stages: readonly StageTime[];
  readonly sinks: readonly SinkProgress[];
  readonly rejectedByCode: Readonly<Record<string, number>>;
}

/** Everything a run tells while it goes; each is a line of events.ndjson with `at`. */
export type RunEvent =
  | {
      readonly event: "started";
      readonly runId: string;
      readonly runDir: string;
      readonly resumed: boolean;
    }
  | { readonly event: "phase"; readonly phase: Phase }
  | ({ readonly event: "progress" } & Progress)
  | { readonly event: "warning"; readonly code: string; readonly message: string }
  | { readonly event: "note"; readonly message: string }
  | { readonly event: "paused" | "resumed" }
  /** Asked to stop: what is in flight is finished and saved. */
  | { readonly event: "stopping" }
  | { readonly event: "rate"; readonly rowsPerSecond: number | null }
  | { readonly event: "finished"; readonly outcome: Outcome; readonly exitCode: number };

export type Outcome = "done" | "rejected" | "max-errors" | "interrupted" | "failed" | "dry-run";
