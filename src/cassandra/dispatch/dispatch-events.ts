import type { WireFailure } from "../wire/wire-failure.js";

/** What keeps frames from going out faster. */
export type DispatchLimit =
  /** Nothing waits here: whoever sends could send more. */
  | "caller"
  /** A node's window, which follows its latency. */
  | "latency"
  /** A node's window, at the upper end it was given. */
  | "max-in-flight"
  | "protect-p99"
  | "compaction"
  | "disk"
  /** Nodes answered with failures: windows are small and sendings apart. */
  | "failures"
  /** Too few replicas are up. */
  | "paused";

export type DispatchEvent =
  | { readonly kind: "limit"; readonly limit: DispatchLimit }
  | { readonly kind: "node-down"; readonly node: string }
  | { readonly kind: "node-up"; readonly node: string; readonly downMs: number }
  /** Rows of these nodes wait; they are tried again until it works or takes too long. */
  | { readonly kind: "paused"; readonly nodes: readonly string[]; readonly message: string }
  | { readonly kind: "resumed"; readonly nodes: readonly string[]; readonly pausedMs: number }
  /** Frames a node did not acknowledge since the last such event of it, at most one a second. */
  | {
      readonly kind: "retries";
      readonly node: string;
      readonly reason: WireFailure["reason"];
      readonly frames: number;
      readonly message: string;
    }
  /** A batch is larger than the server likes. */
  | {
      readonly kind: "batch-warning";
      readonly sizeBytes: number;
      readonly thresholdBytes: number;
      readonly message: string;
    }
  /** Another warning of a server, each text's first. */
  | { readonly kind: "server-warning"; readonly node: string; readonly message: string };
