import type { CassandraTarget } from "../cassandra/cassandra-url.js";
import type { Environment } from "../endpoint/password.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { recordedTarget } from "../sink/sqlite/recorded.js";
import { parseTargetUrl } from "../sink/target-url.js";
import type { TargetState } from "./target-facts.js";

/** @throws OctoloadError TARGET_*, STATE_*, CASSANDRA_* */
export async function readTargetState(
  url: string,
  env: Environment | undefined,
): Promise<TargetState> {
  const target = parseTargetUrl(url);
  if (target.kind === "cassandra") return readClusterState(target, env);
  return { isDualWriteOn: false, lastRunId: recordedTarget(url).lastRun?.runId ?? null };
}

/**
 * Refuses a run whose targets could not be put back afterwards.
 *
 * @throws OctoloadError TARGET_LIVE, TARGET_*, STATE_*, CASSANDRA_*
 */
export async function requireNotLive(url: string, env: Environment | undefined): Promise<void> {
  const { isDualWriteOn } = await readTargetState(url, env);
  if (isDualWriteOn) throw new OctoloadError("TARGET_LIVE", `dual write is on for ${url}`);
}

async function readClusterState(
  target: CassandraTarget,
  env: Environment | undefined,
): Promise<TargetState> {
  const { readClusterFacts } = await import("./cluster-state.js");
  return readClusterFacts(target, env);
}
