import type { Redis } from "ioredis";
import { callCommand, type PutForm } from "../redis/put-form.js";
import { isReplyError } from "../redis/session-errors.js";
import { installMark, markCommand } from "./absent-mark.js";
import { decodeEntry, type EntryColumns, entryFields, type StoredEntry } from "./node-entry.js";
import { NodeHealth } from "./node-health.js";

/** Why a node gave no entry. */
export type ReadFault =
  /** Not connected, or not asked since it failed again and again. */
  | "unavailable"
  /** No answer by the deadline. */
  | "timeout"
  /** Something else than a hash is at the key. */
  | "wrong-type"
  | "error";

export type EntryAnswer = StoredEntry | { readonly kind: ReadFault };

/** What became of an entry that was to be written. `older`: what is there is newer, and stayed. */
export type PutOutcome = "written" | "older" | "failed";

export interface LaneOptions {
  readonly form: PutForm;
  readonly ttlSeconds: number;
  readonly deadlineMs: number;
  /** Loads what puts entries. */
  readonly prepare: (client: Redis) => Promise<void>;
  /** The key is another node's now, or this one is gone. */
  readonly onMoved: () => void;
}

/** A probe asks whether the node is there, not whether it is quick. */
const PROBE_DEADLINES = 10;
/** Of a put or a mark: nobody waits for it but whoever asks for the same key. */
const PUT_DEADLINES = 4;

/** A server may go on without what puts entries because it lets nobody load it. */
const PREPARE_INTERVAL_MS = 1_000;

type Race<T> = T | "timeout" | "failed";

/** One node of the cache: reads that end by a deadline, and writes that nobody depends on. */
export class EntryLane {
  readonly #client: Redis;
  readonly #options: LaneOptions;
  readonly #health: NodeHealth;
  #preparedMs = Number.NEGATIVE_INFINITY;
  #isPrepared = false;

  /** @param client not opened yet, and the lane's alone from now on */
  constructor(client: Redis, options: LaneOptions) {
    this.#client = client;
    this.#options = options;
    this.#health = new NodeHealth(() => this.#probe());
    client.on("ready", () => this.#prepare());
    client.on("close", () => options.onMoved());
    client.connect().catch(() => undefined);
  }

  /** Whether it was seen to that entries can be put, be it in vain. */
  get isPrepared(): boolean {
    return this.#isPrepared;
  }

  get isUsable(): boolean {
    return this.#health.isWell && this.#client.status === "ready";
  }

  /** It never rejects. */
  async read(key: string): Promise<EntryAnswer> {
    if (!this.isUsable) return { kind: "unavailable" };
    const askedMs = performance.now();
    let fault: ReadFault = "error";
    const values = await this.#byDeadline(
      this.#client.hmget(key, ...entryFields),
      this.#options.deadlineMs,
      (error) => {
        fault = this.#faultOf(error, askedMs);
      },
    );
    if (values === "timeout") {
      this.#health.failed(askedMs);
      return { kind: "timeout" };
    }
    if (values === "failed") return { kind: fault };
    this.#health.succeeded();
    return decodeEntry(values);
  }

  /** Puts an entry unless a newer one is there. It never rejects. */
  put(key: string, columns: EntryColumns, putArgs: readonly string[]): Promise<PutOutcome> {
    if (columns.writeTimeUs < 0n) return Promise.resolve("failed");
    const [name, called] = callCommand(this.#options.form);
    return this.#write(() => this.#client.call(name, [called, "1", key, ...putArgs]));
  }

  /** src/cache/absent-mark.ts. It never rejects. */
  markAbsent(
    key: string,
    times: { readonly ttlSeconds: number; readonly deletedUs: bigint | null },
  ): Promise<PutOutcome> {
    const { kind } = this.#options.form;
    const [name, args] = markCommand(kind, key, times);
    return this.#write(() => this.#client.call(name, [...args]));
  }

  close(): void {
    this.#health.close();
    this.#client.disconnect();
  }

  async #write(send: () => Promise<unknown>): Promise<PutOutcome> {
    if (!this.isUsable) return "failed";
    const deadlineMs = PUT_DEADLINES * this.#options.deadlineMs;
    const answer = await this.#byDeadline(send(), deadlineMs, (error) => {
      // A server that was emptied has lost what it is to call.
      if (isReplyError(error) && /not found|NOSCRIPT/i.test(error.message)) this.#prepareAgain();
    });
    if (answer === 1) return "written";
    return answer === 0 ? "older" : "failed";
  }

  async #prepare(): Promise<void> {
    const { prepare, form } = this.#options;
    this.#preparedMs = performance.now();
    // Whoever may not load them may find them there: calls tell.
    await prepare(this.#client).catch(() => undefined);
    await installMark(this.#client, form.kind).catch(() => undefined);
    this.#isPrepared = true;
  }

  #prepareAgain(): void {
    if (performance.now() - this.#preparedMs < PREPARE_INTERVAL_MS) return;
    this.#prepare().catch(() => undefined);
  }

  async #probe(): Promise<boolean> {
    if (this.#client.status !== "ready") return false;
    const deadlineMs = PROBE_DEADLINES * this.#options.deadlineMs;
    return (await this.#byDeadline(this.#client.ping(), deadlineMs, () => undefined)) === "PONG";
  }

  #faultOf(error: unknown, askedMs: number): ReadFault {
    const text = isReplyError(error) ? error.message : "";
    if (text.startsWith("WRONGTYPE")) {
      this.#health.succeeded();
      return "wrong-type";
    }
    if (/^(MOVED|ASK) /.test(text)) this.#options.onMoved();
    else this.#health.failed(askedMs);
    return "error";
  }

  /** What comes later is of no interest. It never rejects. */
  #byDeadline<T>(
    answer: Promise<T>,
    deadlineMs: number,
    onError: (error: unknown) => void,
  ): Promise<Race<T>> {
    return new Promise((resolve) => {
      // An event loop that was held up looks at its timers before it reads what has come meanwhile.
      const timer = setTimeout(() => setImmediate(() => resolve("timeout")), deadlineMs);
      answer.then(
        (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        (error: unknown) => {
          clearTimeout(timer);
          onError(error);
          resolve("failed");
        },
      );
    });
  }
}
