import type { Host } from "cassandra-driver";
import type { Layout } from "../encoding/layout.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { requestFailure } from "./session-errors.js";
import type { StateSession } from "./state-partition.js";
import { rowTables } from "./tables.js";

/** What tells a table from one that was made in its place, or that has lost a column's values. */
export interface TableIdentity {
  /** The server's own name for the table: one that is made anew gets another. */
  readonly id: string;
  /**
   * When columns that are there now were dropped before, milliseconds since 1970. Cassandra hides
   * all their values of an earlier write time for good, whenever those are written.
   */
  readonly droppedAtMs: ReadonlyMap<string, number>;
  /** When it was truncated last, milliseconds since 1970 by a node's clock; 0: never. */
  readonly truncatedAtMs: number;
}

/** Nodes note one truncation at times as far apart as their clocks are. */
const TRUNCATION_SPREAD_MS = 2_000;
/** Of a note of system.local's truncated_at: a position in the commit log, then the time. */
const TRUNCATION_TIME_OFFSET = 12;

/**
 * @param asked of its truncations: every node that is up, or the coordinator alone. A table can be
 *   truncated only while all nodes are up, so each knows of it.
 * @returns undefined: there is no such table
 * @throws OctoloadError CASSANDRA_*
 */
export async function readTableIdentity(
  session: StateSession,
  layout: Layout,
  asked: "coordinator" | "all-nodes" = "coordinator",
): Promise<TableIdentity | undefined> {
  const { name, columns } = rowTables[layout];
  const select = (query: string) => selectOf(session, query, name);
  const [table] = await select("SELECT id FROM system_schema.tables");
  if (table === undefined) return undefined;
  const dropped = await select(
    "SELECT column_name, dropped_time FROM system_schema.dropped_columns",
  );
  const present = await select("SELECT column_name FROM system_schema.columns");
  const isPresent = (column: unknown) => present.some((one) => one.column_name === column);
  const known = dropped.filter(({ column_name: column }) => {
    return columns.some((one) => one.name === column) && isPresent(column);
  });
  const id = String(table.id);
  return {
    id,
    truncatedAtMs: await readTruncatedAtMs(session, id, asked),
    droppedAtMs: new Map(
      known.map((one) => [String(one.column_name), Number(one.dropped_time as Date)]),
    ),
  };
}

async function readTruncatedAtMs(
  { client }: StateSession,
  id: string,
  asked: "coordinator" | "all-nodes",
): Promise<number> {
  const ask = async (host?: Host) => {
    const options = { prepare: true, isIdempotent: true, ...(host === undefined ? {} : { host }) };
    const result = await client.execute("SELECT truncated_at FROM system.local", [], options);
    return truncationTime(result.first()?.get("truncated_at"), id);
  };
  if (asked === "coordinator") {
    return ask().catch((error: unknown) => {
      throw requestFailure(error, "looking when tables were truncated");
    });
  }
  const up = client.hosts.values().filter((host) => host.isUp());
  // A node that goes down meanwhile has nothing to say that the others do not.
  return Math.max(0, ...(await Promise.all(up.map((host) => ask(host).catch(() => 0)))));
}

/** @param notes of all tables, by their ids */
function truncationTime(notes: unknown, id: string): number {
  if (typeof notes !== "object" || notes === null) return 0;
  const note: unknown = Object.entries(notes).find(([table]) => table === id)?.[1];
  if (!Buffer.isBuffer(note) || note.length < TRUNCATION_TIME_OFFSET + 8) return 0;
  return Number(note.readBigInt64BE(TRUNCATION_TIME_OFFSET));
}

/**
 * Refuses a table that would not show what a run has written or goes on to write.
 *
 * @param claim of the run; tableId and truncatedAtMs: of the table it was claimed for
 * @throws OctoloadError RUN_OTHER; CASSANDRA_SCHEMA_LOST where there is no table
 */
export function requireTableOfRun(
  table: string,
  claim: {
    readonly tableId: string;
    readonly truncatedAtMs: number;
    readonly writeTimeUs: bigint;
  },
  found: TableIdentity | undefined,
): void {
  if (found === undefined) {
    throw new OctoloadError("CASSANDRA_SCHEMA_LOST", `the table ${table} is gone`);
  }
  if (found.id !== claim.tableId) {
    throw replaced(`the table ${table} was dropped and made anew since the run began`);
  }
  if (found.truncatedAtMs > claim.truncatedAtMs + TRUNCATION_SPREAD_MS) {
    const at = new Date(found.truncatedAtMs).toISOString();
    throw replaced(`the table ${table} was truncated at ${at}, after the run began`);
  }
  for (const [column, droppedAtMs] of found.droppedAtMs) {
    // Kept by the server to the microsecond, and told to the millisecond.
    if (BigInt(droppedAtMs + 1) * 1000n <= claim.writeTimeUs) continue;
    const at = new Date(droppedAtMs).toISOString();
    throw replaced(
      `column ${column} of ${table} was dropped at ${at} and added again: Cassandra hides its values of write times up to then, and the run's is ${claim.writeTimeUs} us`,
    );
  }
}

function replaced(fault: string): OctoloadError {
  return new OctoloadError("RUN_OTHER", fault, {
    remedy:
      "Load everything again with --restart; where T0 is set and a column was dropped, drop the table and make it anew first.",
  });
}

async function selectOf(
  { client, target }: StateSession,
  query: string,
  table: string,
): Promise<Readonly<Record<string, unknown>>[]> {
  const where = "WHERE keyspace_name = ? AND table_name = ?";
  const result = await client
    .execute(`${query} ${where}`, [target.keyspace, table], { prepare: true, isIdempotent: true })
    .catch((error: unknown) => {
      throw requestFailure(error, `describing the table ${table}`);
    });
  return result.rows.map((row) => ({ ...row }));
}
