import type { Layout } from "../encoding/layout.js";
import { MAX_CODE_LEVEL, MAX_LEVEL } from "../encoding/level.js";
import type { SinkOrder } from "../sink/sink.js";
import { WorkerClient } from "../worker/worker-client.js";
import type { EmbeddedRowsApi } from "./embedded-rows-worker.js";
import { RowBlockMemory } from "./row-block.js";
import type { RowBlock, RowRange, RowReader, StoredCell } from "./row-reader.js";
import type { CellKey } from "./stored-rows.js";

/** The rows of `sqlite:path` as they are stored, read in a thread of their own. */
export class EmbeddedRows implements RowReader {
  readonly order: SinkOrder;
  readonly maxLevel: number;
  readonly readersAtOnce = 1;
  readonly live = null;
  readonly #layout: Layout;
  readonly #worker: WorkerClient<EmbeddedRowsApi>;

  private constructor(layout: Layout, worker: WorkerClient<EmbeddedRowsApi>) {
    this.order = layout;
    this.maxLevel = layout === "tile" ? MAX_LEVEL : MAX_CODE_LEVEL;
    this.#layout = layout;
    this.#worker = worker;
  }

  /** @throws OctoloadError TARGET_* */
  static async open(path: string, layout: Layout): Promise<EmbeddedRows> {
    const worker = WorkerClient.start<EmbeddedRowsApi>("./embedded-rows-worker", import.meta.url);
    try {
      await worker.call("open", [path, layout]);
      return new EmbeddedRows(layout, worker);
    } catch (error) {
      await worker.close();
      throw error;
    }
  }

  ranges(): readonly RowRange[] {
    return [{ number: 0, tokens: null }];
  }

  /** While a block is looked at the next one is read. */
  async *blocks(_range: RowRange, signal: AbortSignal): AsyncGenerator<RowBlock, void> {
    const memory = new RowBlockMemory();
    await this.#worker.call("begin", []);
    for (let next = this.#worker.call("next", []); ; ) {
      signal.throwIfAborted();
      const packed = await next;
      if (packed === null) return;
      next = this.#worker.call("next", []);
      next.catch(() => undefined);
      yield await memory.unpackStored(new Uint8Array(packed), this.#layout);
    }
  }

  count(): Promise<number> {
    return this.#worker.call("count", []);
  }

  cell(key: CellKey): Promise<StoredCell | undefined> {
    return this.#worker.call("cell", [key]);
  }

  lastRunId(): Promise<string | null> {
    return this.#worker.call("lastRunId", []);
  }

  foreignKeys(): Promise<readonly string[]> {
    return this.#worker.call("foreignKeys", []);
  }

  async close(): Promise<void> {
    await this.#worker.call("close", []).catch(() => undefined);
    await this.#worker.close();
  }
}
