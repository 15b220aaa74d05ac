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

/** How far a sink is. */
export interface SinkCheckpoint {
  readonly url: string;
  /** In the sorted order, behind the last acknowledged row; null: at its beginning. */
  readonly position: Uint8Array | null;
  /** Rows acknowledged. */
  readonly loaded: number;
  /** Rows this sink refused. */
  readonly rejected: number;
  readonly skipped: number;
  readonly isDone: boolean;
}
