import type { CassandraTarget } from "../cassandra/cassandra-url.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { parseTargetUrl } from "../sink/target-url.js";

const EXAMPLE = "such as cassandra://10.0.0.1/bluemarble?dc=dc1";

/**
 * The --to of a command that works on Cassandra alone.
 *
 * @throws OctoloadError USAGE, TARGET_URL
 */
export function requireCassandraTarget(command: string, url: string | undefined): CassandraTarget {
  if (url === undefined) {
    throw new OctoloadError("USAGE", `--to is missing: the target's URL, ${EXAMPLE}`);
  }
  const target = parseTargetUrl(url);
  if (target.kind === "cassandra") return target;
  throw new OctoloadError("USAGE", `${command} is for Cassandra targets, ${EXAMPLE}`);
}
