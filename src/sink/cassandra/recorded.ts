import { hasMetaTable, requireOwnTables } from "../../cassandra/fitness.js";
import { inspectKeyspace } from "../../cassandra/inspect.js";
import { MetaStore } from "../../cassandra/meta.js";
import { readLastClaim, readLastTimeUs } from "../../cassandra/run-claim.js";
import { SCHEMA_VERSION } from "../../cassandra/schema.js";
import type { CassandraSession } from "../../cassandra/session.js";
import { stateTable } from "../../cassandra/tables.js";
import { nothingRecorded, type RecordedTarget } from "../recorded-target.js";
import type { Layout } from "../sink.js";
import { parseMeta } from "../target-meta.js";

/**
 * What a target in Cassandra knows of earlier loads, whatever of its keyspace is there yet.
 *
 * @throws OctoloadError TARGET_FOREIGN, TARGET_SCHEMA, STATE_*, CASSANDRA_*
 */
export async function recordedTarget(
  session: CassandraSession,
  layout: Layout,
): Promise<RecordedTarget> {
  const { keyspace } = session.target;
  const found = await inspectKeyspace(session);
  if (found === undefined) return nothingRecorded;
  requireOwnTables(keyspace, found);
  const entries = hasMetaTable(keyspace, found) ? await new MetaStore(session).readAll() : null;
  // Whoever began to record layout and frame and was broken off did not get to a source.
  const isComplete = entries?.has("frame") === true;
  const hasState = found.tables.has(stateTable.name);
  return {
    meta: isComplete ? parseMeta(keyspace, entries, SCHEMA_VERSION) : undefined,
    lastRun: hasState ? await readLastClaim(session, layout) : undefined,
    lastWriteTimeUs: hasState ? await readLastTimeUs(session) : 0n,
  };
}
