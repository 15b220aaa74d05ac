import { WorkerClient } from "../worker/worker-client.js";
import type { DeadLetter, SinkCheckpoint } from "./checkpoint.js";
import type { RunStoreApi } from "./run-store-worker.js";

/** A run's checkpoint and dead letters, written by a thread of their own. */
export class RunStore {
  readonly #worker: WorkerClient<RunStoreApi>;

  private constructor(worker: WorkerClient<RunStoreApi>) {
    this.#worker = worker;
  }

  /** @throws OctoloadError RUN_IN_USE, RUN_DISK_FULL, RUN_DISK_FAILED */
  static async open(runDir: string): Promise<RunStore> {
    const worker = WorkerClient.start<RunStoreApi>("./run-store-worker", import.meta.url);
    try {
      await worker.call("open", [runDir]);
      return new RunStore(worker);
    } catch (error) {
      await worker.close();
      throw error;
    }
  }

  /**
   * Settles when they are on the disk, with the indexes of those whose row had none yet: a resumed
   * run meets some again.
   */
  addDeadLetters(letters: readonly DeadLetter[]): Promise<number[]> {
    return this.#worker.call("addDeadLetters", [letters]);
  }

  /** Settles when checkpoint and letters are on the disk; the indexes of the new letters. */
  acknowledge(checkpoint: SinkCheckpoint, letters: readonly DeadLetter[]): Promise<number[]> {
    return this.#worker.call("acknowledge", [checkpoint, letters]);
  }

  checkpoints(): Promise<SinkCheckpoint[]> {
    return this.#worker.call("checkpoints", []);
  }

  /** Forgets everything: the run starts over. */
  async clear(): Promise<void> {
    await this.#worker.call("clear", []);
  }

  async putFact(key: string, value: unknown): Promise<void> {
    await this.#worker.call("putFact", [key, value]);
  }

  fact(key: string): Promise<unknown> {
    return this.#worker.call("fact", [key]);
  }

  countDeadLetters(): Promise<{ sink: string; code: string; rows: number }[]> {
    return this.#worker.call("countDeadLetters", []);
  }

  async close(): Promise<void> {
    try {
      await this.#worker.call("close", []);
    } finally {
      await this.#worker.close();
    }
  }
}
