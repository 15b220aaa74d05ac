import { setMaxListeners } from "node:events";
import type { DigestSet } from "../encoding/digest-set.js";
import type { RefusedRow, Sink } from "../sink/sink.js";
import { type SinkBatch, viewSinkBatch } from "../sink/sink-batch.js";
import type { DeadLetter } from "./checkpoint.js";
import { type BatchSize, InFlightWindow } from "./in-flight-window.js";
import type { RateLimiter } from "./rate-limiter.js";
import { type RunContext, RunInterrupted } from "./run-context.js";
import type { RunSourceFile } from "./run-file.js";
import { type SendableRows, sendableRows } from "./sendable-rows.js";
import { sinkLetter } from "./sink-letter.js";
import type { Chunk, Delivery } from "./sorted-run.js";
import { StageTimer } from "./stage-timer.js";
import { writeBisecting } from "./write-bisecting.js";

/** What became of a chunk's rows. */
export interface SentChunk {
  /** Rows that were refused. */
  readonly letters: readonly DeadLetter[];
  /** Rows that the target had already. */
  readonly skipped: number;
  /** Of all but the refused ones; undefined: the run keeps none. */
  readonly digests: DigestSet | undefined;
}

/** The rows of a chunk, and those of them that are to be sent. */
export interface Choice extends SendableRows {
  readonly all: SinkBatch;
}

const MAX_ROWS_A_BATCH = 16_384;
/** Memory for a row of a batch: its columns, and an envelope with some metadata. */
const BYTES_A_ROW = 256;
const MIN_BYTES_A_BATCH = 16 * 1024;
/** While one of a cursor's batches is acknowledged the next one is being written. */
const BATCHES_A_CURSOR = 2;

/** What the cursors of a sink share: its rate, its in-flight window, and memory for their rows. */
export class SinkChannel {
  readonly #sink: Sink;
  readonly #files: readonly RunSourceFile[];
  readonly #context: RunContext;
  readonly #batch: BatchSize;
  readonly #window: InFlightWindow;
  readonly #limiter: RateLimiter;
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;
  /** Memory that is used again: the system clears each new piece of it. */
  readonly #freeBlocks: SharedArrayBuffer[] = [];
  readonly #reading: StageTimer;
  readonly #writing: StageTimer;
  readonly #digesting: StageTimer;

  constructor(sink: Sink, cursors: number, files: readonly RunSourceFile[], context: RunContext) {
    const { tracker, control, signal, errors } = context;
    this.#sink = sink;
    this.#files = files;
    this.#context = context;
    this.#batch = batchSize(sink, cursors);
    const batches = Math.floor(sink.inFlightRows / this.#batch.rows);
    this.#window = new InFlightWindow({
      rows: sink.inFlightRows,
      bytes: batches * this.#batch.bytes,
    });
    this.#limiter = control.createLimiter();
    this.#signal = AbortSignal.any([signal, errors.overSignal, this.#failed.signal]);
    // Each cursor may wait for it, and Node takes many listeners for a leak.
    setMaxListeners(0, this.#signal);
    this.#reading = new StageTimer("order", tracker);
    this.#writing = new StageTimer(sink.url, tracker);
    this.#digesting = new StageTimer("digest", tracker);
  }

  get url(): string {
    return this.#sink.url;
  }

  /** A cursor failed: the others need not go on. */
  fail(): void {
    this.#failed.abort();
  }

  async read(delivery: Delivery): Promise<Chunk> {
    const free = this.#freeBlocks.pop() ?? new SharedArrayBuffer(this.#batch.bytes);
    let rows = 0;
    this.#reading.begin();
    try {
      const chunk = await delivery.next(this.#batch.rows, free);
      if (chunk.block !== free) this.#freeBlocks.push(free);
      rows = chunk.rows;
      return chunk;
    } finally {
      this.#reading.end(rows);
    }
  }

  /** What of a chunk is to be sent; undefined: it has no rows. */
  choose({ block }: Chunk): Choice | undefined {
    if (block === undefined) return undefined;
    const all = viewSinkBatch(block);
    const ranges = this.#context.changed?.get(this.url);
    return { all, ...sendableRows(all, this.#sink.maxLevel, ranges) };
  }

  /**
   * Settles when the chunk may be sent, with the place it takes, which release() gives back.
   *
   * @throws RunInterrupted when nothing more is to be sent
   */
  async admit(chunk: Chunk, choice: Choice | undefined): Promise<BatchSize> {
    const size = sizeOf(chunk);
    this.#context.tracker.limit(this.#window.hasRoom(size) ? "order" : "sink");
    await this.#window.acquire(size, this.#signal).catch(interrupt);
    try {
      await this.#limiter.acquire(choice?.batch.rows ?? 0, this.#signal);
      return size;
    } catch {
      this.#window.release(size);
      return interrupt();
    }
  }

  async send(choice: Choice | undefined): Promise<SentChunk> {
    if (choice === undefined) return { letters: [], skipped: 0, digests: undefined };
    const { all, batch, kept, refused, skipped } = choice;
    const digesting = this.#digest(all, refused);
    // Handled where it is awaited; until then another failure may come first.
    digesting.catch(() => undefined);
    const more = batch.rows > 0 ? await this.#write(batch) : [];
    const indexed = more.map((row) => ({ ...row, index: kept?.[row.index] ?? row.index }));
    const { feed, settings } = this.#context;
    const letters = [...refused, ...indexed];
    if (feed?.url === this.url) {
      const leftOut = letters.map(({ index }) => index);
      await feed.offer(all, [...leftOut, ...skipped]);
    }
    const { frame } = settings;
    const expected = await digesting;
    return {
      letters: letters.map((row) => sinkLetter(row, all, this.url, this.#files, frame)),
      skipped: skipped.length,
      digests: indexed.length === 0 ? expected : await this.#digest(all, letters),
    };
  }

  /** Of the batch's rows but the refused ones, while it is being written. */
  async #digest(
    batch: SinkBatch,
    refused: readonly { readonly index: number }[],
  ): Promise<DigestSet | undefined> {
    const { digester } = this.#context;
    if (digester === undefined) return undefined;
    const leftOut = refused.map(({ index }) => index);
    this.#digesting.begin();
    try {
      return await digester.digestBatchAsync(batch, { leftOut });
    } finally {
      this.#digesting.end(batch.rows);
    }
  }

  /** The chunk's rows are acknowledged and the checkpoint behind them is on the disk, or it failed. */
  release({ block }: Chunk, size: BatchSize): void {
    this.#window.release(size);
    if (block?.byteLength === this.#batch.bytes) this.#freeBlocks.push(block);
  }

  async #write(batch: SinkBatch): Promise<RefusedRow[]> {
    this.#writing.begin();
    try {
      return await writeBisecting(this.#sink, batch);
    } finally {
      this.#writing.end(batch.rows);
    }
  }
}

/** A chunk of collisions' losers takes a place too: its acknowledgement is on the way. */
function sizeOf({ rows, block }: Chunk): BatchSize {
  return { rows: Math.max(1, rows), bytes: block?.byteLength ?? 0 };
}

/** The more cursors, the smaller their batches: together they have the window of one. */
function batchSize({ inFlightRows, maxBatchRows }: Sink, cursors: number): BatchSize {
  const share = Math.max(1, Math.floor(inFlightRows / (cursors * BATCHES_A_CURSOR)));
  const rows = Math.min(MAX_ROWS_A_BATCH, maxBatchRows ?? MAX_ROWS_A_BATCH, share);
  return { rows, bytes: Math.max(MIN_BYTES_A_BATCH, rows * BYTES_A_ROW) };
}

function interrupt(): never {
  throw new RunInterrupted();
}
