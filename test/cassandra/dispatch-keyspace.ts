import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { types } from "cassandra-driver";
import { parseCassandraUrl } from "../../src/cassandra/cassandra-url.js";
import { quoteName } from "../../src/cassandra/cql-text.js";
import type { DispatchEvent } from "../../src/cassandra/dispatch/dispatch-events.js";
import type {
  DispatchOptions,
  FrameOutcome,
} from "../../src/cassandra/dispatch/dispatch-options.js";
import { FrameDispatcher } from "../../src/cassandra/dispatch/frame-dispatcher.js";
import { frameAt } from "../../src/cassandra/frame-buffer.js";
import { encodeFrames, insertRowCql } from "../../src/cassandra/frames.js";
import { type Ring, RingView } from "../../src/cassandra/ring.js";
import { type CassandraSession, connectCassandra } from "../../src/cassandra/session.js";
import { rowTables } from "../../src/cassandra/tables.js";
import {
  type PreparedStatement,
  prepareEverywhere,
} from "../../src/cassandra/wire/prepared-statements.js";
import { tokens } from "../../src/encoding/token.js";
import { batchOf, type Row } from "../cassandra-frames/row-batches.js";

const LEVEL = 18;
const { localQuorum } = types.consistencies;

export interface ReadyFrame {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly replicaSet: number;
}

/** A keyspace of its own with a table of layout node, and frames for it. */
export class DispatchKeyspace {
  readonly session: CassandraSession;
  readonly keyspace: string;
  readonly statement: PreparedStatement;
  readonly ring: Ring;
  readonly events: DispatchEvent[] = [];

  private constructor(session: CassandraSession, keyspace: string, statement: PreparedStatement) {
    [this.session, this.keyspace, this.statement] = [session, keyspace, statement];
    this.ring = new RingView(session.client, keyspace, session.datacenter).current;
  }

  /** @param contactPoints `host:port,host…` */
  static async open(contactPoints: string, replicas: number): Promise<DispatchKeyspace> {
    const keyspace = `octoload_test_dispatch_${randomBytes(6).toString("hex")}`;
    const target = parseCassandraUrl(`cassandra://${contactPoints}/${keyspace}`);
    const session = await connectCassandra(target, { env: {} });
    const { client, datacenter } = session;
    await client.execute(
      `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': ${replicas}}`,
    );
    const { name, columns } = rowTables.node;
    const types = columns.map((column) => `${column.name} ${column.type}`);
    await client.execute(
      `CREATE TABLE ${keyspace}.${name} (${types.join(", ")}, PRIMARY KEY (morton_code, level))`,
    );
    const statement = await prepareEverywhere(client, insertRowCql(keyspace, "node"));
    return new DispatchKeyspace(session, keyspace, statement);
  }

  dispatcher(options: Partial<DispatchOptions> = {}): Promise<FrameDispatcher> {
    const { ring, statement, keyspace } = this;
    return FrameDispatcher.create(this.session, {
      ...{ ring, statements: [statement], keyspace },
      onEvent: (event) => this.events.push(event),
      ...options,
    });
  }

  /** Frames of rows with the codes `first` and following, in token order. */
  frames(count: number, { first = 0, envelopeBytes = 60, maxRows = 32 } = {}): ReadyFrame[] {
    const codes = BigInt64Array.from({ length: count }, (_, at) => BigInt(first + at));
    const tokenOf = tokens(codes);
    const order = [...codes.keys()].sort((one, other) =>
      (tokenOf[one] ?? 0n) < (tokenOf[other] ?? 0n) ? -1 : 1,
    );
    const rows = order.map((at) => rowOf(codes[at] ?? 0n, envelopeBytes));
    const frames = encodeFrames(batchOf(rows), {
      ...{ layout: "node", preparedId: this.statement.id, consistency: localQuorum },
      ...{ timestampUs: 1_700_000_000_000_000n, nullAs: "unset", ring: this.ring },
      ...{ maxRows, maxMutationBytes: maxRows * (envelopeBytes + 200) },
    });
    return Array.from({ length: frames.count }, (_, at) => ({
      bytes: frameAt(frames, at),
      rows: frames.rows[at] ?? 0,
      replicaSet: frames.replicaSets[at] ?? 0,
    }));
  }

  /** Rows in the table, by token ranges: a count of everything would time out. */
  async countRows(consistency = localQuorum): Promise<number> {
    const query = `SELECT count(*) AS n FROM ${this.keyspace}.octree_nodes WHERE token(morton_code) >= ? AND token(morton_code) <= ?`;
    const pieces = 64n;
    const width = 2n ** 64n / pieces;
    let rows = 0;
    for (let piece = 0n; piece < pieces; piece += 1n) {
      const start = -(2n ** 63n) + piece * width;
      const options = { prepare: true, consistency, readTimeout: 30_000 };
      const range = [start, start + width - 1n];
      const result = await patiently(() => this.session.client.execute(query, range, options));
      rows += Number(result.first().n);
    }
    return rows;
  }

  execute(cql: string): Promise<unknown> {
    return this.session.client.execute(cql.replaceAll("{ks}", quoteName(this.keyspace)));
  }

  async close(): Promise<void> {
    await this.execute("DROP KEYSPACE IF EXISTS {ks}");
    await this.session.close();
  }
}

export function sendAll(
  dispatcher: FrameDispatcher,
  frames: readonly ReadyFrame[],
): Promise<FrameOutcome[]> {
  return Promise.all(
    frames.map(({ bytes, rows, replicaSet }) => dispatcher.send(bytes, rows, replicaSet)),
  );
}

/** A node that was killed a moment ago, or has caught up on much, answers late. */
async function patiently<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(1_000);
    }
  }
}

function rowOf(code: bigint, envelopeBytes: number): Row {
  return {
    ...{ level: LEVEL, code, material: 7, homogeneity: 0.5, mask: 255 },
    ...{ envelope: new Uint8Array(envelopeBytes).fill(0xa5), lastModified: 5n },
  };
}
