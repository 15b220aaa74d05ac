/** How a target in a cluster is written to; the embedded one has none of it. */
export interface SinkTuning {
  /** Only the driver's public functions: slower, and independent of its version. */
  readonly plainDriver?: boolean;
  /** Requests that may be on the way to a node at once; what is used adapts below that. */
  readonly maxInFlightRequests?: number;
  /** Slow down while the 99th percentile of live reads is above this, milliseconds. */
  readonly protectP99Ms?: number;
  /** How long rows may wait for nodes to come back before the run ends, milliseconds. */
  readonly outageTimeoutMs?: number;
}
