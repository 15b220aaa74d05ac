import { codeOf } from "../../encoding/cell.js";
import type { WorkerClient } from "../../worker/worker-client.js";
import type { SinkOrder } from "../sink.js";
import { StrayKeys } from "../stray-keys.js";
import type { PrunedPart, PruneHooks, PrunePart, TargetPrune } from "../target-prune.js";
import type { SqliteWorkerApi } from "./sqlite-worker.js";

/** Deletes what an embedded target has and the source lacks, all of it in one part. */
export class EmbeddedPrune implements TargetPrune {
  readonly #worker: WorkerClient<SqliteWorkerApi>;
  readonly #order: SinkOrder;
  /** Microseconds since 1970. */
  readonly #writeTimeUs: bigint;

  constructor(worker: WorkerClient<SqliteWorkerApi>, order: SinkOrder, writeTimeUs: bigint) {
    this.#worker = worker;
    this.#order = order;
    this.#writeTimeUs = writeTimeUs;
  }

  async prunePart({ sourceKeys }: PrunePart, hooks: PruneHooks): Promise<PrunedPart> {
    const strays = new StrayKeys(this.#order, sourceKeys);
    for (let live = 0; ; ) {
      hooks.signal.throwIfAborted();
      const { page, writeTimesUs } = await this.#worker.call("pruneNext", []);
      if (page.rows === 0) return { live };
      const found = await strays.find(page);
      const older = found.filter((i) => (writeTimesUs[i] ?? 0n) <= this.#writeTimeUs);
      live += found.length - older.length;
      if (older.length > 0) {
        await hooks.list(
          older.map((i) => ({
            level: page.levels[i] ?? 0,
            code: codeOf(page.tiles[i] ?? 0n, page.cells[i] ?? 0),
            writeTimeUs: writeTimesUs[i] ?? null,
          })),
        );
        await this.#worker.call("pruneDelete", [page, older]);
      }
      await hooks.lookedAt(page.rows);
    }
  }

  async finish(): Promise<void> {
    // Each page was committed, and nobody else writes meanwhile.
  }
}
