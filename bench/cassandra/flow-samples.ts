import type { DispatchLimit } from "../../src/cassandra/dispatch/frame-dispatcher.js";

/** What the dispatcher knew at one moment; the arrays have one element a node. */
export interface FlowSample {
  /** Since the load began. */
  readonly seconds: number;
  /** Acknowledged so far. */
  readonly rows: number;
  readonly limit: DispatchLimit;
  readonly windows: readonly number[];
  readonly inFlight: readonly number[];
  readonly p50Ms: readonly number[];
}

/** A run as flow-run.ts records it. */
export interface FlowRun {
  /** ISO date. */
  readonly recorded: string;
  readonly nodes: readonly string[];
  readonly rowsOfFrame: number;
  /** When the last node was stopped by SIGSTOP. */
  readonly freeze: { readonly fromSeconds: number; readonly toSeconds: number };
  readonly samples: readonly FlowSample[];
}
