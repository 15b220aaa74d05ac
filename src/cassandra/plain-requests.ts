import { type Client, errors, types } from "cassandra-driver";
import type { Layout } from "../encoding/layout.js";
import { insertRowCql } from "./frames.js";
import type { CassandraSession } from "./session.js";
import { classifyFailure, type WireFailure } from "./wire/wire-failure.js";

/** A row to be written; its envelope must stay as it is until it was. */
export interface PlainRow {
  readonly level: number;
  /** code >> 15 */
  readonly tile: bigint;
  /** code & 0x7fff */
  readonly cell: number;
  readonly material: number | null;
  readonly homogeneity: number;
  /** children_mask, 0..255. */
  readonly mask: number;
  readonly envelope: Uint8Array;
  readonly lastModified: bigint;
}

/** Of a request without a timestamp of its own. */
export interface RequestFacts {
  readonly consistency: number;
  /** Of all rows, microseconds since 1970. */
  readonly timestampUs: bigint;
}

/** A statement that is prepared where it is not yet, and the values of its bind markers. */
export interface PlainStatement {
  readonly query: string;
  readonly params: readonly unknown[];
}

export interface PlainOptions extends RequestFacts {
  readonly layout: Layout;
  readonly nullAs: "null" | "unset";
}

/** Writes rows by the driver's public functions alone, whichever version it has. */
export class PlainRequests {
  readonly #client: Client;
  readonly #query: string;
  readonly #options: PlainOptions;

  constructor({ client, target }: CassandraSession, options: PlainOptions) {
    this.#client = client;
    this.#query = insertRowCql(target.keyspace, options.layout);
    this.#options = options;
  }

  /**
   * Writes rows as one request: an unlogged batch, or a single row's INSERT. Never rejects.
   *
   * @returns why it was not acknowledged; undefined: it was
   */
  write(rows: readonly PlainRow[]): Promise<WireFailure | undefined> {
    const statements = rows.map((row) => ({ query: this.#query, params: this.#valuesOf(row) }));
    return sendPlain(this.#client, statements, this.#options);
  }

  /** In the order of the INSERT's bind markers. */
  #valuesOf(row: PlainRow): unknown[] {
    const { layout, nullAs } = this.#options;
    const key =
      layout === "node"
        ? [BigInt.asIntN(64, (row.tile << 15n) | BigInt(row.cell)), row.level]
        : [row.level, BigInt.asIntN(64, row.tile), row.cell];
    const noMaterial = nullAs === "unset" ? types.unset : null;
    return [
      ...key,
      row.material ?? noMaterial,
      row.homogeneity,
      // A tinyint is signed.
      (row.mask << 24) >> 24,
      Buffer.from(row.envelope.buffer, row.envelope.byteOffset, row.envelope.byteLength),
      row.lastModified,
    ];
  }
}

/**
 * Sends statements as one request: an unlogged batch, or the only statement by itself. Never
 * rejects.
 *
 * @returns why it was not acknowledged; undefined: it was
 */
export async function sendPlain(
  client: Client,
  statements: readonly PlainStatement[],
  { consistency, timestampUs }: RequestFacts,
): Promise<WireFailure | undefined> {
  const [first] = statements;
  if (first === undefined) return undefined;
  const timestamp = types.Long.fromString(String(timestampUs));
  const options = { prepare: true, consistency, timestamp, isIdempotent: true };
  try {
    if (statements.length === 1) {
      await client.execute(first.query, [...first.params], options);
    } else {
      const queries = statements.map(({ query, params }) => ({ query, params: [...params] }));
      await client.batch(queries, { ...options, logged: false });
    }
    return undefined;
  } catch (error) {
    const reason = reasonOf(error);
    return classifyFailure(reason, reason instanceof errors.OperationTimedOutError);
  }
}

/** What a host answered, where the driver gathers what each of them did. */
function reasonOf(error: unknown): unknown {
  if (!(error instanceof errors.NoHostAvailableError)) return error;
  return Object.values<unknown>(error.innerErrors ?? {})[0] ?? error;
}
