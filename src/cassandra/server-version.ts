import { OctoloadError } from "../errors/octoload-error.js";
import type { TableOptions } from "./schema-options.js";

/** A release as a node says it; null where it does not. */
type ServerVersion = string | null | undefined;

/** The oldest server that octoload loads into. */
const MIN_MAJOR = 4;
/** The first one with UnifiedCompactionStrategy. */
const UNIFIED_MAJOR = 5;

/**
 * Refuses a cluster with a node that is too old, a mixed one too: it has not been upgraded yet.
 *
 * @param versions of all nodes, as they say it themselves: 4.1.3, 5.0-beta1
 * @throws OctoloadError CASSANDRA_VERSION
 */
export function requireServerVersions(versions: readonly ServerVersion[]): void {
  for (const version of versions) {
    if (majorOf(version) >= MIN_MAJOR) continue;
    throw new OctoloadError(
      "CASSANDRA_VERSION",
      `a node runs Cassandra ${version ?? "of an unknown version"}, but ${MIN_MAJOR}.0 is the oldest that fits`,
    );
  }
}

/**
 * Refuses table options that a node does not know, before some of the tables are made.
 *
 * @throws OctoloadError SCHEMA_OPTION
 */
export function requireKnownOptions(
  { compaction }: TableOptions,
  versions: readonly ServerVersion[],
): void {
  if (compaction !== "unified") return;
  const old = versions.find((version) => !(majorOf(version) >= UNIFIED_MAJOR));
  if (old === undefined) return;
  throw new OctoloadError(
    "SCHEMA_OPTION",
    `--compaction unified needs Cassandra ${UNIFIED_MAJOR}.0, but a node runs ${old}`,
  );
}

/** NaN where it does not say. */
function majorOf(version: ServerVersion): number {
  return Number(/^(\d+)\./.exec(version ?? "")?.[1]);
}
