import { serveWorker } from "../worker/serve-worker.js";
import type { DeadLetter, SinkCheckpoint } from "./checkpoint.js";
import { RunStoreFiles } from "./run-store-files.js";

let files: RunStoreFiles | undefined;

function opened(): RunStoreFiles {
  if (files === undefined) throw new Error("the run's store is not open");
  return files;
}

const api = {
  open(runDir: string): void {
    files = new RunStoreFiles(runDir);
  },
  addDeadLetters(letters: readonly DeadLetter[]): number[] {
    return opened().addDeadLetters(letters);
  },
  /** Dead letters and the checkpoint behind them; the letters are on the disk first. */
  acknowledge(checkpoint: SinkCheckpoint, letters: readonly DeadLetter[]): number[] {
    const added = letters.length > 0 ? opened().addDeadLetters(letters) : [];
    opened().saveCheckpoint(checkpoint);
    return added;
  },
  checkpoints(): SinkCheckpoint[] {
    return opened().checkpoints();
  },
  clear(): void {
    opened().clear();
  },
  putFact(key: string, value: unknown): void {
    opened().putFact(key, value);
  },
  fact(key: string): unknown {
    return opened().fact(key);
  },
  countDeadLetters(): { sink: string; code: string; rows: number }[] {
    return opened().countDeadLetters();
  },
  close(): void {
    files?.close();
    files = undefined;
  },
};

export type RunStoreApi = typeof api;

serveWorker(api);
