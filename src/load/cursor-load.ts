import type { CursorCheckpoint } from "./checkpoint.js";
import { CursorDigests } from "./cursor-digests.js";
import type { BatchSize } from "./in-flight-window.js";
import type { RunContext } from "./run-context.js";
import type { SentChunk, SinkChannel } from "./sink-channel.js";
import type { Chunk, Delivery } from "./sorted-run.js";

interface BatchOnTheWay {
  readonly chunk: Chunk;
  readonly size: BatchSize;
  readonly sent: Promise<SentChunk>;
}

/**
 * Sends a sink the rows of one of its cursors. A batch's place on the way is free again when it is
 * acknowledged and the checkpoint behind it is on the disk, so what a resume sends again is never
 * more than the sink's in-flight window.
 */
export class CursorLoad {
  readonly #channel: SinkChannel;
  readonly #context: RunContext;
  readonly #digests: CursorDigests;
  #checkpoint: CursorCheckpoint;
  /** Of every batch sent so far. */
  #acknowledged: Promise<void> = Promise.resolve();

  constructor(checkpoint: CursorCheckpoint, channel: SinkChannel, context: RunContext) {
    this.#checkpoint = checkpoint;
    this.#digests = new CursorDigests(checkpoint.digests);
    this.#channel = channel;
    this.#context = context;
  }

  get checkpoint(): CursorCheckpoint {
    return this.#checkpoint;
  }

  /** Acknowledged, refused and skipped, those of earlier processes included. */
  get settledRows(): number {
    const { loaded, rejected, skipped } = this.#checkpoint;
    return loaded + rejected + skipped;
  }

  /** @throws OctoloadError TARGET_*, RUN_*, SPILL_DAMAGED; RunInterrupted after a checkpoint */
  async run(delivery: Delivery): Promise<void> {
    try {
      await this.#sendAll(delivery);
    } catch (error) {
      this.#channel.fail();
      // What is on the way is acknowledged first; where that failed, it is why the rest was stopped.
      await this.#acknowledged;
      throw error;
    }
    await this.#acknowledged;
  }

  async #sendAll(delivery: Delivery): Promise<void> {
    for (let next = this.#channel.read(delivery); ; ) {
      const chunk = await next;
      if (chunk.isEnd) return;
      const choice = this.#channel.choose(chunk);
      const size = await this.#channel.admit(chunk, choice);
      next = this.#channel.read(delivery);
      next.catch(() => undefined);
      const sent = this.#channel.send(choice);
      this.#acknowledged = this.#settle({ chunk, size, sent }, this.#acknowledged);
      this.#acknowledged.catch(() => undefined);
    }
  }

  /** After the batches before it; also where one failed, it has left the sink when this settles. */
  async #settle({ chunk, size, sent }: BatchOnTheWay, before: Promise<void>): Promise<void> {
    try {
      await Promise.allSettled([before, sent]);
      await before;
      await this.#acknowledge(chunk, await sent);
    } catch (error) {
      this.#channel.fail();
      throw error;
    } finally {
      this.#channel.release(chunk, size);
    }
  }

  async #acknowledge(chunk: Chunk, { letters, skipped, digests }: SentChunk): Promise<void> {
    const { store, tracker, errors } = this.#context;
    const loaded = chunk.rows - letters.length - skipped;
    this.#checkpoint = {
      ...this.#checkpoint,
      position: chunk.position,
      loaded: this.#checkpoint.loaded + loaded,
      rejected: this.#checkpoint.rejected + letters.length,
      skipped: this.#checkpoint.skipped + skipped,
    };
    const change = digests === undefined ? undefined : this.#digests.add(digests);
    const added = await store.acknowledge(this.#checkpoint, letters, change);
    for (const { code } of letters) tracker.rejected(code, 1, this.#channel.url);
    errors.add(added.length);
    tracker.acknowledged(this.#channel.url, loaded);
    if (skipped > 0) tracker.skipped(this.#channel.url, skipped);
  }
}
