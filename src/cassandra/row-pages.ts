import { OctoloadError } from "../errors/octoload-error.js";
import { consistencyCode } from "./consistency.js";
import { encodeExecute } from "./execute-frame.js";
import type { FetchPage, PageQuery } from "./page-reader.js";
import { readFailureOf } from "./read-failure.js";
import { type RingView, replicaSetAt } from "./ring.js";
import type { CassandraSession } from "./session.js";
import { NodeWire, type ReadAnswer } from "./wire/node-wire.js";
import { type PreparedStatement, prepareEverywhere } from "./wire/prepared-statements.js";

/** A page as the server sent it. */
export interface RawPage {
  /** Of the frame. */
  readonly flags: number;
  /** Of a RESULT. */
  readonly body: Uint8Array;
}

/** A page taken apart by whoever knows its columns. */
export interface UnpackedPage<Content> {
  /** undefined: it has no rows. */
  readonly content: Content | undefined;
  /** Where the next page begins; empty: there is none. */
  readonly pagingState: Uint8Array;
}

/** Longer than the server's own timeout of a range, 10 s unless configured. */
const TIMEOUT_MS = 15_000;
const MAX_REPREPARES = 3;

/** Reads pages of token ranges over the driver's connections without having the driver decode them. */
export class RowPages {
  readonly #session: CassandraSession;
  readonly #ring: RingView;
  readonly #wires: ReadonlyMap<string, NodeWire>;
  readonly #statement: PreparedStatement;
  #requests = 0;

  private constructor(session: CassandraSession, ring: RingView, statement: PreparedStatement) {
    this.#session = session;
    this.#ring = ring;
    this.#statement = statement;
    const local = session.client.hosts.values().filter((host) => {
      return host.datacenter === session.datacenter;
    });
    this.#wires = new Map(
      local.map(({ address }) => [address, NodeWire.of(session.client, address)]),
    );
  }

  /**
   * @param cql a SELECT of rows between two tokens, which are its only parameters
   * @throws OctoloadError CASSANDRA_PREPARE, CASSANDRA_UNREACHABLE, CASSANDRA_DRIVER_VERSION
   */
  static async prepare(session: CassandraSession, ring: RingView, cql: string): Promise<RowPages> {
    return new RowPages(session, ring, await prepareEverywhere(session.client, cql));
  }

  /** For a PageReader: `unpack` makes of a page what its reader wants. */
  fetcher<Content>(
    unpack: (page: RawPage, what: string) => Promise<UnpackedPage<Content>>,
  ): FetchPage<Content> {
    return async (query, fetchSize, pageState) => {
      const page = await this.#read(query, fetchSize, pageState);
      const { content, pagingState } = await unpack(page, query.what);
      const next = pagingState.length === 0 ? undefined : Buffer.from(pagingState).toString("hex");
      return { rows: content === undefined ? [] : [content], next };
    };
  }

  async #read(query: PageQuery, pageSize: number, pageState: string | undefined): Promise<RawPage> {
    const bigints = query.params.map((param) => BigInt(param));
    const wire = this.#wireFor(bigints.at(-1) ?? 0n, query.what);
    const frame = encodeExecute({
      preparedId: this.#statement.id,
      consistency: consistencyCode(this.#session.target.consistency),
      bigints,
      pageSize,
      pagingState: pageState === undefined ? undefined : Buffer.from(pageState, "hex"),
    });
    const answer = await this.#readPrepared(wire, frame, query.what);
    if (answer.kind === "failed") throw readFailureOf(answer.failure, query.what);
    return answer;
  }

  /** A node may have forgotten the statement. */
  async #readPrepared(wire: NodeWire, frame: Uint8Array, what: string): Promise<ReadAnswer> {
    let answer = await wire.read(frame, TIMEOUT_MS);
    for (let tries = 0; tries < MAX_REPREPARES; tries += 1) {
      if (answer.kind === "result" || answer.failure.reason !== "unprepared") return answer;
      const prepared = await wire.prepare(this.#statement.query);
      if (prepared.kind === "failed") return prepared;
      if (!prepared.id.equals(this.#statement.id)) {
        throw new OctoloadError("CASSANDRA_FAILED", `${what}: the table has changed meanwhile`);
      }
      answer = await wire.read(frame, TIMEOUT_MS);
    }
    return answer;
  }

  /** A replica, another one each time; else any node that has a connection. */
  #wireFor(token: bigint, what: string): NodeWire {
    const ring = this.#ring.current;
    const replicas = ring.replicaSets[replicaSetAt(ring, token)] ?? [];
    const isUp = (wire: NodeWire | undefined): wire is NodeWire => wire?.isUp === true;
    const near = replicas.map((address) => this.#wires.get(address)).filter(isUp);
    const usable = near.length > 0 ? near : [...this.#wires.values()].filter(isUp);
    this.#requests += 1;
    const wire = usable[this.#requests % usable.length];
    if (wire !== undefined) return wire;
    throw new OctoloadError("CASSANDRA_UNREACHABLE", `${what}: no node has an open connection`);
  }
}
