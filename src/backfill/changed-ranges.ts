import { DigestSet } from "../encoding/digest-set.js";
import type { RowDigester } from "../encoding/row-digester.js";
import type { SinkCursor } from "../load/deliver.js";
import { digestDelivery } from "../load/digest-delivery.js";
import { type RunContext, RunInterrupted } from "../load/run-context.js";
import type { Sink } from "../sink/sink.js";
import type { Baseline } from "./baseline.js";

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
  const onRows = (rows: number) => {
    if (context.signal.aborted) throw new RunInterrupted();
    context.tracker.derived(rows);
  };
  for (const { delivery } of cursors) {
    if (delivery === undefined) continue;
    const { maxLevel } = sink;
    now = now.plus(await digestDelivery(delivery, digester, { maxLevel, onRows }));
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
