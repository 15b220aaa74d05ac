import { setTimeout as sleep } from "node:timers/promises";
import { type Client, errors, types } from "cassandra-driver";
import { liveWriteTime } from "../../../src/cassandra/write-time.js";
import type { NodeTable } from "./node-table.js";
import { cellKey, describeCell } from "./stored-cells.js";

/** What the live system has made of a row: null where it deleted it. */
export interface LiveRow {
  readonly cell: string | null;
  readonly writeTimeUs: bigint;
}

interface Key {
  readonly level: number;
  readonly code: bigint;
}

/** Where rows are inserted live. */
const NEW_LEVEL = 21;
const NEW_CODES = 2n ** 62n;
const NEW_ROWS = 997;

/**
 * A service that writes both systems: whole rows and whole deletes, at the times that
 * docs/write-times.md asks for. It takes its keys in turn, so that a row is written several times.
 */
export class LiveWriter {
  readonly rows = new Map<string, LiveRow>();
  updates = 0;
  inserts = 0;
  deletes = 0;
  readonly #table: NodeTable;
  readonly #keys: readonly Key[];
  readonly #t0Us: bigint;
  #isOver = false;
  #running: Promise<void> = Promise.resolve();

  /** @param keys of rows of the source */
  constructor(table: NodeTable, keys: readonly string[], t0Us: bigint) {
    this.#table = table;
    this.#t0Us = t0Us;
    this.#keys = keys.map((key) => {
      const [level = "", code = ""] = key.split(" ");
      return { level: Number(level), code: BigInt(code) };
    });
  }

  start(): void {
    this.#running = this.#table.with(async (client) => {
      for (let turn = 0; !this.#isOver; turn += 1) await this.#write(client, turn);
    });
    // Told by stop().
    this.#running.catch(() => undefined);
  }

  get writes(): number {
    return this.updates + this.inserts + this.deletes;
  }

  /** @throws what a write failed by */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  /** Of three keys one is updated, one updated or deleted in turn, and one is new. */
  async #write(client: Client, turn: number): Promise<void> {
    const known = this.#keys[turn % this.#keys.length];
    if (known === undefined) throw new Error("the live writer has no keys");
    const round = Math.floor(turn / this.#keys.length);
    if (turn % 3 === 2) {
      const key = { level: NEW_LEVEL, code: NEW_CODES + BigInt(turn % NEW_ROWS) };
      this.inserts += 1;
      await this.#put(client, key, turn);
    } else if (turn % 3 === 1 && round % 2 === 0) {
      this.deletes += 1;
      await this.#delete(client, known);
    } else {
      this.updates += 1;
      await this.#put(client, known, turn);
    }
  }

  async #put(client: Client, { level, code }: Key, turn: number): Promise<void> {
    const writeTimeUs = this.#timeOf({ level, code });
    const values = {
      // A NULL is written too: what a load has there may not shine through.
      materialId: turn % 2 === 0 ? null : 1_000_000 + turn,
      homogeneity: 0.25,
      childrenMask: -1,
      lastModified: BigInt(turn),
      envelope: Buffer.from(`live ${turn}`),
    };
    await writeSurely(
      client,
      `INSERT INTO ${this.#table.keyspace}.octree_nodes (morton_code, level, material_id, homogeneity, children_mask, compressed_data, last_modified) VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
      [
        ...[code, level, values.materialId, values.homogeneity, values.childrenMask],
        ...[values.envelope, values.lastModified, writeTimeUs],
      ],
    );
    this.rows.set(cellKey(level, code), { cell: describeCell(values), writeTimeUs });
  }

  async #delete(client: Client, { level, code }: Key): Promise<void> {
    const writeTimeUs = this.#timeOf({ level, code });
    await writeSurely(
      client,
      `DELETE FROM ${this.#table.keyspace}.octree_nodes USING TIMESTAMP ? WHERE morton_code = ? AND level = ?`,
      [writeTimeUs, code, level],
    );
    this.rows.set(cellKey(level, code), { cell: null, writeTimeUs });
  }

  #timeOf({ level, code }: Key): bigint {
    const rowLastUs = this.rows.get(cellKey(level, code))?.writeTimeUs ?? null;
    return liveWriteTime({ nowUs: BigInt(Date.now()) * 1000n, t0Us: this.#t0Us, rowLastUs });
  }
}

const MAX_ATTEMPTS = 20;
const REST_MS = 500;
const passing: ReadonlySet<number> = new Set([
  types.responseErrorCodes.overloaded,
  types.responseErrorCodes.unavailableException,
  types.responseErrorCodes.writeTimeout,
]);

/** As a service does that is answered by a timeout: the same write again, at the same time. */
async function writeSurely(client: Client, query: string, values: unknown[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.execute(query, values);
      return;
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !mayPass(error)) throw error;
    }
    await sleep(REST_MS);
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof errors.ResponseError) return passing.has(error.code);
  return error instanceof errors.OperationTimedOutError;
}
