import cassandra, { type Client } from "cassandra-driver";
import { schemaStatements } from "../../dist/cassandra/schema.js";
import { defaultTableOptions } from "../../dist/cassandra/schema-options.js";
import { rowTables } from "../../dist/cassandra/tables.js";
import { codeOf, envelopeOf, type Layout, type SinkBatch, signedMaskOf } from "./rows-file.mjs";

const { types } = cassandra;
const TIMEOUT_MS = 120_000;
const COUNTED_RANGES = 64n;
const RANGES_AT_ONCE = 4;
const LOOKUPS_AT_ONCE = 32;

/** Makes a keyspace with empty tables, as `octoload schema` would, in place of one that is there. */
export async function makeKeyspace(client: Client, keyspace: string, layout: Layout, dc: string) {
  await dropKeyspace(client, keyspace);
  const replication = { [dc]: 1 };
  const spec = { keyspace, layout, replication, tableOptions: defaultTableOptions };
  for (const { cql } of schemaStatements(spec)) {
    await client.execute(cql, [], { readTimeout: TIMEOUT_MS });
  }
}

export async function dropKeyspace(client: Client, keyspace: string): Promise<void> {
  await client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`, [], { readTimeout: TIMEOUT_MS });
}

/** What a load left in its table, beside what it was given. */
export interface Audit {
  /** Rows given less rows found. */
  readonly missing: number;
  /** Rows looked at, one by one. */
  readonly looked: number;
  /** How many of those were not there, or not as given. */
  readonly differing: number;
}

/** Counts a table and compares so many of its rows with what was to be loaded. */
export async function auditTable(
  client: Client,
  keyspace: string,
  layout: Layout,
  rows: SinkBatch,
  samples: number,
): Promise<Audit> {
  const found = await countRows(client, keyspace, layout);
  const step = Math.max(1, Math.floor(rows.rows / samples));
  const indices = Array.from({ length: Math.ceil(rows.rows / step) }, (_, i) => i * step);
  const differing = await countDiffering(client, keyspace, layout, rows, indices);
  return { missing: rows.rows - found, looked: indices.length, differing };
}

/** By ranges of tokens: the count of a whole table would time out. */
async function countRows(client: Client, keyspace: string, layout: Layout): Promise<number> {
  const { name, partitionKey } = rowTables[layout];
  const token = `token(${partitionKey.join(", ")})`;
  const query = `SELECT count(*) FROM ${keyspace}.${name} WHERE ${token} >= ? AND ${token} <= ?`;
  const width = 2n ** 64n / COUNTED_RANGES;
  const ranges = Array.from({ length: Number(COUNTED_RANGES) }, (_, i) => {
    const first = -(2n ** 63n) + BigInt(i) * width;
    return [first, first + width - 1n].map((bound) => types.Long.fromString(String(bound)));
  });
  const counts = await inParallel(ranges, RANGES_AT_ONCE, async (range) => {
    const result = await client.execute(query, range, { prepare: true, readTimeout: TIMEOUT_MS });
    return Number(result.first().get("count"));
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

async function countDiffering(
  client: Client,
  keyspace: string,
  layout: Layout,
  rows: SinkBatch,
  indices: readonly number[],
): Promise<number> {
  const { name, partitionKey, clusteringKey } = rowTables[layout];
  const key = [...partitionKey, ...clusteringKey].map((column) => `${column} = ?`).join(" AND ");
  const query = `SELECT * FROM ${keyspace}.${name} WHERE ${key}`;
  const same = await inParallel(indices, LOOKUPS_AT_ONCE, async (index) => {
    const result = await client.execute(query, keyOf(rows, index, layout), { prepare: true });
    const [found] = result.rows;
    return found !== undefined && isSame(found, rows, index);
  });
  return same.filter((isAsGiven) => !isAsGiven).length;
}

function keyOf(rows: SinkBatch, index: number, layout: Layout): unknown[] {
  const long = (value: bigint) => types.Long.fromString(String(value));
  return layout === "node"
    ? [long(codeOf(rows, index)), rows.levels[index]]
    : [rows.levels[index], long(rows.tiles[index] ?? 0n), rows.cells[index]];
}

function isSame(found: cassandra.types.Row, rows: SinkBatch, index: number): boolean {
  const material = rows.noMaterials[index] === 1 ? null : rows.materials[index];
  const blob: unknown = found.get("compressed_data");
  return (
    found.get("material_id") === material &&
    found.get("homogeneity") === rows.homogeneities[index] &&
    found.get("children_mask") === signedMaskOf(rows, index) &&
    String(found.get("last_modified")) === String(rows.lastModified[index]) &&
    Buffer.isBuffer(blob) &&
    blob.equals(envelopeOf(rows, index))
  );
}

/** In order; so many at once. */
async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  act: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await act(items[i] as T);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
