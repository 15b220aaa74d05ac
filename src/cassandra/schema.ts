import type { Layout } from "../encoding/layout.js";
import { quoteName, quoteText } from "./cql-text.js";
import {
  compactionClasses,
  compressorClasses,
  type Replication,
  type TableOptions,
} from "./schema-options.js";
import { metaTable, rowTables, stateTable, type Table } from "./tables.js";

/** Of the tables below: a target of another version is not written to. */
export const SCHEMA_VERSION = 1;

const SECONDS_PER_DAY = 86_400;

/** Everything that decides what a target's keyspace and tables are. */
export interface SchemaSpec {
  readonly keyspace: string;
  readonly layout: Layout;
  readonly replication: Replication;
  readonly tableOptions: TableOptions;
}

/** A statement and what it makes. */
export interface SchemaStatement {
  /** The keyspace's name, or keyspace.table. */
  readonly object: string;
  /** null: the keyspace itself. */
  readonly table: string | null;
  readonly comment: string;
  /** Without the semicolon. */
  readonly cql: string;
}

/** The statements that make a target, in the order they have to run; each leaves alone what is there. */
export function schemaStatements(spec: SchemaSpec): SchemaStatement[] {
  return [
    {
      object: spec.keyspace,
      table: null,
      comment: "The keyspace: copies of each row by data centre.",
      cql: createKeyspace(spec),
    },
    statementOf(spec, metaTable, "What the target records of itself.", {
      comment: "octoload: what this target records of itself",
    }),
    statementOf(spec, stateTable, "Runs and switches; changed by lightweight transaction only.", {
      comment: "octoload: runs and switches of this target",
    }),
    statementOf(spec, rowTables[spec.layout], "The rows.", rowTableOptions(spec.tableOptions)),
  ];
}

type Properties = Readonly<
  Record<string, string | number | Readonly<Record<string, string | number>>>
>;

/** Properties of the table of rows, as CREATE TABLE takes them. */
function rowTableOptions(options: TableOptions): Properties {
  const compressor = compressorClasses[options.compression];
  return {
    comment: "octoload: one row a cell of the octree",
    compaction: { class: compactionClasses[options.compaction] },
    compression:
      compressor === null
        ? { enabled: "false" }
        : { class: compressor, chunk_length_in_kb: options.chunkKib },
    gc_grace_seconds: options.gcGraceDays * SECONDS_PER_DAY,
    default_time_to_live: options.ttlSeconds,
  };
}

function statementOf(
  { keyspace }: SchemaSpec,
  table: Table,
  comment: string,
  properties: Properties,
): SchemaStatement {
  const lines = [
    ...table.columns.map(({ name, type }) => `${name} ${type}`),
    `PRIMARY KEY (${primaryKey(table)})`,
  ];
  const cql = `CREATE TABLE IF NOT EXISTS ${quoteName(keyspace)}.${table.name} (\n  ${lines.join(",\n  ")}\n) WITH ${formatProperties(properties)}`;
  return { object: `${keyspace}.${table.name}`, table: table.name, comment, cql };
}

function createKeyspace({ keyspace, replication }: SchemaSpec): string {
  const properties = { replication: { class: "NetworkTopologyStrategy", ...replication } };
  return `CREATE KEYSPACE IF NOT EXISTS ${quoteName(keyspace)}\n  WITH ${formatProperties(properties)}`;
}

/** As CREATE TABLE has it: (morton_code, level), or ((level, tile), cell). */
export function primaryKey({
  partitionKey,
  clusteringKey,
}: Omit<Table, "name" | "columns">): string {
  const partition = partitionKey.join(", ");
  const first = partitionKey.length > 1 ? `(${partition})` : partition;
  return [first, ...clusteringKey].join(", ");
}

function formatProperties(properties: Properties): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name} = ${formatValue(value)}`)
    .join("\n  AND ");
}

function formatValue(value: Properties[string]): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return quoteText(value);
  const parts = Object.entries(value).map(([key, one]) => `${quoteText(key)}: ${formatValue(one)}`);
  return `{${parts.join(", ")}}`;
}
