import { parentPort } from "node:worker_threads";
import { packFailure } from "./failure.js";
import type { Reply, Request, WorkerApi } from "./messages.js";

const transferred = new WeakMap<object, readonly ArrayBuffer[]>();

/** Marks a function's result: `buffers` in it are handed over to the caller and not copied. */
export function transferring<T extends object>(value: T, buffers: readonly ArrayBuffer[]): T {
  transferred.set(value, buffers);
  return value;
}

/** Answers the calls of this thread's WorkerClient, one after another. */
export function serveWorker(api: WorkerApi): void {
  const port = parentPort;
  if (port === null) throw new Error("serveWorker() runs in a worker thread");
  let last: Promise<void> = Promise.resolve();
  port.on("message", (request: Request) => {
    last = last
      .then(() => answer(api, request))
      .then(({ reply, transfer }) => {
        port.postMessage(reply, transfer);
      });
  });
}

async function answer(
  api: WorkerApi,
  { id, name, args }: Request,
): Promise<{ reply: Reply; transfer: readonly ArrayBuffer[] }> {
  try {
    const value = await api[name]?.(...(args as never[]));
    const isObject = typeof value === "object" && value !== null;
    return { reply: { id, value }, transfer: (isObject && transferred.get(value)) || [] };
  } catch (error) {
    return { reply: { id, failure: packFailure(error) }, transfer: [] };
  }
}
