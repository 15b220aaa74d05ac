import type { OnFrameEnd } from "./dispatch-options.js";
import type { ReplicaRoute } from "./replica-route.js";

/**
 * waiting: for room at a node. held: its replicas are paused. postponed: for the retry budget.
 * sent: on the way, its bytes are not to be touched. judged: the tables are being looked at.
 */
export type FrameState = "waiting" | "held" | "postponed" | "sent" | "judged" | "settled";

/** The way that frames take. */
export type FrameRoute = ReplicaRoute<PendingFrame>;

/** A frame from the moment it is given to the dispatcher until it is settled. */
export class PendingFrame {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly route: FrameRoute;
  readonly onEnd: OnFrameEnd;
  state: FrameState = "waiting";
  /** Neighbours in its FrameList. */
  previous: PendingFrame | null = null;
  next: PendingFrame | null = null;
  sentMs = 0;
  /** No other frame had room beside it when it was sent. */
  wasFull = false;
  sendings = 0;
  /** Sent to see whether its paused replicas are back. */
  isProbe = false;
  /** The node it failed at last: another one is tried first. */
  avoided: string | null = null;
  /** In the dispatcher's own time, null before it failed. */
  failedMs: number | null = null;
  suspectFailures = 0;
  unavailableAnswers = 0;
  /** What its route had acknowledged when it failed first. */
  routeFrames = 0;

  constructor(bytes: Uint8Array, rows: number, route: FrameRoute, onEnd: OnFrameEnd) {
    this.bytes = bytes;
    this.rows = rows;
    this.route = route;
    this.onEnd = onEnd;
  }
}
