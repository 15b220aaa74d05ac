import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "cassandra-driver";
import { RingView } from "../cassandra/ring.js";
import type { CassandraSession } from "../cassandra/session.js";
import { requestFailure } from "../cassandra/session-errors.js";
import type { Layout } from "../encoding/layout.js";
import type { ErrorCode } from "../errors/codes.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { type FrameLimits, readFrameLimits } from "../sink/cassandra/frame-limits.js";
import { cutBatches, type PlacesOf, placesByReplicas, placesByTile } from "./cell-batches.js";
import type { CellRow } from "./cell-row.js";
import { CellStatements, type Statement } from "./cell-statements.js";

/** Requests on their way. */
const WIDTH = 128;
const ATTEMPTS = 8;
const FIRST_PAUSE_MS = 100;

/** What goes away by itself; to write the same again at the same time changes nothing. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "CASSANDRA_TIMEOUT",
  "CASSANDRA_UNAVAILABLE",
  "CASSANDRA_UNREACHABLE",
]);

/** What was written of a backup's rows. */
export interface WrittenCells {
  readonly rows: number;
  /** Rows all of whose cells have expired since. */
  readonly expired: number;
}

/** Writes cells as they were: value, write time, and what is left of their time to live. */
export class CellWriter {
  readonly #client: Client;
  readonly #statements: CellStatements;
  readonly #placesOf: PlacesOf;
  readonly #limits: FrameLimits;
  readonly #onTheWay = new Set<Promise<void>>();
  #failure: unknown;
  #rows = 0;
  #expired = 0;

  private constructor(session: CassandraSession, layout: Layout, limits: FrameLimits) {
    const { client, target, datacenter } = session;
    this.#client = client;
    this.#statements = new CellStatements(target.keyspace, layout);
    this.#limits = limits;
    this.#placesOf =
      layout === "tile"
        ? placesByTile
        : placesByReplicas(new RingView(client, target.keyspace, datacenter).current);
  }

  /**
   * @param limits of a batch; by default what the servers take without a warning
   * @throws OctoloadError CASSANDRA_*
   */
  static async open(
    session: CassandraSession,
    layout: Layout,
    limits?: FrameLimits,
  ): Promise<CellWriter> {
    return new CellWriter(session, layout, limits ?? (await readFrameLimits(session, layout)));
  }

  get written(): WrittenCells {
    return { rows: this.#rows, expired: this.#expired };
  }

  /** Waits while too much is on the way. @throws OctoloadError CASSANDRA_* */
  async write(rows: readonly CellRow[]): Promise<void> {
    const statementsOf = (row: CellRow) => this.#statementsOf(row);
    for (const batch of cutBatches(rows, statementsOf, this.#placesOf, this.#limits)) {
      while (this.#onTheWay.size >= WIDTH) await Promise.race(this.#onTheWay);
      this.#throwFailure();
      const sent = this.#send(batch)
        .catch((error: unknown) => {
          this.#failure ??= error;
        })
        .finally(() => this.#onTheWay.delete(sent));
      this.#onTheWay.add(sent);
    }
  }

  /** All of it is acknowledged when this returns. @throws OctoloadError CASSANDRA_* */
  async drain(): Promise<void> {
    await Promise.all(this.#onTheWay);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #statementsOf(row: CellRow): Statement[] {
    const statements = this.#statements.of(row);
    if (statements.length === 0) this.#expired += 1;
    else this.#rows += 1;
    return statements;
  }

  async #send(batch: readonly Statement[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#request(batch);
        return;
      } catch (error) {
        const failure = requestFailure(error, "writing restored rows");
        // A batch may be too large for servers that do not tell their limits, a statement is not.
        if (failure.code === "CASSANDRA_REFUSED" && batch.length > 1) {
          await this.#sendHalves(batch);
          return;
        }
        if (!passing.has(failure.code) || attempt >= ATTEMPTS) throw failure;
        await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
      }
    }
  }

  async #sendHalves(batch: readonly Statement[]): Promise<void> {
    const middle = batch.length >> 1;
    await this.#send(batch.slice(0, middle));
    await this.#send(batch.slice(middle));
  }

  async #request(batch: readonly Statement[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    const options = { prepare: true, isIdempotent: true };
    if (batch.length === 1) await this.#client.execute(first.query, first.params, options);
    else await this.#client.batch([...batch], { ...options, logged: false });
  }
}

/** Refuses what the server would hide: see RESTORE_HIDDEN. */
export function requireVisible(
  table: string,
  droppedAtMs: ReadonlyMap<string, number>,
  firstWriteTimeUs: bigint | null,
): void {
  for (const [column, atMs] of droppedAtMs) {
    if (firstWriteTimeUs === null || BigInt(atMs + 1) * 1000n <= firstWriteTimeUs) continue;
    throw new OctoloadError(
      "RESTORE_HIDDEN",
      `column ${column} of ${table} was dropped at ${new Date(atMs).toISOString()} and added again`,
    );
  }
}
