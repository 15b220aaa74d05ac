import { applySchema } from "../../src/cassandra/apply-schema.js";
import { defaultTableOptions } from "../../src/cassandra/schema-options.js";
import type { CassandraSession } from "../../src/cassandra/session.js";
import { rowTables } from "../../src/cassandra/tables.js";
import { recordLoad } from "../../src/sink/cassandra/target-record.js";
import type { Layout, TargetFacts } from "../../src/sink/sink.js";
import { mapInOrder } from "../../src/target/cassandra/merge-pages.js";
import type { CassandraAddress } from "../support/servers.js";
import { type SinkRow, sinkBatch, targetFacts } from "../support/sink-blocks.js";
import { openSchemaKeyspace, type SchemaKeyspace } from "./schema-keyspace.js";

const INSERTS_AT_ONCE = 100;

/** A keyspace with rows of one layout, put there by the driver's own INSERTs. */
export async function openReadsKeyspace(
  cassandra: CassandraAddress,
  layout: Layout,
  rows: readonly SinkRow[],
  changes: Partial<TargetFacts> = {},
  copies = 1,
): Promise<SchemaKeyspace> {
  const keyspace = await openSchemaKeyspace(cassandra);
  const { session } = keyspace;
  const facts = targetFacts(changes);
  await applySchema(session, {
    keyspace: keyspace.keyspace,
    layout,
    replication: { [session.datacenter]: copies },
    tableOptions: defaultTableOptions,
  });
  await recordLoad(session, layout, facts);
  await insertRows(session, layout, rows, facts);
  return keyspace;
}

async function insertRows(
  { client, target }: CassandraSession,
  layout: Layout,
  rows: readonly SinkRow[],
  { frame, writeTimeUs }: Pick<TargetFacts, "frame" | "writeTimeUs">,
): Promise<void> {
  const { name, columns } = rowTables[layout];
  const names = columns.map((column) => column.name);
  const cql = `INSERT INTO "${target.keyspace}".${name} (${names.join(", ")})
    VALUES (${names.map(() => "?").join(", ")}) USING TIMESTAMP ${writeTimeUs}`;
  const insert = (row: SinkRow) => {
    const values = new Map(Object.entries(columnsOf(row, frame)));
    const params = names.map((column) => values.get(column));
    return client.execute(cql, params, { prepare: true });
  };
  for await (const _ of mapInOrder(rows, INSERTS_AT_ONCE, insert));
}

function columnsOf(row: SinkRow, frame: TargetFacts["frame"]): Readonly<Record<string, unknown>> {
  const batch = sinkBatch([row], frame);
  const mask = batch.masks[0] ?? 0;
  return {
    morton_code: row.code,
    level: row.level,
    tile: row.code >> 15n,
    cell: Number(row.code & 0x7fffn),
    material_id: row.material === null ? null : batch.materials[0],
    homogeneity: batch.homogeneities[0],
    children_mask: (mask << 24) >> 24,
    compressed_data: Buffer.from(batch.bytes),
    last_modified: batch.lastModified[0],
  };
}
