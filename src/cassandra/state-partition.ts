import { setTimeout } from "node:timers/promises";
import { type Client, types } from "cassandra-driver";
import type { ErrorCode } from "../errors/codes.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { type Clock, systemClock } from "./clock.js";
import { quoteName } from "./cql-text.js";
import { requestFailure } from "./session-errors.js";
import { stateTable } from "./tables.js";

/** What of a session the state is reached with. */
export interface StateSession {
  readonly client: Client;
  readonly target: { readonly keyspace: string };
}

export interface StateOptions {
  /** Who changes it, for people: by default user, host and process. */
  readonly actor: string;
  readonly clock?: Clock;
  /** How long a change may take, others' changes and lost answers included. */
  readonly timeoutMs?: number;
}

export interface StateEntry {
  readonly value: string;
  readonly changedAtMs: bigint;
  readonly changedBy: string;
}

export type StateEntries = ReadonlyMap<string, StateEntry>;

export interface Change<T> {
  readonly result: T;
  /** New values by key, null removes one; none: all is as it should be already. */
  readonly writes: Readonly<Record<string, string | null>>;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const MAX_PAUSE_MS = 1_000;

/** Counts the changes of its partition, and every change is conditional on it. */
const REVISION = "revision";

/** After these the change may have been made, or may be made yet, or nobody could be asked. */
const uncertain: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "CASSANDRA_TIMEOUT",
  "CASSANDRA_UNAVAILABLE",
  "CASSANDRA_UNREACHABLE",
  "CASSANDRA_FAILED",
]);

/** One partition of octoload_state: read and changed as a whole, by lightweight transactions. */
export class StatePartition {
  readonly #client: Client;
  readonly #table: string;
  readonly #scope: string;
  readonly #options: Required<StateOptions>;

  constructor({ client, target }: StateSession, scope: string, options: StateOptions) {
    this.#client = client;
    this.#table = `${quoteName(target.keyspace)}.${stateTable.name}`;
    this.#scope = scope;
    this.#options = { clock: systemClock, timeoutMs: DEFAULT_TIMEOUT_MS, ...options };
  }

  /**
   * The entries that are there of these keys, at SERIAL: after it, a change that was under way is
   * either seen or will never be made.
   *
   * @throws OctoloadError STATE_BUSY, CASSANDRA_*
   */
  read(keys: readonly string[]): Promise<StateEntries> {
    return this.change(keys, (entries) => ({ result: entries, writes: {} }));
  }

  /**
   * Reads, lets `decide` say what is to change, and writes that in one conditional batch; again
   * from the start where another change came between. So `decide` may be called several times, and
   * where an answer was lost it finds its own change made: it then has to say so.
   *
   * @throws what `decide` throws; OctoloadError STATE_BUSY, CASSANDRA_*
   */
  async change<T>(
    keys: readonly string[],
    decide: (entries: StateEntries) => Change<T> | Promise<Change<T>>,
  ): Promise<T> {
    const deadline = performance.now() + this.#options.timeoutMs;
    let lastFault: unknown;
    for (let attempt = 0; attempt === 0 || performance.now() < deadline; attempt++) {
      if (attempt > 0) await pause(attempt);
      try {
        const entries = await this.#read([...keys, REVISION]);
        const { result, writes } = await decide(entries);
        if (Object.keys(writes).length === 0) return result;
        if (await this.#writeIfUnchanged(entries.get(REVISION)?.value ?? null, writes)) {
          return result;
        }
      } catch (error) {
        if (!(error instanceof OctoloadError && uncertain.has(error.code))) throw error;
        lastFault = error;
      }
    }
    throw this.#busy(lastFault);
  }

  async #read(keys: readonly string[]): Promise<StateEntries> {
    const query = `SELECT key, value, changed_at, changed_by FROM ${this.#table} WHERE scope = ? AND key IN ?`;
    const result = await this.#client
      .execute(query, [this.#scope, [...keys]], {
        prepare: true,
        consistency: types.consistencies.serial,
        isIdempotent: true,
      })
      .catch((error: unknown) => {
        throw requestFailure(error, `reading ${stateTable.name}`);
      });
    const entries = new Map<string, StateEntry>();
    for (const row of result.rows) {
      const value: unknown = row.get("value");
      if (value === null) continue;
      entries.set(String(row.get("key")), {
        value: String(value),
        changedAtMs: BigInt(row.get("changed_at") ?? 0),
        changedBy: String(row.get("changed_by") ?? ""),
      });
    }
    return entries;
  }

  async #writeIfUnchanged(
    revision: string | null,
    writes: Readonly<Record<string, string | null>>,
  ): Promise<boolean> {
    const { actor, clock } = this.#options;
    const changed = [clock() / 1000n, actor] as const;
    const revise = `UPDATE ${this.#table} SET value = ?, changed_at = ?, changed_by = ? WHERE scope = ? AND key = ? IF value = ?`;
    const write = `UPDATE ${this.#table} SET value = ?, changed_at = ?, changed_by = ? WHERE scope = ? AND key = ?`;
    const next = String(BigInt(revision ?? 0) + 1n);
    const statements = [
      { query: revise, params: [next, ...changed, this.#scope, REVISION, revision] },
      ...Object.entries(writes).map(([key, value]) => {
        return { query: write, params: [value, ...changed, this.#scope, key] };
      }),
    ];
    const result = await this.#client
      .batch(statements, {
        prepare: true,
        logged: false,
        consistency: types.consistencies.quorum,
        serialConsistency: types.consistencies.serial,
        isIdempotent: false,
      })
      .catch((error: unknown) => {
        throw requestFailure(error, `changing ${stateTable.name}`);
      });
    return result.wasApplied();
  }

  #busy(lastFault: unknown): OctoloadError {
    const seconds = this.#options.timeoutMs / 1000;
    const why =
      lastFault instanceof OctoloadError ? lastFault.fault : "others changed it each time";
    return new OctoloadError(
      "STATE_BUSY",
      `${this.#scope} in ${this.#table} could not be read or changed within ${seconds} s: ${why}`,
      { cause: lastFault },
    );
  }
}

/** Random, so that those who met do not meet again. */
async function pause(attempt: number): Promise<void> {
  const limitMs = Math.min(10 * 2 ** attempt, MAX_PAUSE_MS);
  await setTimeout(Math.random() * limitMs);
}
