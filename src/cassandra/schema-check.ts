import type { FoundColumn, FoundKeyspace, FoundTable } from "./inspect.js";
import { primaryKey, type SchemaSpec } from "./schema.js";
import {
  compactionClasses,
  compressorClasses,
  formatReplication,
  type Replication,
  type TableOptions,
} from "./schema-options.js";
import { rowTables, type Table, tablesOf } from "./tables.js";

/** A difference between a target and what it should be. */
export interface Drift {
  /** The keyspace's name, or keyspace.table. */
  readonly object: string;
  /** What of it differs: "column level", "primary key", "compaction" … */
  readonly item: string;
  readonly expected: string;
  readonly found: string;
  /** Whether rows cannot be loaded: the rest is how the server keeps them. */
  readonly isFatal: boolean;
}

const MISSING = "missing";
const SECONDS_PER_DAY = 86_400;

/** All differences of a target from `spec`; none: it is as it should be. */
export function findDrift(spec: SchemaSpec, found: FoundKeyspace | undefined): Drift[] {
  const { keyspace, layout } = spec;
  if (found === undefined) {
    return [fatal(keyspace, "keyspace", "present", MISSING)];
  }
  return [
    ...replicationDrift(spec, found),
    ...tablesOf(layout).flatMap((table) => {
      const object = `${keyspace}.${table.name}`;
      const foundTable = found.tables.get(table.name);
      if (foundTable === undefined) return [fatal(object, "table", "present", MISSING)];
      return [
        ...columnDrift(object, table, foundTable),
        ...(table === rowTables[layout] ? optionDrift(object, spec.tableOptions, foundTable) : []),
      ];
    }),
  ];
}

/** Differences of a table's columns and key, in the order of the table's own columns. */
export function columnDrift(object: string, table: Table, found: FoundTable): Drift[] {
  const drifts: Drift[] = [];
  const foundKey = primaryKey(keyOf(found.columns));
  if (foundKey !== primaryKey(table)) {
    drifts.push(fatal(object, "primary key", primaryKey(table), foundKey));
  }
  for (const { name, type } of table.columns) {
    const column = found.columns.find((one) => one.name === name);
    if (column === undefined) drifts.push(fatal(object, `column ${name}`, type, MISSING));
    else if (column.type !== type) drifts.push(fatal(object, `column ${name}`, type, column.type));
    else if (column.kind === "static") drifts.push(fatal(object, `column ${name}`, type, "static"));
    else if (column.clusteringOrder === "desc") {
      drifts.push(fatal(object, `order of ${name}`, "ascending", "descending"));
    }
  }
  const known = new Set(table.columns.map(({ name }) => name));
  for (const { name, type } of found.columns) {
    if (!known.has(name)) drifts.push(kept(object, `column ${name}`, "none", type));
  }
  return drifts;
}

function keyOf(columns: readonly FoundColumn[]): Pick<Table, "partitionKey" | "clusteringKey"> {
  const names = (kind: FoundColumn["kind"]) =>
    columns
      .filter((column) => column.kind === kind)
      .sort((a, b) => a.position - b.position)
      .map(({ name }) => name);
  return { partitionKey: names("partition_key"), clusteringKey: names("clustering") };
}

function optionDrift(object: string, options: TableOptions, found: FoundTable): Drift[] {
  const pairs: readonly (readonly [item: string, expected: string, found: string])[] = [
    ["compaction", compactionClasses[options.compaction], classOf(found.compaction)],
    ["compression", expectedCompression(options), foundCompression(found)],
    ["gc_grace_seconds", `${options.gcGraceDays * SECONDS_PER_DAY}`, `${found.gcGraceSeconds}`],
    ["default_time_to_live", `${options.ttlSeconds}`, `${found.ttlSeconds}`],
  ];
  return pairs
    .filter(([, expected, got]) => expected !== got)
    .map(([item, expected, got]) => kept(object, item, expected, got));
}

function expectedCompression({ compression, chunkKib }: TableOptions): string {
  const compressor = compressorClasses[compression];
  return compressor === null ? "none" : `${compressor}, chunks of ${chunkKib} KiB`;
}

function foundCompression({ compression }: FoundTable): string {
  if (compression.enabled === "false" || compression.class === undefined) return "none";
  return `${classOf(compression)}, chunks of ${compression.chunk_length_in_kb ?? "?"} KiB`;
}

function replicationDrift({ keyspace, replication }: SchemaSpec, found: FoundKeyspace): Drift[] {
  const expected = formatReplication(replication);
  const got = describeReplication(found.replication);
  return got === expected ? [] : [kept(keyspace, "replication", expected, got)];
}

/** As --rf takes it; a strategy other than NetworkTopologyStrategy is named in front. */
function describeReplication(replication: Readonly<Record<string, string>>): string {
  const { class: _, ...options } = replication;
  const strategy = classOf(replication);
  if (strategy !== "NetworkTopologyStrategy") return `${strategy} ${JSON.stringify(options)}`;
  return formatReplication(options as unknown as Replication);
}

/** Servers give the class with its package, some of their releases without. */
function classOf(options: Readonly<Record<string, string>>): string {
  return options.class?.split(".").at(-1) ?? "none";
}

function fatal(object: string, item: string, expected: string, found: string): Drift {
  return { object, item, expected, found, isFatal: true };
}

function kept(object: string, item: string, expected: string, found: string): Drift {
  return { object, item, expected, found, isFatal: false };
}
