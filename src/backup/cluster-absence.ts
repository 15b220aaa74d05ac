import { hasMetaTable, requireOwnTables } from "../cassandra/fitness.js";
import { inspectKeyspace } from "../cassandra/inspect.js";
import { MetaStore } from "../cassandra/meta.js";
import type { CassandraSession } from "../cassandra/session.js";
import { metaTable, rowTables, stateTable } from "../cassandra/tables.js";

/** As findAbsence(), of a keyspace. @throws OctoloadError TARGET_*, CASSANDRA_* */
export async function findClusterAbsence(
  session: CassandraSession,
): Promise<readonly string[] | undefined> {
  const { keyspace } = session.target;
  const found = await inspectKeyspace(session);
  if (found === undefined) return [];
  requireOwnTables(keyspace, found);
  const isRecorded =
    hasMetaTable(keyspace, found) && (await new MetaStore(session).readAll()).size > 0;
  if (isRecorded) return undefined;
  const own = [...Object.values(rowTables), metaTable, stateTable].map(({ name }) => name);
  return [keyspace, ...own.filter((name) => found.tables.has(name))];
}
