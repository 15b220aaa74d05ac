import { Worker } from "node:worker_threads";
import { OctoloadError } from "../errors/octoload-error.js";
import { type Failure, restoreFailure } from "./failure.js";
import type { Reply, Request, WorkerApi } from "./messages.js";

interface Waiting {
  resolve(value: never): void;
  reject(error: unknown): void;
}

/**
 * A worker thread's functions as promises. Calls run in the order they are
 * made, one at a time; an error thrown there is thrown here, with its code.
 *
 * The worker's module calls `serveWorker` with an object of type `Api`.
 */
export class WorkerClient<Api extends WorkerApi> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #ended: OctoloadError | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", (reply: Reply) => this.#settle(reply));
    worker.on("error", (error) => this.#end(error));
    worker.on("exit", (code) => this.#end(new Error(`it exited with ${code}`)));
  }

  /**
   * Only compiled modules have workers: Node runs no TypeScript in a thread.
   *
   * @param module path of the worker's module without extension, from `base`
   * @param base the caller's import.meta.url
   */
  static start<Api extends WorkerApi>(module: string, base: string): WorkerClient<Api> {
    return new WorkerClient(new Worker(new URL(`${module}.js`, base)));
  }

  /** Calls `name` there. `transfer`: buffers among the arguments to hand over and not to copy. */
  call<Name extends keyof Api & string>(
    name: Name,
    args: Parameters<Api[Name]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Awaited<ReturnType<Api[Name]>>> {
    const ended = this.#ended;
    if (ended !== undefined) return Promise.reject(ended);
    const id = this.#calls++;
    const request: Request = { id, name, args };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage(request, transfer);
    });
  }

  /** Ends the thread at once; calls still waiting fail. What must finish is awaited before. */
  async close(): Promise<void> {
    this.#ended ??= new OctoloadError("INTERNAL", "a worker thread was called after its end");
    await this.#worker.terminate();
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("failure" in reply) waiting?.reject(restoreFailure(reply.failure as Failure));
    else waiting?.resolve(reply.value as never);
  }

  #end(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#ended ??= new OctoloadError("INTERNAL", `a worker thread ended: ${reason}`, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}
