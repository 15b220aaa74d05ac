import { decodeEnvelopes } from "../encoding/envelope.js";
import { type SqliteValue, valueAt } from "../encoding/value-column.js";
import type { RefusedRow, Sink } from "../sink/sink.js";
import { type SinkBatch, sliceSinkBatch, viewSinkBatch } from "../sink/sink-batch.js";
import type { DeadLetter, SinkCheckpoint } from "./checkpoint.js";
import { describeRow } from "./dead-letter-row.js";
import { type RunContext, RunInterrupted } from "./run-context.js";
import type { RunSourceFile } from "./run-file.js";
import type { Chunk, Delivery } from "./sorted-run.js";
import { withoutDeeperRows } from "./too-deep.js";
import { writeBisecting } from "./write-bisecting.js";

const ROWS_A_BATCH = 16_384;
const BYTES_A_BATCH = 4 * 2 ** 20;

/**
 * Sends a sink its rows in its order. A batch's place on the way is free again
 * when it is acknowledged and the checkpoint behind it is on the disk, so what a
 * resume sends again is never more than the sink's in-flight window.
 */
export class SinkLoad {
  readonly #sink: Sink;
  readonly #files: readonly RunSourceFile[];
  readonly #context: RunContext;
  #checkpoint: SinkCheckpoint;
  /** Memory that is used again: the system clears each new piece of it. */
  readonly #freeBlocks: ArrayBuffer[] = [];
  #writing = 0;
  #busySinceMs = 0;

  constructor(
    sink: Sink,
    checkpoint: SinkCheckpoint,
    files: readonly RunSourceFile[],
    context: RunContext,
  ) {
    this.#sink = sink;
    this.#checkpoint = checkpoint;
    this.#files = files;
    this.#context = context;
  }

  get checkpoint(): SinkCheckpoint {
    return this.#checkpoint;
  }

  /** @throws OctoloadError TARGET_*, RUN_*, SPILL_DAMAGED; RunInterrupted after a checkpoint */
  async run(delivery: Delivery): Promise<void> {
    const { tracker, errors } = this.#context;
    const signal = AbortSignal.any([this.#context.signal, errors.overSignal]);
    const limiter = this.#context.control.createLimiter();
    const window = Math.max(1, Math.floor(this.#sink.inFlightRows / ROWS_A_BATCH));
    const onTheWay: Promise<void>[] = [];
    let acknowledged: Promise<void> = Promise.resolve();
    try {
      for (let next = this.#read(delivery); ; ) {
        const chunk = await next;
        if (chunk.isEnd) break;
        if (!signal.aborted) await limiter.acquire(chunk.rows, signal).catch(() => undefined);
        if (signal.aborted) throw new RunInterrupted();
        next = this.#read(delivery);
        next.catch(() => undefined);
        const sent = this.#send(chunk);
        sent.catch(() => undefined);
        acknowledged = acknowledged.then(async () => this.#acknowledge(chunk, await sent));
        acknowledged.catch(() => undefined);
        onTheWay.push(acknowledged);
        tracker.limit(onTheWay.length >= window ? "sink" : "order");
        if (onTheWay.length >= window) await onTheWay.shift();
      }
    } finally {
      // Also when the run is to end: what is on the way is acknowledged first.
      await Promise.allSettled(onTheWay);
    }
    await acknowledged;
    await this.#finish();
  }

  async #read(delivery: Delivery): Promise<Chunk> {
    const startMs = performance.now();
    const free = this.#freeBlocks.pop() ?? new ArrayBuffer(BYTES_A_BATCH);
    const chunk = await delivery.next(ROWS_A_BATCH, free);
    if (chunk.block !== free) this.#freeBlocks.push(free);
    this.#context.tracker.busy("order", performance.now() - startMs, chunk.rows);
    return chunk;
  }

  /** @returns the rows that were refused */
  async #send(chunk: Chunk): Promise<DeadLetter[]> {
    if (chunk.block === undefined) return [];
    const all = viewSinkBatch(chunk.block);
    const { batch, kept, refused } = withoutDeeperRows(all, this.#sink.maxLevel);
    const more = batch.rows > 0 ? await this.#write(batch) : [];
    const indexed = more.map((row) => ({ ...row, index: kept?.[row.index] ?? row.index }));
    return [...refused, ...indexed].map((row) => this.#letter(all, row));
  }

  /** Batches overlap on the way: the sink is busy from the first one's start to the last one's end. */
  async #write(batch: SinkBatch): Promise<RefusedRow[]> {
    const startMs = performance.now();
    if (this.#writing === 0) this.#busySinceMs = startMs;
    this.#writing += 1;
    try {
      return await writeBisecting(this.#sink, batch);
    } finally {
      this.#writing -= 1;
      const nowMs = performance.now();
      this.#context.tracker.busy(this.#sink.url, nowMs - this.#busySinceMs, batch.rows);
      this.#busySinceMs = nowMs;
    }
  }

  async #acknowledge(chunk: Chunk, letters: readonly DeadLetter[]): Promise<void> {
    const { store, tracker, errors } = this.#context;
    const loaded = chunk.rows - letters.length;
    if (chunk.block?.byteLength === BYTES_A_BATCH) this.#freeBlocks.push(chunk.block);
    this.#checkpoint = {
      ...this.#checkpoint,
      position: chunk.position,
      loaded: this.#checkpoint.loaded + loaded,
      rejected: this.#checkpoint.rejected + letters.length,
    };
    const added = await store.acknowledge(this.#checkpoint, letters);
    for (const { code } of letters) tracker.rejected(code, 1, this.#sink.url);
    errors.add(added.length);
    tracker.acknowledged(this.#sink.url, loaded);
  }

  async #finish(): Promise<void> {
    await this.#sink.finish();
    this.#checkpoint = { ...this.#checkpoint, isDone: true };
    await this.#context.store.acknowledge(this.#checkpoint, []);
  }

  #letter(batch: SinkBatch, { index, code, message }: RefusedRow): DeadLetter {
    return {
      file: this.#files[batch.files[index] ?? 0]?.path ?? "",
      rowid: batch.rowids[index] ?? 0n,
      sink: this.#sink.url,
      stage: "sink",
      code,
      message,
      row: this.#describe(sliceSinkBatch(batch, index, index + 1)),
    };
  }

  /** From the envelope: the source may have changed since it was read. */
  #describe(row: SinkBatch): string | null {
    const { tiles, cells, levels: level, bytes, offsets } = row;
    const { frame } = this.#context.settings;
    const decoded = decodeEnvelopes({ tiles, cells, level, bytes, offsets }, { frame });
    const value = (column: typeof decoded.id) => plainValue(valueAt(column, 0, decoded.bytes));
    return describeRow(
      ["Id", "X", "Y", "Z", "Level", "MaterialId", "Density", "Metadata", "Created"],
      [
        value(decoded.id),
        decoded.x[0] ?? null,
        decoded.y[0] ?? null,
        decoded.z[0] ?? null,
        BigInt(level[0] ?? 0),
        row.noMaterials[0] === 1 ? null : BigInt(row.materials[0] ?? 0),
        value(decoded.density),
        value(decoded.metadata),
        value(decoded.created),
      ],
    );
  }
}

function plainValue(value: SqliteValue): Exclude<SqliteValue, undefined> {
  return value ?? null;
}
