import { DigestSet } from "../encoding/digest-set.js";
import type { RowDigester } from "../encoding/row-digester.js";
import type { SinkCursor } from "../load/deliver.js";
import { type RunContext, RunInterrupted } from "../load/run-context.js";
import { sendableRows } from "../load/sendable-rows.js";
import type { Delivery } from "../load/sorted-run.js";
import type { Sink } from "../sink/sink.js";
import { viewSinkBatch } from "../sink/sink-batch.js";
import type { Baseline } from "./baseline.js";

const ROWS_A_CHUNK = 8192;
const CHUNK_BYTES = 2 ** 21;

/** Of one target, as the run's store keeps it. */
export interface ChangedRanges {
  readonly url: string;
  /** The load that the source was compared with. */
  readonly baselineRunId: string;
  /** Ranges with rows, in the source or in the baseline. */
  readonly ranges: number;
  /** Those where the two differ, ascending. */
  readonly changed: readonly number[];
}

/**
 * The Morton ranges in which the source's rows, derived columns included, are not what the baseline
 * left in the target. Reads every row of the sink's order once.
 *
 * @param cursors at their beginnings
 * @throws OctoloadError RUN_*, SPILL_DAMAGED; RunInterrupted
 */
export async function findChangedRanges(
  sink: Sink,
  baseline: Baseline,
  cursors: readonly SinkCursor[],
  digester: RowDigester,
  context: RunContext,
): Promise<ChangedRanges> {
  const before = DigestSet.fromJson(baseline.digests);
  let now = DigestSet.empty;
  for (const { delivery } of cursors) {
    if (delivery === undefined) continue;
    now = now.plus(await digestAll(delivery, sink.maxLevel, digester, context));
  }
  const changed = before.differingRanges(now);
  const all = [...before.ranges, ...now.ranges].map(({ range }) => range);
  return {
    url: sink.url,
    baselineRunId: baseline.runId,
    ranges: new Set(all).size,
    changed,
  };
}

/** Reads the next chunk while one is being digested. */
async function digestAll(
  delivery: Delivery,
  maxLevel: number,
  digester: RowDigester,
  { tracker, signal }: RunContext,
): Promise<DigestSet> {
  let [memory, free] = [new SharedArrayBuffer(CHUNK_BYTES), new SharedArrayBuffer(CHUNK_BYTES)];
  let sum = DigestSet.empty;
  for (let next = delivery.next(ROWS_A_CHUNK, memory); ; ) {
    const { block, rows, isEnd } = await next;
    if (signal.aborted) throw new RunInterrupted();
    if (isEnd) return sum;
    [memory, free] = [free, memory];
    next = delivery.next(ROWS_A_CHUNK, memory);
    next.catch(() => undefined);
    if (block !== undefined) {
      const batch = viewSinkBatch(block);
      const leftOut = sendableRows(batch, maxLevel).refused.map(({ index }) => index);
      sum = sum.plus(await digester.digestBatchAsync(batch, { leftOut }));
    }
    tracker.derived(rows);
  }
}
