import { type Client, types } from "cassandra-driver";
import { quoteName } from "./cql-text.js";
import { requestFailure } from "./session-errors.js";
import { WRITE_TIMES_SCOPE } from "./state.js";
import type { StateSession } from "./state-partition.js";
import { stateTable } from "./tables.js";

/** A row of octoload_state as a backup keeps it. */
export interface StateRow {
  readonly scope: string;
  readonly key: string;
  readonly value: string;
  /** Milliseconds since 1970, decimal. */
  readonly changedAtMs: string;
  readonly changedBy: string;
}

/**
 * All of the state, by scope and key. The write times are read at SERIAL, so that a change that is
 * under way is either seen or will never be made.
 *
 * @throws OctoloadError CASSANDRA_*
 */
export async function readState({ client, target }: StateSession): Promise<StateRow[]> {
  const table = `${quoteName(target.keyspace)}.${stateTable.name}`;
  const columns = "scope, key, value, changed_at, changed_by";
  const all = await select(client, `SELECT ${columns} FROM ${table}`, [], "quorum");
  const one = `SELECT ${columns} FROM ${table} WHERE scope = ?`;
  const times = await select(client, one, [WRITE_TIMES_SCOPE], "serial");
  const others = all.filter(({ scope }) => scope !== WRITE_TIMES_SCOPE);
  return [...others, ...times].sort((a, b) => {
    return compareText(a.scope, b.scope) || compareText(a.key, b.key);
  });
}

async function select(
  client: Client,
  query: string,
  params: readonly string[],
  level: "quorum" | "serial",
): Promise<StateRow[]> {
  const rows: StateRow[] = [];
  const consistency = types.consistencies[level];
  try {
    const options = { prepare: true, consistency, isIdempotent: true };
    const result = await client.execute(query, [...params], options);
    for await (const row of result) {
      if (row.value !== null) rows.push(stateRow({ ...row }));
    }
    return rows;
  } catch (error) {
    throw requestFailure(error, `reading ${stateTable.name}`);
  }
}

function stateRow(row: Readonly<Record<string, unknown>>): StateRow {
  return {
    scope: String(row.scope),
    key: String(row.key),
    value: String(row.value),
    changedAtMs: String(row.changed_at ?? 0),
    changedBy: String(row.changed_by ?? ""),
  };
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
