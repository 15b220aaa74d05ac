import { setTimeout as sleep } from "node:timers/promises";
import { type Client, types } from "cassandra-driver";
import { quoteName } from "../cassandra/cql-text.js";
import type { CassandraSession } from "../cassandra/session.js";
import { requestFailure } from "../cassandra/session-errors.js";
import { rowTables, valueColumns } from "../cassandra/tables.js";
import type { Layout } from "../encoding/layout.js";
import type { ErrorCode } from "../errors/codes.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { type CellRow, keyValues } from "./cell-row.js";

/** Requests on their way. */
const WIDTH = 128;
const ATTEMPTS = 8;
const FIRST_PAUSE_MS = 100;
/** Of one partition: these make one mutation, far below what a server takes. */
const BATCH_ROWS = 32;
const BATCH_BYTES = 128 * 1024;

/** What goes away by itself; to write the same again at the same time changes nothing. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "CASSANDRA_TIMEOUT",
  "CASSANDRA_UNAVAILABLE",
  "CASSANDRA_UNREACHABLE",
]);

interface Statement {
  readonly query: string;
  readonly params: unknown[];
}

/** What was written of a backup's rows. */
export interface WrittenCells {
  readonly rows: number;
  /** Rows all of whose cells have expired since. */
  readonly expired: number;
}

/** Writes cells as they were: value, write time, and what is left of their time to live. */
export class CellWriter {
  readonly #client: Client;
  readonly #layout: Layout;
  readonly #insert: string;
  readonly #update: string;
  readonly #onTheWay = new Set<Promise<void>>();
  #failure: unknown;
  #rows = 0;
  #expired = 0;

  constructor({ client, target }: CassandraSession, layout: Layout) {
    const { name, partitionKey, clusteringKey } = rowTables[layout];
    const table = `${quoteName(target.keyspace)}.${name}`;
    const keys = [...partitionKey, ...clusteringKey];
    const values = valueColumns.map((column) => column.name);
    const columns = [...keys, ...values];
    const marks = columns.map(() => "?").join(", ");
    this.#client = client;
    this.#layout = layout;
    this.#insert = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks}) USING TIMESTAMP ? AND TTL ?`;
    this.#update = `UPDATE ${table} USING TIMESTAMP ? AND TTL ? SET ${values.map((value) => `${value} = ?`).join(", ")} WHERE ${keys.map((key) => `${key} = ?`).join(" AND ")}`;
  }

  get written(): WrittenCells {
    return { rows: this.#rows, expired: this.#expired };
  }

  /** Waits while too much is on the way. @throws OctoloadError CASSANDRA_* */
  async write(rows: readonly CellRow[]): Promise<void> {
    for (const batch of this.#batchesOf(rows)) {
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

  /** A row's statements, or those of neighbours in one partition. */
  *#batchesOf(rows: readonly CellRow[]): Generator<Statement[]> {
    let batch: Statement[] = [];
    let [partition, count, bytes] = ["", 0, 0];
    for (const row of rows) {
      const statements = this.#statementsOf(row);
      if (statements.length === 0) continue;
      const own = this.#layout === "tile" ? `${row.level} ${row.tile}` : "";
      const isFull = count >= BATCH_ROWS || bytes >= BATCH_BYTES || own !== partition;
      if (batch.length > 0 && (isFull || own === "")) {
        yield batch;
        [batch, count, bytes] = [[], 0, 0];
      }
      partition = own;
      batch.push(...statements);
      count += 1;
      bytes += sizeOf(row);
    }
    if (batch.length > 0) yield batch;
  }

  /** One a write time and expiry. The first is the INSERT, which makes the row itself. */
  #statementsOf(row: CellRow): Statement[] {
    const groups = [...groupsOf(row, Date.now() / 1000).values()];
    groups.sort((a, b) => (a.timeUs < b.timeUs ? -1 : Number(a.timeUs > b.timeUs)));
    if (groups.length === 0) this.#expired += 1;
    else this.#rows += 1;
    return groups.map(({ timeUs, ttlS, columns }, i) => {
      const key = keyValues(row, this.#layout);
      const values = row.values.map((value, column) => {
        return columns.has(column) ? asParameter(value) : types.unset;
      });
      const using = [timeUs, ttlS];
      return i === 0
        ? { query: this.#insert, params: [...key, ...values, ...using] }
        : { query: this.#update, params: [...using, ...values, ...key] };
    });
  }

  async #send(batch: readonly Statement[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#request(batch);
        return;
      } catch (error) {
        const failure = requestFailure(error, "writing restored rows");
        if (!passing.has(failure.code) || attempt >= ATTEMPTS) throw failure;
        await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
      }
    }
  }

  async #request(batch: readonly Statement[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    const options = { prepare: true, isIdempotent: true };
    if (batch.length === 1) await this.#client.execute(first.query, first.params, options);
    else await this.#client.batch([...batch], { ...options, logged: false });
  }
}

interface CellGroup {
  readonly timeUs: bigint;
  /** 0: does not expire, whatever the table's default is. */
  readonly ttlS: number;
  readonly columns: Set<number>;
}

/** A row without any cell is there by its key alone; when it was written nobody can tell. */
const UNKNOWN_TIME_US = 1n;

function groupsOf({ values, writeTimesUs, expiriesS }: CellRow, nowS: number) {
  const groups = new Map<string, CellGroup>();
  let cells = 0;
  for (const [column, value] of values.entries()) {
    if (value === null) continue;
    cells += 1;
    const expiry = expiriesS[column] ?? 0;
    const ttlS = expiry === 0 ? 0 : Math.round(expiry - nowS);
    if (expiry !== 0 && ttlS <= 0) continue;
    const timeUs = writeTimesUs[column] ?? UNKNOWN_TIME_US;
    const name = `${timeUs} ${ttlS}`;
    const group = groups.get(name) ?? { timeUs, ttlS, columns: new Set<number>() };
    group.columns.add(column);
    groups.set(name, group);
  }
  if (cells === 0) groups.set("", { timeUs: UNKNOWN_TIME_US, ttlS: 0, columns: new Set() });
  return groups;
}

function asParameter(value: CellRow["values"][number]): unknown {
  if (!(value instanceof Uint8Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function sizeOf({ values }: CellRow): number {
  return values.reduce<number>((sum, value) => {
    return sum + (value instanceof Uint8Array ? value.length : 0);
  }, 64);
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
