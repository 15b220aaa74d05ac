import { randomBytes } from "node:crypto";
import { applySchema } from "../cassandra/apply-schema.js";
import type { CassandraTarget } from "../cassandra/cassandra-url.js";
import { quoteName } from "../cassandra/cql-text.js";
import { defaultTableOptions } from "../cassandra/schema-options.js";
import { type CassandraSession, connectCassandra } from "../cassandra/session.js";
import { requestFailure } from "../cassandra/session-errors.js";
import { rowTables, tablesOf } from "../cassandra/tables.js";
import { CassandraSink } from "../sink/cassandra/cassandra-sink.js";
import type { Layout } from "../sink/sink.js";
import { PROBE_KEYSPACE } from "./cassandra-facts.js";
import { closing, type ScratchTarget } from "./closing-scratch.js";
import type { TargetFindings } from "./target-findings.js";

/** Dropping waits for the disks of all nodes. */
const READ_TIMEOUT_MS = 60_000;

/**
 * A keyspace of the probe's own, with as many copies as the target has or will have, so that a
 * load's own way can be taken as it is. Nothing of the target is touched.
 *
 * @throws OctoloadError CASSANDRA_*
 */
export async function openScratchKeyspace(
  probed: CassandraTarget & { readonly layout: Layout },
  { url, cassandra }: TargetFindings,
): Promise<ScratchTarget> {
  const keyspace = `${PROBE_KEYSPACE}${randomBytes(4).toString("hex")}`;
  const target = { ...probed, keyspace };
  const session = await connectCassandra(target);
  const { layout } = target;
  try {
    const replication = cassandra?.replication ?? { [session.datacenter]: 1 };
    await applySchema(session, {
      keyspace,
      layout,
      replication,
      tableOptions: defaultTableOptions,
    });
    const leavesNoSnapshot = await forbidSnapshots(session, layout);
    await session.client.metadata.refreshKeyspace(keyspace);
    const sink = await CassandraSink.connect(url, target);
    return closing(sink, async () => {
      const left = await drop(session, leavesNoSnapshot || !hasAutoSnapshot(cassandra));
      await session.close();
      return left;
    });
  } catch (error) {
    await drop(session, true).catch(() => undefined);
    await session.close();
    throw error;
  }
}

/** A server keeps the files of what is dropped, unless the table says otherwise (5.0 and later). */
async function forbidSnapshots(session: CassandraSession, layout: Layout): Promise<boolean> {
  try {
    for (const { name } of tablesOf(layout)) {
      const table = `${quoteName(session.target.keyspace)}.${name}`;
      await execute(session, `ALTER TABLE ${table} WITH allow_auto_snapshot = false`);
    }
    return true;
  } catch {
    return false;
  }
}

function hasAutoSnapshot(cassandra: TargetFindings["cassandra"]): boolean {
  const said = cassandra?.nodes.map(({ settings }) => settings?.get("auto_snapshot")) ?? [];
  return said.length === 0 || said.some((value) => value !== "false");
}

async function drop(session: CassandraSession, isClean: boolean): Promise<string | null> {
  const { keyspace } = session.target;
  try {
    await execute(session, `DROP KEYSPACE IF EXISTS ${quoteName(keyspace)}`);
  } catch (error) {
    const { message } = requestFailure(error, `dropping ${keyspace}`);
    return `the keyspace ${keyspace}: ${message}`;
  }
  return isClean
    ? null
    : `a snapshot of ${keyspace}.${rowTables.node.name} on the nodes' disks (nodetool clearsnapshot)`;
}

async function execute({ client }: CassandraSession, cql: string): Promise<void> {
  await client.execute(cql, [], { prepare: false, readTimeout: READ_TIMEOUT_MS });
}
