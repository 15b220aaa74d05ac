import { hasTokens, tokenKey } from "../load/order-key.js";
import { type RunContext, RunInterrupted } from "../load/run-context.js";
import { type PlannedPart, SinkPrune } from "../load/sink-prune.js";
import type { SinkOrder } from "../sink/sink.js";
import { evenTokens, MIN_TOKEN } from "./cursor-bounds.js";
import type { RunParts } from "./set-up.js";

/** What a resumed run looks at again is at most one a cursor. */
const PARTS_A_CURSOR = 16;
const MAX_TOKEN = 2n ** 63n - 1n;

/**
 * Deletes what the targets have and the source lacks, when all rows are loaded and accounted for.
 *
 * @throws OctoloadError PRUNE_SOURCES, TARGET_*, CASSANDRA_*, RUN_*; RunInterrupted
 */
export async function pruneTargets(
  { run, sinks }: Pick<RunParts, "run" | "sinks">,
  context: RunContext,
): Promise<void> {
  context.tracker.limit("sink");
  const prunes = sinks.map((sink) => {
    const cursors = run.cursors[run.sinks.indexOf(sink.url)] ?? sink.cursors;
    const parts = pruneParts(sink.order, cursors * PARTS_A_CURSOR);
    return new SinkPrune(sink, context).run(parts, cursors);
  });
  const ended = await Promise.allSettled(prunes);
  const errors = ended.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
  if (errors.length === 0) return;
  throw errors.find((error) => !(error instanceof RunInterrupted)) ?? errors[0];
}

/** Even intervals of tokens, of the whole ring even where the source is empty; else one part. */
export function pruneParts(order: SinkOrder, count: number): PlannedPart[] {
  if (!hasTokens(order)) return [{ part: 0, tokens: null, lower: undefined, upper: undefined }];
  const cuts = evenTokens(count);
  return Array.from({ length: count }, (_, part) => {
    const [first, next] = [cuts[part - 1], cuts[part]];
    return {
      part,
      tokens: {
        after: first === undefined ? MIN_TOKEN : first - 1n,
        last: next === undefined ? MAX_TOKEN : next - 1n,
      },
      lower: first === undefined ? undefined : tokenKey(first),
      upper: next === undefined ? undefined : tokenKey(next),
    };
  });
}
