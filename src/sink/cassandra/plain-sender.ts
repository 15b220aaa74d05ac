import { setTimeout as sleep } from "node:timers/promises";
import type { FrameOutcome, OnFrameEnd } from "../../cassandra/dispatch/frame-dispatcher.js";
import { requireTables } from "../../cassandra/fitness.js";
import { inspectKeyspace } from "../../cassandra/inspect.js";
import { type PlainOptions, PlainRequests, type PlainRow } from "../../cassandra/plain-requests.js";
import type { CassandraSession } from "../../cassandra/session.js";
import type { WireFailure } from "../../cassandra/wire/wire-failure.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { SinkNotice } from "../sink-notices.js";
import type { CutFrame, FrameSender } from "./frame-sender.js";

export interface PlainSenderOptions extends PlainOptions {
  readonly outageTimeoutMs: number;
  readonly maxInFlightRequests: number;
}

const MIN_PAUSE_MS = 50;
const MAX_PAUSE_MS = 5_000;

/**
 * Sends rows by the driver's public functions, which choose nodes and connections themselves. It
 * does not follow latencies: so many requests are on the way, fewer only while nodes fail.
 */
export class PlainSender implements FrameSender {
  readonly #session: CassandraSession;
  readonly #options: PlainSenderOptions;
  readonly #requests: PlainRequests;
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;
  #fault: unknown;

  constructor(session: CassandraSession, options: PlainSenderOptions) {
    this.#session = session;
    this.#options = options;
    this.#requests = new PlainRequests(session, options);
  }

  send(frame: CutFrame, onEnd: OnFrameEnd): void {
    this.#send(frame).then(onEnd, (error: unknown) => onEnd({ kind: "ended", error }));
  }

  async #send(frame: CutFrame): Promise<FrameOutcome> {
    await this.#enter();
    try {
      return await this.#sendUntilSettled(rowsOf(frame));
    } catch (error) {
      this.#fault ??= error;
      throw error;
    } finally {
      this.#inFlight -= 1;
      this.#waiting.shift()?.();
    }
  }

  giveUp(error: unknown): void {
    this.#fault ??= error;
  }

  useRing(): void {
    // The driver has its own.
  }

  async finish(): Promise<readonly SinkNotice[]> {
    return [];
  }

  async close(): Promise<void> {
    // Nothing but the session is open.
  }

  async #enter(): Promise<void> {
    while (this.#inFlight >= this.#options.maxInFlightRequests) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#inFlight += 1;
  }

  async #sendUntilSettled(rows: readonly PlainRow[]): Promise<FrameOutcome> {
    const startMs = performance.now();
    for (let attempt = 0; ; attempt++) {
      // One that failed for good ends them all.
      if (this.#fault !== undefined) throw this.#fault;
      const failure = await this.#requests.write(rows);
      if (failure === undefined) return { kind: "done" };
      if (failure.reason === "invalid") {
        await this.#requireTables();
        return { kind: "refused", failure };
      }
      this.#requireTransient(failure, performance.now() - startMs);
      const limitMs = Math.min(MIN_PAUSE_MS * 2 ** attempt, MAX_PAUSE_MS);
      await sleep(limitMs * (0.5 + Math.random() / 2));
    }
  }

  #requireTransient({ reason, message }: WireFailure, elapsedMs: number): void {
    if (reason === "unauthorized") throw new OctoloadError("CASSANDRA_ACCESS_LOST", message);
    if (elapsedMs < this.#options.outageTimeoutMs) return;
    const seconds = Math.round(elapsedMs / 1000);
    throw new OctoloadError("CASSANDRA_OUTAGE", `rows waited ${seconds} s: ${reason}: ${message}`);
  }

  /** A row is not at fault where the table is not what it was. */
  async #requireTables(): Promise<void> {
    const { keyspace } = this.#session.target;
    try {
      requireTables(keyspace, this.#options.layout, await inspectKeyspace(this.#session));
    } catch (error) {
      const fault = error instanceof OctoloadError ? error.fault : String(error);
      throw new OctoloadError("CASSANDRA_SCHEMA_LOST", fault, { cause: error });
    }
  }
}

function rowsOf({ batch, firstRow, rows }: CutFrame): PlainRow[] {
  return Array.from({ length: rows }, (_, i): PlainRow => {
    const row = firstRow + i;
    const [begin, end] = [batch.offsets[row] ?? 0, batch.offsets[row + 1] ?? 0];
    return {
      level: batch.levels[row] ?? 0,
      tile: batch.tiles[row] ?? 0n,
      cell: batch.cells[row] ?? 0,
      material: batch.noMaterials[row] === 1 ? null : (batch.materials[row] ?? 0),
      homogeneity: batch.homogeneities[row] ?? 0,
      mask: batch.masks[row] ?? 0,
      // Copied: after a client timeout the driver may still be about to write it.
      envelope: batch.bytes.slice(begin, end),
      lastModified: batch.lastModified[row] ?? 0n,
    };
  });
}
