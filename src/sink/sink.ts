import type { Layout } from "../encoding/layout.js";
import type { ErrorCode } from "../errors/codes.js";
import type { RecordedTarget } from "./recorded-target.js";
import type { SinkBatch } from "./sink-batch.js";
import type { LoadFacts, TargetFacts } from "./target-facts.js";
import type { TargetPrune } from "./target-prune.js";
import type { TopmostCells } from "./topmost-cells.js";

export type { ColumnSet, LoadFacts, TargetFacts } from "./target-facts.js";
export type { Layout };

/**
 * The order in which a sink wants its rows. `node`: by code, then level (the
 * embedded table's key). `tile`: by level, tile, cell. `node-token`, `tile-token`:
 * by the Murmur3 token of the partition key (the code; level and tile), then so.
 */
export type SinkOrder = "node" | "tile" | "node-token" | "tile-token";

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
  readonly layout: Layout;
  readonly order: SinkOrder;
  /** Rows below this level are refused before they come here. */
  readonly maxLevel: number;
  /** Rows that may be on the way at once, of all cursors: what a resume may send again. */
  readonly inFlightRows: number;
  /**
   * Parts of the order that are read at the same time, so that all nodes of a target are busy.
   * Fixed when a run begins.
   */
  readonly cursors: number;
  /**
   * Services write to the target while it is loaded (T0 is set), as far as known; false where the
   * target has no such state.
   */
  readonly isDualWrite?: boolean;
  /** Rows of a batch at most, where the sink wants fewer than the load would give it. */
  readonly maxBatchRows?: number;

  /**
   * What the target knows of earlier loads. Writes nothing.
   *
   * @throws OctoloadError TARGET_*
   */
  recorded(): Promise<RecordedTarget>;

  /**
   * Only where the target itself gives out write times: claims one for the run, and makes the
   * target where there is none. Called once a run, after all targets were found to agree.
   *
   * @param earliestUs what the run's other targets need, not before now; microseconds since 1970
   * @returns the run's write time, which may be earlier where the target's rules say so
   * @throws OctoloadError TARGET_*
   */
  claim?(facts: LoadFacts, earliestUs: bigint): Promise<bigint>;

  /**
   * Connects and compares `facts` with what the target records. A target without other sources may
   * record them now; one with others stays as it is until begin().
   *
   * @throws OctoloadError TARGET_* before anything was written
   */
  open(facts: TargetFacts): Promise<void>;

  /**
   * Compares where the source lies with where the target's other sources do. Writes nothing, so
   * that of several targets none is touched where one refuses.
   *
   * @throws OctoloadError SOURCE_OVERLAP
   */
  requireApart(topmost: TopmostCells): Promise<void>;

  /** Records the run and its source, in place of what an earlier load of it left; before write(). */
  begin(topmost: TopmostCells): Promise<void>;

  /**
   * Writes the whole batch, whose memory is the sink's until the promise settles and no longer: it
   * is used again. Called before earlier batches are acknowledged: each cursor's come in the sink's
   * order, those of several mixed. A failure that a row may be the cause of is thrown as
   * SINK_BATCH_FAILED, nothing of the batch written: the caller bisects. Other failures are
   * the target's: nothing more can be written.
   */
  write(batch: SinkBatch): Promise<WriteResult>;

  /**
   * Only where rows can wait for servers: all that is not acknowledged yet is given up, write()
   * rejects with `reason`, and nothing more can be written. What is on its way may still arrive.
   */
  giveUp?(reason: unknown): void;

  /** The last batch was acknowledged: time for what makes the target complete. */
  finish(): Promise<void>;

  /**
   * Only where rows can be deleted at the run's write time: records that the run is about to prune,
   * so that no earlier one writes any more. After finish(), once the run's rows are acknowledged.
   *
   * @throws OctoloadError PRUNE_SOURCES, RUN_SUPERSEDED, TARGET_*, CASSANDRA_*
   */
  beginPrune?(): Promise<TargetPrune>;
  close(): Promise<void>;
}
