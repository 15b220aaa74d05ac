import type { SinkBatch } from "../sink/sink-batch.js";

/** Where the rows that a sink has acknowledged go besides. It never fails or stalls a load. */
export interface SinkFeed {
  /** Of the sink whose rows it takes. */
  readonly url: string;
  /**
   * Takes a batch that the sink has acknowledged. It never rejects.
   *
   * @param leftOut rows that the sink refused, by their index
   * @returns resolves when the batch's memory is not needed any more
   */
  offer(batch: SinkBatch, leftOut: readonly number[]): Promise<void>;
}
