import type { types } from "cassandra-driver";
import { quoteName } from "./cql-text.js";
import { PageReader, pageFetcher } from "./page-reader.js";
import { PageSize } from "./page-size.js";
import type { CassandraSession } from "./session.js";
import { requestFailure } from "./session-errors.js";
import { metaTable } from "./tables.js";

const PAGE_BYTES = 1 << 20;
/** A server that misses its quorum says so after 5 s, unless configured. */
const retry = { attempts: 4, firstPauseMs: 200 };

/** The answer to a conditional write. */
type Outcome =
  | { readonly applied: true }
  /** Another value stands there; undefined: none does. */
  | { readonly applied: false; readonly value: string | undefined };

/**
 * The rows of octoload_meta. Written by lightweight transaction only, so that of two processes the
 * first one wins and the other learns of it.
 */
export class MetaStore {
  readonly #session: CassandraSession;
  readonly #table: string;
  readonly #reader: PageReader;

  constructor(session: CassandraSession) {
    this.#session = session;
    this.#reader = new PageReader(pageFetcher(session.client), retry);
    this.#table = `${quoteName(session.target.keyspace)}.${metaTable.name}`;
  }

  /**
   * All entries, at the session's consistency. Asked for again while a node restarts or is busy.
   *
   * @throws OctoloadError CASSANDRA_*
   */
  async readAll(): Promise<Map<string, string>> {
    const entries = new Map<string, string>();
    const cql = `SELECT key, value FROM ${this.#table}`;
    const query = { cql, params: [], what: this.#table };
    for await (const rows of this.#reader.pages(query, new PageSize(PAGE_BYTES))) {
      for (const { key, value } of rows) entries.set(String(key), String(value ?? ""));
    }
    return entries;
  }

  /** Writes an entry that is not there yet. @throws OctoloadError CASSANDRA_* */
  async insert(key: string, value: string): Promise<Outcome> {
    const cql = `INSERT INTO ${this.#table} (key, value) VALUES (?, ?) IF NOT EXISTS`;
    return outcomeOf(await this.#execute(cql, [key, value]));
  }

  /** Replaces an entry that still has the value `before`. @throws OctoloadError CASSANDRA_* */
  async replace(key: string, before: string, value: string): Promise<Outcome> {
    const cql = `UPDATE ${this.#table} SET value = ? WHERE key = ? IF value = ?`;
    return outcomeOf(await this.#execute(cql, [value, key, before]));
  }

  /** Removes an entry, whatever its value. @throws OctoloadError CASSANDRA_* */
  async remove(key: string): Promise<void> {
    await this.#execute(`DELETE FROM ${this.#table} WHERE key = ? IF EXISTS`, [key]);
  }

  async #execute(cql: string, values: readonly string[]): Promise<types.ResultSet> {
    try {
      return await this.#session.client.execute(cql, [...values], { prepare: true });
    } catch (error) {
      throw requestFailure(error, this.#table);
    }
  }
}

/** The server answers with the row that stood in the way. */
function outcomeOf(result: types.ResultSet): Outcome {
  if (result.wasApplied()) return { applied: true };
  const value: unknown = result.first()?.value;
  return { applied: false, value: typeof value === "string" ? value : undefined };
}
