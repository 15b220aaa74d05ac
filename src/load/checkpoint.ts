import type { ErrorCode } from "../errors/codes.js";

/** A row that was not loaded, kept with the reason. */
export interface DeadLetter {
  /** Path of the source's file. */
  readonly file: string;
  readonly rowid: bigint;
  /** URL of the sink that refused it; empty: it was rejected for all sinks. */
  readonly sink: string;
  readonly stage: "encode" | "derive" | "sink";
  readonly code: ErrorCode;
  readonly message: string;
  /** The row's values as JSON (dead-letter-row.ts); null where it could not be read again. */
  readonly row: string | null;
}

/** What a sink made of the rows so far, whichever cursor read them. */
export interface SinkCheckpoint {
  readonly url: string;
  /** Rows acknowledged. */
  readonly loaded: number;
  /** Rows this sink refused. */
  readonly rejected: number;
  /** Rows it had already. */
  readonly skipped: number;
}

/** How far one of a sink's cursors is; the counts are of its own rows. */
export interface CursorCheckpoint extends SinkCheckpoint {
  /** From 0. */
  readonly cursor: number;
  /** In the sorted order, behind the last acknowledged row; null: where the cursor begins. */
  readonly position: Uint8Array | null;
  /** DigestSet.bytes of parts of the rows loaded and skipped up to there; empty where the run keeps none. */
  readonly digests: readonly Uint8Array[];
  /** Every cursor of the sink was at its end, and the sink finished. */
  readonly isDone: boolean;
}

/** What an acknowledgement changes in its cursor's digests. */
export interface DigestChange {
  /** DigestSet.bytes */
  readonly bytes: Uint8Array;
  /** In place of all before; otherwise one part more. */
  readonly isWhole: boolean;
}

/** A checkpoint as it is saved; what it changes in the digests comes with it. */
export type SavedCheckpoint = Omit<CursorCheckpoint, "digests">;
