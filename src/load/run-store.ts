import type { StrayKey } from "../sink/target-prune.js";
import { WorkerClient } from "../worker/worker-client.js";
import type { CursorCheckpoint, DeadLetter, DigestChange, SavedCheckpoint } from "./checkpoint.js";
import type { EndedPart, PruneCounts } from "./prune-record.js";
import type { Acknowledgement } from "./run-store-files.js";
import type { RunStoreApi } from "./run-store-worker.js";

/** A run's checkpoint and dead letters, written by a thread of their own. */
export class RunStore {
  readonly #worker: WorkerClient<RunStoreApi>;
  /** To be written together, as soon as what is being written is on the disk. */
  #waiting: Acknowledgement[] = [];
  #waitingSaved: Promise<number[][]> | undefined;
  #lastSave: Promise<unknown> = Promise.resolve();

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

  /**
   * Settles when checkpoint and letters are on the disk, with the indexes of the new letters. What
   * comes while others are being written is written together, so that many cursors do not have to
   * wait for a disk's flush each.
   */
  async acknowledge(
    checkpoint: SavedCheckpoint,
    letters: readonly DeadLetter[],
    digests?: DigestChange,
  ): Promise<number[]> {
    const index = this.#waiting.push({ checkpoint, letters, digests }) - 1;
    this.#waitingSaved ??= this.#lastSave.then(() => this.#saveWaiting());
    return (await this.#waitingSaved)[index] ?? [];
  }

  checkpoints(): Promise<CursorCheckpoint[]> {
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

  /** Settles when the keys are on the disk, with how many were not there yet. */
  addPrunedKeys(url: string, keys: readonly StrayKey[]): Promise<number> {
    return this.#worker.call("addPrunedKeys", [url, keys]);
  }

  /** The part need not be looked at again. */
  async endPrunedPart(url: string, part: EndedPart): Promise<void> {
    await this.#worker.call("endPrunedPart", [url, part]);
  }

  endedPrunedParts(url: string): Promise<EndedPart[]> {
    return this.#worker.call("endedPrunedParts", [url]);
  }

  /** One of each target. */
  countPruned(urls: readonly string[]): Promise<PruneCounts[]> {
    return this.#worker.call("countPruned", [urls]);
  }

  async close(): Promise<void> {
    try {
      await this.#worker.call("close", []);
    } finally {
      await this.#worker.close();
    }
  }

  #saveWaiting(): Promise<number[][]> {
    const together = this.#waiting;
    this.#waiting = [];
    this.#waitingSaved = undefined;
    const saved = this.#worker.call("acknowledge", [together]);
    this.#lastSave = saved.catch(() => undefined);
    return saved;
  }
}
