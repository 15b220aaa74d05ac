import type { DispatchLimit } from "./dispatch-events.js";
import type { NodeLane } from "./node-lane.js";

export interface LimitFacts {
  readonly isPaused: boolean;
  /** Frames wait until more may be sent again. */
  readonly postponed: number;
  /** Of the moments looked at, the part in which frames waited for room, 0 to 1. */
  readonly waitingShare: number;
  readonly lanes: Iterable<NodeLane>;
}

/** The one thing that, were it gone, would let frames go out faster. */
export function limitOf({ isPaused, postponed, waitingShare, lanes }: LimitFacts): DispatchLimit {
  if (isPaused) return "paused";
  const live = [...lanes].filter(({ isDown }) => !isDown);
  if (postponed > 0 || live.some(({ isFailing }) => isFailing)) return "failures";
  if (waitingShare < 0.5) return "caller";
  for (const lane of live) if (lane.shareReason !== null) return lane.shareReason;
  return live.every(({ window }) => window.isAtMax) ? "max-in-flight" : "latency";
}
