import type { CassandraSession } from "./session.js";
import { requestFailure } from "./session-errors.js";

/** A column as system_schema.columns has it. */
export interface FoundColumn {
  readonly name: string;
  readonly type: string;
  readonly kind: "partition_key" | "clustering" | "regular" | "static";
  /** Of key columns: their place in the key, from 0. */
  readonly position: number;
  readonly clusteringOrder: string;
}

/** A table as the server describes it. */
export interface FoundTable {
  readonly columns: readonly FoundColumn[];
  readonly compaction: Readonly<Record<string, string>>;
  readonly compression: Readonly<Record<string, string>>;
  readonly gcGraceSeconds: number;
  readonly ttlSeconds: number;
}

/** A keyspace as the server describes it. */
export interface FoundKeyspace {
  /** Its strategy's class and options. */
  readonly replication: Readonly<Record<string, string>>;
  /** By their names. */
  readonly tables: ReadonlyMap<string, FoundTable>;
}

/**
 * Asks what the target's keyspace holds; undefined: there is none.
 *
 * @throws OctoloadError CASSANDRA_*
 */
export async function inspectKeyspace(
  session: CassandraSession,
): Promise<FoundKeyspace | undefined> {
  const { keyspace } = session.target;
  try {
    const [found] = await select<{ replication: Record<string, string> }>(
      session,
      "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?",
      keyspace,
    );
    if (found === undefined) return undefined;
    return { replication: found.replication, tables: await readTables(session, keyspace) };
  } catch (error) {
    throw requestFailure(error, `describing the keyspace ${keyspace}`);
  }
}

interface TableRow {
  readonly table_name: string;
  readonly compaction: Record<string, string>;
  readonly compression: Record<string, string>;
  readonly gc_grace_seconds: number;
  readonly default_time_to_live: number;
}

interface ColumnRow {
  readonly table_name: string;
  readonly column_name: string;
  readonly type: string;
  readonly kind: FoundColumn["kind"];
  readonly position: number;
  readonly clustering_order: string;
}

async function readTables(
  session: CassandraSession,
  keyspace: string,
): Promise<Map<string, FoundTable>> {
  const tables = await select<TableRow>(
    session,
    `SELECT table_name, compaction, compression, gc_grace_seconds, default_time_to_live
     FROM system_schema.tables WHERE keyspace_name = ?`,
    keyspace,
  );
  const columns = await select<ColumnRow>(
    session,
    `SELECT table_name, column_name, type, kind, position, clustering_order
     FROM system_schema.columns WHERE keyspace_name = ?`,
    keyspace,
  );
  return new Map(
    tables.map((table) => [
      table.table_name,
      {
        columns: columns.filter(({ table_name }) => table_name === table.table_name).map(toColumn),
        compaction: table.compaction,
        compression: table.compression,
        gcGraceSeconds: table.gc_grace_seconds,
        ttlSeconds: table.default_time_to_live,
      },
    ]),
  );
}

function toColumn(row: ColumnRow): FoundColumn {
  return {
    name: row.column_name,
    type: row.type,
    kind: row.kind,
    position: row.position,
    clusteringOrder: row.clustering_order,
  };
}

/** All pages: a keyspace may hold thousands of columns of others. */
async function select<Row>(
  { client }: CassandraSession,
  query: string,
  keyspace: string,
): Promise<Row[]> {
  const rows: Row[] = [];
  const result = await client.execute(query, [keyspace], { prepare: true });
  for await (const row of result) rows.push({ ...row } as unknown as Row);
  return rows;
}
