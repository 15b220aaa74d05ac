import type { StoredColumn } from "../target/row-reader.js";

/**
 * What is wrong with a row of a target. `different`: not what the source has. `live-newer`: so, and
 * written by a service after T0. `derived-stale`: only derived columns, where services write and so
 * may have changed what they were derived from. `in-flight`: it changed each time it was looked at.
 * Of a cache's entries: `cache-stale` is not what the target has, and not newer; `cache-extra` is of a
 * cell that the target does not have; `cache-malformed` can't be read; `cache-no-ttl` never expires.
 */
export const findingClasses = Object.freeze([
  "missing",
  "extra",
  "different",
  "live-newer",
  "derived-stale",
  "in-flight",
  "cache-stale",
  "cache-extra",
  "cache-malformed",
  "cache-no-ttl",
] as const);
export type FindingClass = (typeof findingClasses)[number];

/** `damaged`: it cannot be opened; `swapped`: it is another cell's. */
export type EnvelopeFault = "absent" | "damaged" | "swapped";

/** A row, by its cell, and what is wrong with it. */
export interface Finding {
  readonly class: FindingClass;
  readonly level: number;
  /** Decimal. */
  readonly code: string;
  /** The target's columns that are not what the source says. */
  readonly columns: readonly StoredColumn[];
  /** The source's columns that the envelope holds another value of. */
  readonly sourceColumns: readonly string[];
  /** null: nothing, or the envelope holds other values. */
  readonly envelope: EnvelopeFault | null;
  /** More for people; null: nothing. */
  readonly note: string | null;
  /** null: the source has no such row. */
  readonly source: { readonly file: string; readonly rowid: string } | null;
  /** Of the newest differing column, microseconds since 1970, decimal; null: there is none. */
  readonly writeTimeUs: string | null;
  /** A service has written the row, or some column of it: a repair leaves it alone. */
  readonly isLive: boolean;
}

/** A part of a target that could not be checked. */
export interface UncheckedRange {
  /** In words: which tokens, or all of the target. */
  readonly range: string;
  readonly code: string;
  readonly message: string;
}

/** What a check measured or counted beside rows, by name; units are in the names. */
export type CheckFigures = Readonly<Record<string, number | string>>;

/** How long queries took, one after another. */
export interface LatencySummary {
  readonly queries: number;
  readonly errors: number;
  readonly avgMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Queries that took up to so many milliseconds and more than the one before; null: any more. */
  readonly histogram: readonly { readonly upToMs: number | null; readonly queries: number }[];
}

/** The same queries of the target and of the source. */
export interface LatencyFigures {
  readonly target: LatencySummary;
  readonly source: readonly {
    /** What was asked for, and how SQLite goes about it. */
    readonly query: string;
    readonly plan: string;
    readonly latency: LatencySummary;
    /** How many times as long as the target's, on average. */
    readonly timesTarget: number;
  }[];
}

/** Any of a validation's checks. */
export interface CheckResult {
  /** Such as "rows" or "counts". */
  readonly check: string;
  /** `unchecked`: nothing wrong was found, but not all of it could be looked at. */
  readonly status: "passed" | "failed" | "unchecked";
  /** Rows that were looked at. */
  readonly checked: number;
  readonly findings: Readonly<Partial<Record<FindingClass, number>>>;
  readonly notes: readonly string[];
  readonly figures?: CheckFigures;
  /** Of "baseline". */
  readonly latency?: LatencyFigures;
}

/** What became of rows that were sent again. */
export interface RepairResult {
  /** null: there was nothing to send. */
  readonly run: {
    readonly runId: string;
    readonly runDir: string;
    readonly outcome: string;
  } | null;
  readonly sent: number;
  /** Of them, those that are as they should be now. */
  readonly repaired: number;
}

/** What a validation leaves behind as validation.json. */
export interface ValidationResult {
  readonly octoload: string;
  readonly validationId: string;
  readonly validationDir: string;
  /**
   * 0: all is as it should be; 6: something differs; 8: not all could be checked; 7: the target
   * answers too slowly.
   */
  readonly exitCode: 0 | 6 | 7 | 8;
  readonly startedAt: string;
  readonly elapsedMs: number;
  readonly target: string;
  readonly source: {
    readonly name: string;
    readonly fingerprint: string;
    readonly files: readonly string[];
  };
  /** The run whose settings and dead letters were taken; null: none was found. */
  readonly run: { readonly runId: string; readonly runDir: string } | null;
  /** null: not every row was compared. */
  readonly rows: RowCounts | null;
  readonly checks: readonly CheckResult[];
  /** The first ones; all are in findings.sqlite. */
  readonly findings: readonly Finding[];
  readonly unchecked: readonly UncheckedRange[];
  /** null: none was asked for. */
  readonly repair: RepairResult | null;
  /** null: not asked for. What is in `rows` is of the other ranges. */
  readonly passedOver: PassedOver | null;
  readonly stages: readonly { readonly name: string; readonly elapsedMs: number }[];
}

/** Ranges where the source is what it was when an earlier validation found nothing wrong. */
export interface PassedOver {
  /** The earlier validation. */
  readonly since: string;
  readonly ranges: number;
  readonly ofRanges: number;
  /** The source's in them. */
  readonly rows: number;
}

/** Of source and target, as they were compared. */
export interface RowCounts {
  /** Rows of the source that the target should have. */
  readonly source: number;
  /** Rows of the target, those of other sources included. */
  readonly target: number;
  /** Of the source, alike in every bit or in every value. */
  readonly equal: number;
  /** Rejected here as a load rejects them, by code. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Missing because the target refused them when they were loaded: they have dead letters. */
  readonly refused: number;
  /** Of the target: another source's, or a rejected row's of an earlier load. */
  readonly excused: number;
  /** Looked at twice, and then as they should be. */
  readonly settled: number;
}
