import { OctoloadError } from "../errors/octoload-error.js";
import type { StateEntries } from "./state-partition.js";

/** Key of the write times' scope that is there while a restore goes on, or was broken off. */
export const restoringKey = "restoring";

/**
 * Refuses to load into a target of which a restore has put back a part only.
 *
 * @param entries have been read with `restoringKey`
 * @throws OctoloadError TARGET_RESTORING
 */
export function requireNotRestoring(entries: StateEntries, keyspace: string): void {
  const entry = entries.get(restoringKey);
  if (entry === undefined) return;
  const since = new Date(Number(entry.changedAtMs)).toISOString();
  throw new OctoloadError(
    "TARGET_RESTORING",
    `${keyspace}: a restore began at ${since} (${entry.changedBy}) and has not ended`,
  );
}
