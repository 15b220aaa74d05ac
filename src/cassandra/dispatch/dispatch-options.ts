import type { Layout } from "../../encoding/layout.js";
import type { Ring } from "../ring.js";
import type { PreparedStatement } from "../wire/prepared-statements.js";
import type { WireFailure } from "../wire/wire-failure.js";
import type { DispatchEvent } from "./dispatch-events.js";

/** What became of a frame that does not end the run. */
export type FrameOutcome =
  /** Acknowledged at the consistency level the frame asks for. */
  | { readonly kind: "done" }
  /**
   * The frame's rows are at fault (invalid, too large, above the mutation limit): sent again it
   * would fail again. Some of its rows may have been written.
   */
  | { readonly kind: "refused"; readonly failure: WireFailure };

/** How a frame ended; "ended": so did the run, and whether it was written is not known. */
export type FrameEnd = FrameOutcome | { readonly kind: "ended"; readonly error: unknown };

/** Called once a frame; its bytes are the caller's again. */
export type OnFrameEnd = (end: FrameEnd) => void;

/** Live reads that must stay fast while a load goes on. */
export interface ReadProtection {
  /** Bound of the 99th percentile of point reads, milliseconds, above 0. */
  readonly maxP99Ms: number;
  /** What is read: the rows' table, one of the keys the frames brought. */
  readonly keyspace: string;
  readonly layout: Layout;
}

export interface DispatchOptions {
  readonly ring: Ring;
  /** Those that frames execute: prepared again on a node that forgot them. */
  readonly statements: readonly PreparedStatement[];
  readonly keyspace: string;
  /** How long a node may take to answer one sending, milliseconds; 5000 unless given. */
  readonly requestTimeoutMs?: number;
  /** How long rows of one replica set may wait for nodes to come back; 600000 unless given. */
  readonly outageTimeoutMs?: number;
  /** Upper ends of each node's window; the window itself adapts. 128 and 8 MiB unless given. */
  readonly maxInFlightRequests?: number;
  readonly maxInFlightBytes?: number;
  readonly protect?: ReadProtection;
  /** Aborts everything: whatever is not acknowledged rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told what happens, never more than a few times a second. What it throws is not caught. */
  readonly onEvent?: (event: DispatchEvent) => void;
}
