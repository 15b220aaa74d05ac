import type { CassandraTarget } from "../cassandra/cassandra-url.js";
import { inspectKeyspace } from "../cassandra/inspect.js";
import { connectCassandra } from "../cassandra/session.js";
import { readDualWriteStatus } from "../cassandra/t0.js";
import { stateTable } from "../cassandra/tables.js";
import type { Environment } from "../endpoint/password.js";
import { recordedTarget } from "../sink/cassandra/recorded.js";
import { settleTarget } from "../sink/cassandra/target-record.js";
import type { TargetState } from "./target-facts.js";

/** @throws OctoloadError TARGET_*, STATE_*, CASSANDRA_* */
export async function readClusterFacts(
  target: CassandraTarget,
  env: Environment | undefined,
): Promise<TargetState> {
  const session = await connectCassandra(target, env === undefined ? {} : { env });
  try {
    const found = await inspectKeyspace(session);
    const hasState = found?.tables.has(stateTable.name) === true;
    if (!hasState) return { isDualWriteOn: false, lastRunId: null };
    const { layout } = await settleTarget(session, { layout: target.layout, frame: null });
    const { isDualWriteOn } = await readDualWriteStatus(session);
    const { lastRun } = await recordedTarget(session, layout);
    return { isDualWriteOn, lastRunId: lastRun?.runId ?? null };
  } finally {
    await session.close();
  }
}
