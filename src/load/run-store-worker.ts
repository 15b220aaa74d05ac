import type { StrayKey } from "../sink/target-prune.js";
import { serveWorker } from "../worker/serve-worker.js";
import type { CursorCheckpoint, DeadLetter } from "./checkpoint.js";
import type { EndedPart, PruneCounts } from "./prune-record.js";
import { type Acknowledgement, RunStoreFiles } from "./run-store-files.js";

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
  acknowledge(all: readonly Acknowledgement[]): number[][] {
    return opened().acknowledge(all);
  },
  checkpoints(): CursorCheckpoint[] {
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
  addPrunedKeys(url: string, keys: readonly StrayKey[]): number {
    return opened().addPrunedKeys(url, keys);
  },
  endPrunedPart(url: string, part: EndedPart): void {
    opened().endPrunedPart(url, part);
  },
  endedPrunedParts(url: string): EndedPart[] {
    return opened().endedPrunedParts(url);
  },
  countPruned(urls: readonly string[]): PruneCounts[] {
    return opened().countPruned(urls);
  },
  close(): void {
    files?.close();
    files = undefined;
  },
};

export type RunStoreApi = typeof api;

serveWorker(api);
