import type { FrameOutcome } from "../../cassandra/dispatch/frame-dispatcher.js";
import { FrameBuffer, type Frames, frameAt } from "../../cassandra/frame-buffer.js";
import { encodeFramesAsync, type FrameOptions } from "../../cassandra/frames.js";
import type { Ring } from "../../cassandra/ring.js";
import type { WireFailure } from "../../cassandra/wire/wire-failure.js";
import type { RefusedRow } from "../sink.js";
import type { SinkBatch } from "../sink-batch.js";
import type { FrameLimits } from "./frame-limits.js";
import type { FrameSender } from "./frame-sender.js";

/** What is the same for all frames of a run. */
export type FrameFacts = Pick<
  FrameOptions,
  "layout" | "preparedId" | "consistency" | "timestampUs" | "nullAs"
>;

interface RefusedFrame {
  readonly firstRow: number;
  readonly rows: number;
  readonly failure: WireFailure;
}

/** The server's words for a row, a mutation or a request above one of its limits. */
const TOO_LARGE = /too large|too big|exceeds|maximum (allowed )?(size|length)/i;

/** Cuts and encodes batches, has them sent, and finds the rows that frames are refused for. */
export class FrameWriter {
  readonly #sender: FrameSender;
  readonly #facts: FrameFacts;
  readonly #limits: () => FrameLimits;
  readonly #ring: () => Ring;
  /** Memory that is used again, each by one batch at a time. */
  readonly #freeBuffers: FrameBuffer[] = [];

  /** @param limits and `ring`: as they are when a batch is encoded */
  constructor(sender: FrameSender, facts: FrameFacts, limits: () => FrameLimits, ring: () => Ring) {
    this.#sender = sender;
    this.#facts = facts;
    this.#limits = limits;
    this.#ring = ring;
  }

  /**
   * Writes a whole batch, whose memory may be used again when it settles, rejected or not.
   *
   * @returns the rows that the cluster refuses; all others are acknowledged
   * @throws OctoloadError what ends the run
   */
  async write(batch: SinkBatch): Promise<RefusedRow[]> {
    return this.#writeRange(batch, 0, batch.rows);
  }

  async #writeRange(batch: SinkBatch, begin: number, end: number): Promise<RefusedRow[]> {
    const out = this.#freeBuffers.pop() ?? new FrameBuffer();
    const ring = this.#ring();
    let refused: readonly RefusedFrame[];
    try {
      const options = { ...this.#facts, ...this.#limits(), ring, begin, end, out };
      refused = await this.#sendAll(batch, await encodeFramesAsync(batch, options), ring);
    } finally {
      this.#freeBuffers.push(out);
    }
    const rows: RefusedRow[] = [];
    for (const frame of refused) rows.push(...(await this.#isolate(batch, frame)));
    return rows;
  }

  /** Settles when every frame has: their memory is in use until then. */
  async #sendAll(batch: SinkBatch, frames: Frames, ring: Ring): Promise<RefusedFrame[]> {
    const sent: Promise<FrameOutcome>[] = [];
    for (let i = 0; i < frames.count; i++) {
      const firstRow = frames.firstRows[i] ?? 0;
      const [rows, replicaSet] = [frames.rows[i] ?? 0, frames.replicaSets[i] ?? 0];
      const bytes = frameAt(frames, i);
      sent.push(this.#sender.send({ bytes, batch, firstRow, rows, replicaSet, ring }));
    }
    const refused: RefusedFrame[] = [];
    for (const [i, end] of (await Promise.allSettled(sent)).entries()) {
      if (end.status === "rejected") throw end.reason;
      if (end.value.kind === "done") continue;
      const { failure } = end.value;
      refused.push({ firstRow: frames.firstRows[i] ?? 0, rows: frames.rows[i] ?? 0, failure });
    }
    return refused;
  }

  /** Halves a frame until each bad row stands alone; the others are written. */
  async #isolate(
    batch: SinkBatch,
    { firstRow, rows, failure }: RefusedFrame,
  ): Promise<RefusedRow[]> {
    if (rows === 1) {
      const { message } = failure;
      const code = TOO_LARGE.test(message) ? "TOO_LARGE" : "ROW_REFUSED";
      return [{ index: firstRow, code, message }];
    }
    const middle = firstRow + (rows >> 1);
    return [
      ...(await this.#writeRange(batch, firstRow, middle)),
      ...(await this.#writeRange(batch, middle, firstRow + rows)),
    ];
  }
}
