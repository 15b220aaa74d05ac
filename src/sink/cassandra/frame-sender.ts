import type { OnFrameEnd } from "../../cassandra/dispatch/frame-dispatcher.js";
import type { Ring } from "../../cassandra/ring.js";
import type { SinkBatch } from "../sink-batch.js";
import type { SinkNotice } from "../sink-notices.js";

/** Rows that go to the nodes together: they have one replica set (node) or partition (tile). */
export interface CutFrame {
  /** Ready to be sent; in use until its end, as the batch is. */
  readonly bytes: Uint8Array;
  readonly batch: SinkBatch;
  /** Of the batch. */
  readonly firstRow: number;
  readonly rows: number;
  /** Index into the replica sets of `ring`. */
  readonly replicaSet: number;
  readonly ring: Ring;
}

/** A way to bring rows to a cluster. */
export interface FrameSender {
  /** @param onEnd is called once, maybe at once */
  send(frame: CutFrame, onEnd: OnFrameEnd): void;
  /** Frames without an answer end with `error`, at the latest when theirs would have come. */
  giveUp(error: unknown): void;
  /** The cluster's ring is another one now. */
  useRing(ring: Ring): void;
  /** Everything was acknowledged: what people should know of how that went. */
  finish(): Promise<readonly SinkNotice[]>;
  close(): Promise<void>;
}
