import { setTimeout as sleep } from "node:timers/promises";
import {
  type PlainStatement,
  type RequestFacts,
  sendPlain,
} from "../../cassandra/plain-requests.js";
import type { CassandraSession } from "../../cassandra/session.js";
import type { WireFailure } from "../../cassandra/wire/wire-failure.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { KeyPage } from "../key-page.js";
import type { KeyQueries } from "./key-queries.js";

export interface KeyDeleterOptions extends RequestFacts {
  /** How long a request may wait for nodes to come back. */
  readonly outageTimeoutMs: number;
}

const MAX_REQUESTS = 64;
/** Of one partition, so that a batch is one mutation. */
const MAX_BATCH_KEYS = 100;
const MIN_PAUSE_MS = 50;
const MAX_PAUSE_MS = 5_000;

/** Deletes whole rows at one write time, by the driver's public functions. */
export class KeyDeleter {
  readonly #session: CassandraSession;
  readonly #queries: KeyQueries;
  readonly #options: KeyDeleterOptions;
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;
  #fault: unknown;

  constructor(session: CassandraSession, queries: KeyQueries, options: KeyDeleterOptions) {
    this.#session = session;
    this.#queries = queries;
    this.#options = options;
  }

  /**
   * Settles when the keys of a page at these indexes are deleted, or nothing of them is on the way.
   *
   * @throws OctoloadError CASSANDRA_OUTAGE, CASSANDRA_ACCESS_LOST, CASSANDRA_SCHEMA_LOST; the
   *   signal's reason
   */
  async delete(page: KeyPage, indexes: readonly number[], signal: AbortSignal): Promise<void> {
    const requests = this.#requestsOf(page, indexes).map((keys) => this.#enter(page, keys, signal));
    const ends = await Promise.allSettled(requests);
    const failed = ends.find((end) => end.status === "rejected");
    if (failed !== undefined) throw this.#fault ?? failed.reason;
  }

  /** Of layout tile a partition's keys together, of layout node each by itself. */
  #requestsOf(page: KeyPage, indexes: readonly number[]): number[][] {
    const requests: number[][] = [];
    for (const i of indexes) {
      const last = requests.at(-1);
      const before = last?.[0];
      const isSame = before !== undefined && this.#isSamePartition(page, before, i);
      if (isSame && last !== undefined && last.length < MAX_BATCH_KEYS) last.push(i);
      else requests.push([i]);
    }
    return requests;
  }

  #isSamePartition({ levels, tiles }: KeyPage, a: number, b: number): boolean {
    return this.#queries.layout === "tile" && levels[a] === levels[b] && tiles[a] === tiles[b];
  }

  async #enter(page: KeyPage, keys: readonly number[], signal: AbortSignal): Promise<void> {
    while (this.#inFlight >= MAX_REQUESTS) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#inFlight += 1;
    try {
      await this.#sendUntilSettled(this.#statementsOf(page, keys), signal);
    } catch (error) {
      if (!signal.aborted) this.#fault ??= error;
      throw error;
    } finally {
      this.#inFlight -= 1;
      this.#waiting.shift()?.();
    }
  }

  #statementsOf(page: KeyPage, keys: readonly number[]): PlainStatement[] {
    const { deleteCql: query } = this.#queries;
    return keys.map((i) => ({ query, params: this.#queries.keyValues(page, i) }));
  }

  async #sendUntilSettled(
    statements: readonly PlainStatement[],
    signal: AbortSignal,
  ): Promise<void> {
    const startMs = performance.now();
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      // One that failed for good ends them all.
      if (this.#fault !== undefined) throw this.#fault;
      const failure = await sendPlain(this.#session.client, statements, this.#options);
      if (failure === undefined) return;
      this.#requireTransient(failure, performance.now() - startMs);
      const limitMs = Math.min(MIN_PAUSE_MS * 2 ** attempt, MAX_PAUSE_MS);
      const pauseMs = limitMs * (0.5 + Math.random() / 2);
      // Whether it was aborted is asked next, for the signal's own reason.
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #requireTransient({ reason, message }: WireFailure, elapsedMs: number): void {
    if (reason === "unauthorized") throw new OctoloadError("CASSANDRA_ACCESS_LOST", message);
    // Keys fit a table that is what it was.
    if (reason === "invalid") throw new OctoloadError("CASSANDRA_SCHEMA_LOST", message);
    if (elapsedMs < this.#options.outageTimeoutMs) return;
    const seconds = Math.round(elapsedMs / 1000);
    throw new OctoloadError(
      "CASSANDRA_OUTAGE",
      `keys could not be deleted for ${seconds} s: ${reason}: ${message}`,
    );
  }
}
