import type { CursorCheckpoint } from "../load/checkpoint.js";
import type { SinkCursor } from "../load/deliver.js";
import { positionBefore } from "../load/order-key.js";
import type { Delivery, SortedRun } from "../load/sorted-run.js";
import type { SinkOrder } from "../sink/sink.js";
import { type CursorPlan, cursorBounds } from "./cursor-bounds.js";
import type { KeyInterval } from "./shard-bounds.js";

/** The rows of each of a sink's cursors behind its checkpoint; `checkpoints`: one a cursor. */
export async function openCursors(
  sorted: SortedRun,
  plan: CursorPlan,
  checkpoints: readonly CursorCheckpoint[],
): Promise<SinkCursor[]> {
  const bounds = await cursorBounds(sorted, plan);
  const cursors: SinkCursor[] = [];
  for (const [i, checkpoint] of checkpoints.entries()) {
    const delivery = await openDelivery(sorted, plan.order, checkpoint, bounds[i] ?? "empty");
    cursors.push({ checkpoint, delivery });
  }
  return cursors;
}

async function openDelivery(
  sorted: SortedRun,
  order: SinkOrder,
  { position }: CursorCheckpoint,
  bounds: KeyInterval | "empty",
): Promise<Delivery | undefined> {
  if (bounds === "empty") return undefined;
  const { lower, upper } = bounds;
  const start = lower === undefined ? undefined : positionBefore(lower);
  return sorted.openDelivery(order, position ?? start, upper);
}
