import { OctoloadError } from "../errors/octoload-error.js";
import { quoteName } from "./cql-text.js";
import { type CqlRow, PageReader, pageFetcher } from "./page-reader.js";
import { PageSize } from "./page-size.js";
import type { CassandraSession } from "./session.js";
import { WRITE_TIMES_SCOPE } from "./state.js";
import type { StateEntries, StateEntry } from "./state-partition.js";
import { stateTable } from "./tables.js";

/** Key of the write times' scope that is there while a restore goes on, or was broken off. */
export const restoringKey = "restoring";
const retry = { attempts: 4, firstPauseMs: 200 };

/**
 * Refuses to load into a target of which a restore has put back a part only.
 *
 * @param entries have been read with `restoringKey`
 * @throws OctoloadError TARGET_RESTORING
 */
export function requireNotRestoring(entries: StateEntries, keyspace: string): void {
  const entry = entries.get(restoringKey);
  if (entry !== undefined) throw restoring(entry, keyspace);
}

/**
 * Refuses to read a target of which a restore has put back a part only: what is missing yet would
 * look like what never was. Read at the session's consistency, asked for again while a node restarts;
 * whoever may not read octoload_state is let through.
 *
 * @throws OctoloadError TARGET_RESTORING, CASSANDRA_*
 */
export async function requireWhole({ client, target }: CassandraSession): Promise<void> {
  const table = `${quoteName(target.keyspace)}.${stateTable.name}`;
  const columns = "value, changed_at, changed_by";
  const query = {
    cql: `SELECT ${columns} FROM ${table} WHERE scope = ? AND key = ?`,
    params: [WRITE_TIMES_SCOPE, restoringKey],
    what: table,
  };
  try {
    const reader = new PageReader(pageFetcher(client), retry);
    for await (const [row] of reader.pages(query, new PageSize(1))) {
      // What was removed leaves a row without a value.
      if (typeof row?.value === "string") throw restoring(entryOf(row), target.keyspace);
    }
  } catch (error) {
    if (error instanceof OctoloadError && error.code === "CASSANDRA_PERMISSION") return;
    throw error;
  }
}

function entryOf(row: CqlRow): StateEntry {
  return {
    value: String(row.value),
    changedAtMs: BigInt(String(row.changed_at ?? 0)),
    changedBy: String(row.changed_by ?? ""),
  };
}

function restoring(entry: StateEntry, keyspace: string): OctoloadError {
  const since = new Date(Number(entry.changedAtMs)).toISOString();
  return new OctoloadError(
    "TARGET_RESTORING",
    `${keyspace}: a restore began at ${since} (${entry.changedBy}) and has not ended`,
  );
}
