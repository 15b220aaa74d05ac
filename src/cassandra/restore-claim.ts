import { OctoloadError } from "../errors/octoload-error.js";
import { describeActor } from "./actor.js";
import { type RestoredRows, stateKeysOf, stateWrites } from "./restored-state.js";
import { requireNotRestoring, restoringKey } from "./restoring.js";
import { decodeWriteTimes, WRITE_TIMES_SCOPE, writeTimesKeys } from "./state.js";
import type { StateRow } from "./state-copy.js";
import { StatePartition, type StateSession } from "./state-partition.js";

/**
 * Notes that a restore goes on: from now on no load begins or goes on, and dual write cannot be
 * switched on, until endRestore(). What an earlier restore left by being broken off is taken over.
 *
 * @param backup its id
 * @throws OctoloadError TARGET_LIVE, STATE_*, CASSANDRA_*
 */
export async function beginRestore(session: StateSession, backup: string): Promise<void> {
  const keys = [...writeTimesKeys, restoringKey];
  const note = JSON.stringify({ backup, by: describeActor() });
  await openPartition(session).change(keys, (entries) => {
    if (decodeWriteTimes(entries).isDualWriteOn) {
      const { keyspace } = session.target;
      throw new OctoloadError("TARGET_LIVE", `dual write is on for ${keyspace}`);
    }
    const isNoted = entries.get(restoringKey)?.value === note;
    return { result: undefined, writes: isNoted ? {} : { [restoringKey]: note } };
  });
}

/**
 * Brings the state into line with the restored rows, and lets loads begin again.
 *
 * @param backup all of the backup's state
 * @throws OctoloadError STATE_*, CASSANDRA_*
 */
export async function endRestore(
  session: StateSession,
  backup: readonly StateRow[],
  rows: RestoredRows,
): Promise<void> {
  const keys = [...writeTimesKeys, ...stateKeysOf(backup, rows.table), restoringKey];
  await openPartition(session).change([...new Set(keys)], (entries) => {
    // An answer that was lost: it is done, and a load may have begun since.
    if (!entries.has(restoringKey)) return { result: undefined, writes: {} };
    const writes = { ...stateWrites(entries, backup, rows), [restoringKey]: null };
    return { result: undefined, writes };
  });
}

/** @throws OctoloadError TARGET_RESTORING, STATE_*, CASSANDRA_* */
export async function requireRestored(session: StateSession): Promise<void> {
  requireNotRestoring(await openPartition(session).read([restoringKey]), session.target.keyspace);
}

function openPartition(session: StateSession): StatePartition {
  return new StatePartition(session, WRITE_TIMES_SCOPE, { actor: describeActor() });
}
