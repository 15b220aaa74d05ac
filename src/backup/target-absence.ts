import { existsSync } from "node:fs";
import type { Environment } from "../endpoint/password.js";
import type { TargetUrl } from "../sink/target-url.js";

/**
 * What there is of a target into which nothing was ever loaded: nothing, or an empty keyspace, or
 * some of its tables without a record; undefined: there is a target.
 *
 * @throws OctoloadError TARGET_*, CASSANDRA_*
 */
export async function findAbsence(
  target: TargetUrl,
  env: Environment | undefined,
): Promise<readonly string[] | undefined> {
  if (target.kind === "sqlite") return existsSync(target.path) ? undefined : [];
  if (target.kind === "null") return [];
  const { withCluster } = await import("./with-cluster.js");
  const { findClusterAbsence } = await import("./cluster-absence.js");
  return withCluster(target, env, {}, findClusterAbsence);
}
