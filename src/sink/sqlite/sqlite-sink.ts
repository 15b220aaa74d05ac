import { MAX_CODE_LEVEL, MAX_LEVEL } from "../../encoding/level.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import { WorkerClient } from "../../worker/worker-client.js";
import type { RecordedTarget } from "../recorded-target.js";
import type { Layout, Sink, SinkOrder, TargetFacts, WriteResult } from "../sink.js";
import type { SinkBatch } from "../sink-batch.js";
import type { TargetPrune } from "../target-prune.js";
import type { TopmostCells } from "../topmost-cells.js";
import { EmbeddedPrune } from "./embedded-prune.js";
import { recordedTarget } from "./recorded.js";
import type { SqliteWorkerApi } from "./sqlite-worker.js";

/**
 * `sqlite:path`: an embedded target, written in a worker thread. A batch is one transaction,
 * acknowledged when it is on the disk; calls of write() are taken in the order they are made.
 */
export class SqliteSink implements Sink {
  readonly url: string;
  readonly layout: Layout;
  readonly order: SinkOrder;
  readonly maxLevel: number;
  readonly inFlightRows = 65_536;
  readonly cursors = 1;
  readonly #path: string;
  #worker: WorkerClient<SqliteWorkerApi> | undefined;
  #writeTimeUs = 0n;

  constructor(url: string, path: string, layout: Layout) {
    this.url = url;
    this.layout = layout;
    this.order = layout;
    this.maxLevel = layout === "node" ? MAX_CODE_LEVEL : MAX_LEVEL;
    this.#path = path;
  }

  async recorded(): Promise<RecordedTarget> {
    return recordedTarget(this.url);
  }

  async open(facts: TargetFacts): Promise<void> {
    this.#worker = WorkerClient.start<SqliteWorkerApi>("./sqlite-worker", import.meta.url);
    this.#writeTimeUs = facts.writeTimeUs;
    const plain = { ...facts, frame: facts.frame.toJSON() };
    try {
      await this.#worker.call("open", [this.#path, this.layout, plain]);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async requireApart(topmost: TopmostCells): Promise<void> {
    await this.#opened().call("requireApart", [topmost]);
  }

  async begin(topmost: TopmostCells): Promise<void> {
    await this.#opened().call("begin", [topmost]);
  }

  /** A block of the load is shared with the thread, which only reads it; any other is copied to it. */
  async write(batch: SinkBatch): Promise<WriteResult> {
    await this.#opened().call("write", [batch.block]);
    return { refused: [] };
  }

  async finish(): Promise<void> {
    await this.#opened().call("finish", []);
  }

  async beginPrune(): Promise<TargetPrune> {
    const worker = this.#opened();
    await worker.call("beginPrune", []);
    return new EmbeddedPrune(worker, this.order, this.#writeTimeUs);
  }

  /** After the calls before it, failed ones included. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    try {
      await worker.call("close", []);
    } finally {
      await worker.close();
    }
  }

  #opened(): WorkerClient<SqliteWorkerApi> {
    if (this.#worker !== undefined) return this.#worker;
    throw new OctoloadError("INTERNAL", `${this.url} is used before open() or after close()`);
  }
}
