import { randomBytes } from "node:crypto";
import { type CassandraTarget, parseCassandraUrl } from "../../src/cassandra/cassandra-url.js";
import { quoteName } from "../../src/cassandra/cql-text.js";
import { type CassandraSession, connectCassandra } from "../../src/cassandra/session.js";
import type { CassandraAddress } from "../support/servers.js";

/** The name of a keyspace that is not there, and a session with its cluster. */
export interface SchemaKeyspace {
  readonly keyspace: string;
  /** For commands and sinks. */
  readonly url: string;
  readonly target: CassandraTarget;
  readonly session: CassandraSession;
  /** Runs a statement; `{ks}` in it is the keyspace. */
  execute(cql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Drops it, where a test made it, and ends the session. */
  end(): Promise<void>;
}

export async function openSchemaKeyspace({
  host,
  port,
}: CassandraAddress): Promise<SchemaKeyspace> {
  // Its case counts.
  const keyspace = `octoload_test_${randomBytes(6).toString("hex")}_A`;
  const url = `cassandra://${host}:${port}/${keyspace}`;
  const target = parseCassandraUrl(url);
  const session = await connectCassandra(target, { env: {} });
  const execute = async (cql: string) => {
    const statement = cql.replaceAll("{ks}", quoteName(keyspace));
    const { rows } = await session.client.execute(statement, [], { prepare: false });
    return (rows ?? []).map((row) => ({ ...row }));
  };
  return {
    keyspace,
    url,
    target,
    session,
    execute,
    end: async () => {
      await execute("DROP KEYSPACE IF EXISTS {ks}");
      await session.close();
    },
  };
}
