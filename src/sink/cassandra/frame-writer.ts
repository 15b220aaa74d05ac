import { FrameBuffer } from "../../cassandra/frame-buffer.js";
import { encodeFramesAsync, type FrameOptions } from "../../cassandra/frames.js";
import type { Ring } from "../../cassandra/ring.js";
import type { RefusedRow } from "../sink.js";
import type { SinkBatch } from "../sink-batch.js";
import type { FrameLimits } from "./frame-limits.js";
import type { FrameSender } from "./frame-sender.js";
import { type RefusedFrame, sendFrames } from "./send-frames.js";

/** What is the same for all frames of a run. */
export type FrameFacts = Pick<
  FrameOptions,
  "layout" | "preparedId" | "consistency" | "timestampUs" | "nullAs"
>;

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
      const frames = await encodeFramesAsync(batch, options);
      refused = await sendFrames(this.#sender, batch, frames, ring);
    } finally {
      this.#freeBuffers.push(out);
    }
    const rows: RefusedRow[] = [];
    for (const frame of refused) rows.push(...(await this.#isolate(batch, frame)));
    return rows;
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
