import type { Frame } from "../encoding/frame.js";
import type { ErrorCode } from "../errors/codes.js";
import type { SinkBatch } from "./sink-batch.js";

/** How keys are laid out in the target: whole codes (levels 0..21), or tile and cell (0..26). */
export type Layout = "node" | "tile";

/**
 * The order in which a sink wants its rows. `node`: by code, then level (the
 * embedded table's key). `tile`: by level, tile, cell.
 */
export type SinkOrder = "node" | "tile";

/** Names and declared types of a source file's unmapped columns; envelopes refer to its number. */
export interface ColumnSet {
  /** From 1. */
  readonly number: number;
  readonly columns: readonly { readonly name: string; readonly declaredType: string }[];
}

/** The names the nine columns had in the source, so that an export can give them back. */
export interface ColumnNames {
  readonly id: string | null;
  readonly x: string | null;
  readonly y: string | null;
  readonly z: string | null;
  readonly level: string | null;
  readonly materialId: string | null;
  readonly density: string | null;
  readonly metadata: string | null;
  readonly created: string | null;
}

/** What a target has to know, and to agree with, before a row is written. */
export interface TargetFacts {
  readonly frame: Frame;
  readonly sourceName: string;
  /** Identifies the source's content: another one of the same name is no obstacle, it is recorded. */
  readonly sourceFingerprint: string;
  readonly table: string;
  readonly columnNames: ColumnNames;
  /** Numbered by numberColumnSets(), so that no number the target knows gets another meaning. */
  readonly columnSets: readonly ColumnSet[];
  /** All columns of the table in its own order, for an export; left out: not known. */
  readonly columnOrder?: readonly string[];
  readonly runId: string;
  /** The load that this run completes, where it is no load of its own. */
  readonly baseRunId?: string;
  /** Microseconds since 1970, one for the whole run. */
  readonly writeTimeUs: bigint;
  /** Another source than those the target records may be added. */
  readonly addSource: boolean;
}

/** A row that the target refused, by its index in the batch. */
export interface RefusedRow {
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface WriteResult {
  /** The rest of the batch is acknowledged: durable in the target. */
  readonly refused: readonly RefusedRow[];
}

/**
 * A target of a load. Knows nothing of sources or runs: it takes batches in its
 * own order and acknowledges each by settling the promise.
 */
export interface Sink {
  /** As the user gave it, without secrets. */
  readonly url: string;
  readonly order: SinkOrder;
  /** Rows below this level are refused before they come here. */
  readonly maxLevel: number;
  /** Rows that may be on the way at once: what a resume may send again. */
  readonly inFlightRows: number;

  /**
   * Connects, compares `facts` with what the target records, records them.
   *
   * @throws OctoloadError TARGET_* before anything was written
   */
  open(facts: TargetFacts): Promise<void>;

  /**
   * Writes the whole batch, whose memory is the sink's until the promise settles and no longer: it
   * is used again. A failure that a row may be the cause of is thrown as
   * SINK_BATCH_FAILED, nothing of the batch written: the caller bisects. Other failures are
   * the target's: nothing more can be written.
   */
  write(batch: SinkBatch): Promise<WriteResult>;

  /** The last batch was acknowledged: time for what makes the target complete. */
  finish(): Promise<void>;
  close(): Promise<void>;
}
