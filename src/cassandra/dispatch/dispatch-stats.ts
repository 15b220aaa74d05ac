import type { WireFailure } from "../wire/wire-failure.js";
import type { DispatchLimit } from "./dispatch-events.js";

export type FailureCounts = Readonly<Partial<Record<WireFailure["reason"], number>>>;

/** How one node has done, and how it does now. */
export interface NodeStats {
  readonly node: string;
  readonly isUp: boolean;
  readonly inFlightRequests: number;
  readonly inFlightBytes: number;
  /** Requests that may be on the way to it now. */
  readonly window: number;
  /** Of acknowledged frames, from sending to answer, milliseconds; the last 10 s or so. */
  readonly latencyP50Ms: number;
  readonly latencyP99Ms: number;
  readonly frames: number;
  readonly rows: number;
  readonly bytes: number;
  readonly failures: FailureCounts;
  /** All times without connection, the present one included, milliseconds. */
  readonly downMs: number;
  readonly longestDownMs: number;
}

/** A node was away for longer than others keep hints for it. */
export interface RepairAdvice {
  readonly node: string;
  readonly downMs: number;
  readonly hintWindowMs: number;
  /** To be run on each node of the data centre. */
  readonly command: string;
}

export interface DispatchStats {
  readonly nodes: readonly NodeStats[];
  /** Acknowledged. */
  readonly frames: number;
  readonly rows: number;
  readonly bytes: number;
  readonly refusedFrames: number;
  /** Sendings beyond each frame's first. */
  readonly retries: number;
  readonly reprepares: number;
  readonly waitingFrames: number;
  readonly limit: DispatchLimit;
  /** Of the live read probe; null without one, or before its first second. */
  readonly readP99Ms: number | null;
  readonly repairs: readonly RepairAdvice[];
}
