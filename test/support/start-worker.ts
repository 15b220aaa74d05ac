import { Worker } from "node:worker_threads";

const entry = new URL("worker-entry.mjs", import.meta.url);

/** A worker thread that runs a TypeScript program. */
export function startWorker(program: URL): Worker {
  return new Worker(entry, { workerData: { program: program.href } });
}
