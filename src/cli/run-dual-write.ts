import type { CassandraTarget } from "../cassandra/cassandra-url.js";
import { requireTables } from "../cassandra/fitness.js";
import { inspectKeyspace } from "../cassandra/inspect.js";
import { type CassandraSession, connectCassandra } from "../cassandra/session.js";
import {
  giveUpT0,
  readDualWriteStatus,
  switchDualWriteOff,
  switchDualWriteOn,
} from "../cassandra/t0.js";
import { rowTables } from "../cassandra/tables.js";
import { renderStatus, statusReport } from "./dual-write-text.js";
import type { CliIo } from "./io.js";
import { alignColumns, writeJson } from "./output.js";

/** `status` changes nothing; `reset` gives up T0. */
export type DualWriteChange = "on" | "off" | "reset" | "status";

export interface DualWriteRequest {
  readonly target: CassandraTarget;
  readonly change: DualWriteChange;
  readonly json: boolean;
}

const changes: Readonly<Record<DualWriteChange, (session: CassandraSession) => Promise<void>>> = {
  on: switchDualWriteOn,
  off: switchDualWriteOff,
  reset: giveUpT0,
  status: async () => undefined,
};

/** Changes what is asked for, then prints what is. */
export async function runDualWrite(
  { target, change, json }: DualWriteRequest,
  io: CliIo,
): Promise<void> {
  const note = (text: string) => io.stderr(`octoload: ${text}\n`);
  const session = await connectCassandra(target, { env: io.env, onNote: note });
  try {
    const found = await inspectKeyspace(session);
    const isTile = found?.tables.has(rowTables.tile.name) === true;
    requireTables(target.keyspace, target.layout ?? (isTile ? "tile" : "node"), found);
    await changes[change](session);
    const status = await readDualWriteStatus(session);
    if (json) writeJson(io, statusReport(status));
    else io.stdout(alignColumns(renderStatus(status)));
  } finally {
    await session.close();
  }
}
