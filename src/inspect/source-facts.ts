import type { FrameSpec } from "../encoding/frame.js";
import type { ErrorCode } from "../errors/codes.js";
import type { DerivedSummary } from "../load/derived-summary.js";
import type { FileFindings } from "../source/file-anomalies.js";
import type { ClassCounts } from "./class-counts.js";
import type { FitFacts } from "./frame-fit.js";
import type { LengthFacts } from "./value-lengths.js";

/** A column of a source's table, and what its values are. */
export interface ColumnFacts {
  readonly name: string;
  readonly declaredType: string;
  /** What octoload takes it for; null: it is kept as it is. */
  readonly meaning: string | null;
  readonly classes: ClassCounts;
}

export interface SourceFileFacts extends FileFindings {
  readonly path: string;
  readonly table: string;
  readonly rows: number;
  /** The point column that gives X, Y and Z; null: three columns do. */
  readonly geometryColumn: string | null;
  readonly columns: readonly ColumnFacts[];
}

/** Rows that a load would reject, for one reason. */
export interface RejectedFacts {
  readonly code: ErrorCode;
  readonly rows: number;
  readonly examples: readonly {
    readonly file: string;
    readonly rowid: string;
    readonly message: string;
  }[];
}

/** Everything that reading a source once tells of it. */
export interface SourceFacts {
  readonly name: string;
  readonly fingerprint: string;
  readonly frame: FrameSpec;
  readonly files: readonly SourceFileFacts[];
  /** All rows. */
  readonly rows: number;
  /** Those that pass the filters: a load's total. */
  readonly selected: number;
  /** Of the selected, by code; KEY_COLLISION and LEVEL_TOO_DEEP are not among them. */
  readonly rejected: readonly RejectedFacts[];
  /** Of those rows that give way to another of the same cell. */
  readonly collisionExamples: readonly string[];
  readonly unreadableCreated: number;
  readonly fit: FitFacts;
  readonly metadata: LengthFacts;
  /** Of all rows' envelopes together. */
  readonly envelopeBytes: number;
  readonly derived: Omit<DerivedSummary, "map">;
  readonly tiles: {
    readonly byLevel: readonly { readonly level: number; readonly tiles: number }[];
    readonly rowsInLargest: number;
  };
  /** Wall clock. */
  readonly times: {
    readonly scanMs: number;
    readonly deriveMs: number;
    /** Of the scan: time that the stages were busy, some of them side by side. */
    readonly readMs: number;
    readonly encodeMs: number;
    readonly sortMs: number;
  };
}
