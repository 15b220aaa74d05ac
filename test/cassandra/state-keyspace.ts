import { randomBytes } from "node:crypto";
import { applySchema } from "../../src/cassandra/apply-schema.js";
import { parseCassandraUrl } from "../../src/cassandra/cassandra-url.js";
import { quoteName } from "../../src/cassandra/cql-text.js";
import { defaultTableOptions } from "../../src/cassandra/schema-options.js";
import { type CassandraSession, connectCassandra } from "../../src/cassandra/session.js";
import type { CassandraAddress } from "../support/servers.js";

/** A keyspace of a test's own with both tables of rows, and sessions with it. */
export interface StateKeyspace {
  readonly url: string;
  readonly session: CassandraSession;
  connect(): Promise<CassandraSession>;
  /** Empties its tables. */
  clear(): Promise<void>;
  drop(): Promise<void>;
}

export async function createStateKeyspace({
  host,
  port,
  dc,
}: CassandraAddress): Promise<StateKeyspace> {
  const keyspace = `octoload_test_${randomBytes(6).toString("hex")}`;
  const url = `cassandra://${host}:${port}/${keyspace}?dc=${dc}`;
  const connect = () => connectCassandra(parseCassandraUrl(url));
  const session = await connect();
  const replication = { [session.datacenter]: 1 };
  for (const layout of ["node", "tile"] as const) {
    await applySchema(session, {
      keyspace,
      layout,
      replication,
      tableOptions: defaultTableOptions,
    });
  }
  const others: CassandraSession[] = [];
  return {
    url,
    session,
    connect: async () => {
      const other = await connect();
      others.push(other);
      return other;
    },
    clear: async () => {
      for (const table of ["octoload_state", "octree_nodes", "octree_tiles"]) {
        await session.client.execute(`TRUNCATE ${quoteName(keyspace)}.${table}`);
      }
    },
    drop: async () => {
      await session.client.execute(`DROP KEYSPACE ${quoteName(keyspace)}`);
      for (const one of [...others, session]) await one.close();
    },
  };
}
