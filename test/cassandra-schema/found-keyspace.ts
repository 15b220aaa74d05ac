import type { FoundColumn, FoundKeyspace, FoundTable } from "../../src/cassandra/inspect.js";
import { type Table, tablesOf } from "../../src/cassandra/tables.js";
import type { Layout } from "../../src/encoding/layout.js";

/** A keyspace as Cassandra 5.0 describes what `schema --apply` made with the defaults. */
export function foundKeyspace(layout: Layout): FoundKeyspace {
  return {
    replication: {
      class: "org.apache.cassandra.locator.NetworkTopologyStrategy",
      dc1: "3",
    },
    tables: new Map(tablesOf(layout).map((table) => [table.name, foundTable(table)])),
  };
}

/** The same keyspace with one table changed; undefined: without it. */
export function withTable(
  keyspace: FoundKeyspace,
  name: string,
  change: (table: FoundTable) => FoundTable | undefined,
): FoundKeyspace {
  const tables = new Map(keyspace.tables);
  const table = tables.get(name);
  if (table === undefined) throw new Error(`there is no table ${name}`);
  const changed = change(table);
  if (changed === undefined) tables.delete(name);
  else tables.set(name, changed);
  return { ...keyspace, tables };
}

/** A table with one column changed. */
export function withColumn(
  table: FoundTable,
  name: string,
  change: Partial<FoundColumn>,
): FoundTable {
  const columns = table.columns.map((one) => (one.name === name ? { ...one, ...change } : one));
  return { ...table, columns };
}

function foundTable(table: Table): FoundTable {
  return {
    // The server sorts by name.
    columns: table.columns
      .map(({ name, type }) => ({ name, type, ...placeOf(table, name) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    compaction: {
      class: "org.apache.cassandra.db.compaction.LeveledCompactionStrategy",
      max_threshold: "32",
      min_threshold: "4",
    },
    compression: {
      chunk_length_in_kb: "16",
      class: "org.apache.cassandra.io.compress.LZ4Compressor",
    },
    gcGraceSeconds: 7_776_000,
    ttlSeconds: 0,
  };
}

function placeOf(
  { partitionKey, clusteringKey }: Table,
  name: string,
): Pick<FoundColumn, "kind" | "position" | "clusteringOrder"> {
  const partition = partitionKey.indexOf(name);
  if (partition >= 0)
    return { kind: "partition_key", position: partition, clusteringOrder: "none" };
  const clustering = clusteringKey.indexOf(name);
  if (clustering >= 0) return { kind: "clustering", position: clustering, clusteringOrder: "asc" };
  return { kind: "regular", position: -1, clusteringOrder: "none" };
}
