import type { OnFrameEnd } from "../../cassandra/dispatch/frame-dispatcher.js";
import { type Frames, frameAt } from "../../cassandra/frame-buffer.js";
import type { Ring } from "../../cassandra/ring.js";
import type { WireFailure } from "../../cassandra/wire/wire-failure.js";
import type { SinkBatch } from "../sink-batch.js";
import type { CutFrame, FrameSender } from "./frame-sender.js";

export interface RefusedFrame {
  /** Of the batch. */
  readonly firstRow: number;
  readonly rows: number;
  readonly failure: WireFailure;
}

/**
 * Frames of one batch that a sender has at once. More would only wait there; the fewer objects
 * live on, the less the garbage collector has to move.
 */
const MAX_SENT = 64;

/**
 * Sends all frames of a batch.
 *
 * @returns when none is on the way any more, so that their memory is free again: those that the
 *   cluster refuses, in order
 * @throws what ends the run, by then too
 */
export function sendFrames(
  sender: FrameSender,
  batch: SinkBatch,
  frames: Frames,
  ring: Ring,
): Promise<RefusedFrame[]> {
  return new Promise((resolve, reject) => {
    const refused: RefusedFrame[] = [];
    let next = 0;
    let sent = 0;
    let isSending = false;
    let fault: { readonly error: unknown } | null = null;
    const sendMore = () => {
      // Some ends come at once, from within.
      if (isSending) return;
      isSending = true;
      while (fault === null && sent < MAX_SENT && next < frames.count) {
        const frame = cutFrame(batch, frames, ring, next);
        next += 1;
        sent += 1;
        sender.send(frame, onEndOf(frame));
      }
      isSending = false;
      if (sent > 0) return;
      if (fault !== null) reject(fault.error);
      else resolve(refused.sort((one, other) => one.firstRow - other.firstRow));
    };
    const onEndOf =
      ({ firstRow, rows }: Pick<RefusedFrame, "firstRow" | "rows">): OnFrameEnd =>
      (end) => {
        sent -= 1;
        if (end.kind === "ended") fault ??= { error: end.error };
        else if (end.kind === "refused") refused.push({ firstRow, rows, failure: end.failure });
        sendMore();
      };
    sendMore();
  });
}

function cutFrame(batch: SinkBatch, frames: Frames, ring: Ring, index: number): CutFrame {
  return {
    batch,
    ring,
    bytes: frameAt(frames, index),
    firstRow: frames.firstRows[index] ?? 0,
    rows: frames.rows[index] ?? 0,
    replicaSet: frames.replicaSets[index] ?? 0,
  };
}
