import { statfs } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import type { CassandraTarget } from "../cassandra/cassandra-url.js";
import { requireServerClock, systemClock } from "../cassandra/clock.js";
import type { ConsistencyName } from "../cassandra/consistency.js";
import { type FoundTable, inspectKeyspace } from "../cassandra/inspect.js";
import { chooseReplication, shapeOf } from "../cassandra/replication.js";
import { isEmpty, readWriteTimes } from "../cassandra/run-claim.js";
import { type Drift, findDrift } from "../cassandra/schema-check.js";
import { defaultTableOptions } from "../cassandra/schema-options.js";
import {
  parseSettingList,
  readServerSettings,
  type ServerSettings,
} from "../cassandra/server-settings.js";
import { type CassandraSession, connectCassandra } from "../cassandra/session.js";
import { rowTables, stateTable } from "../cassandra/tables.js";
import type { WriteTimes } from "../cassandra/write-time.js";
import type { Layout } from "../encoding/layout.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** Of keyspaces that a probe makes. */
export const PROBE_KEYSPACE = "octoload_probe_";

export interface NodeFacts {
  readonly address: string;
  readonly datacenter: string;
  readonly rack: string;
  readonly version: string;
  readonly isUp: boolean;
  /** null: the node is down, or does not tell this user. */
  readonly settings: ServerSettings | null;
  /** Of the fullest of its data folders; null: they are on another machine. */
  readonly freeBytes: number | null;
}

/** What the servers of a Cassandra target say. */
export interface CassandraFacts {
  readonly keyspace: string;
  readonly datacenter: string;
  readonly consistency: ConsistencyName;
  readonly nodes: readonly NodeFacts[];
  readonly isKeyspaceThere: boolean;
  /** Copies by data centre, as they are or as a load would choose; what it says of that choice. */
  readonly replication: Readonly<Record<string, number>>;
  readonly replicationNotes: readonly string[];
  /** The table of rows; null: it is not there yet. */
  readonly table: Pick<FoundTable, "gcGraceSeconds" | "ttlSeconds"> | null;
  readonly gcGraceSeconds: number;
  readonly isTableEmpty: boolean;
  /** How tables are kept otherwise than octoload would; what stops a load is refused elsewhere. */
  readonly drift: readonly Drift[];
  /** null: no run was ever claimed, nor T0 set. */
  readonly writeTimes: WriteTimes | null;
  /** null: within a second of the coordinator's. */
  readonly clockFault: OctoloadError | null;
  /** Keyspaces that a probe made and was ended before it dropped them. */
  readonly leftProbes: readonly string[];
}

/**
 * Asks the cluster of a target everything that a load may stumble over. Nothing is written.
 *
 * @throws OctoloadError CASSANDRA_*, STATE_*
 */
export async function readCassandraFacts(
  target: CassandraTarget,
  layout: Layout,
): Promise<CassandraFacts> {
  const session = await connectCassandra(target);
  try {
    return await readFacts(session, layout);
  } finally {
    await session.close();
  }
}

async function readFacts(session: CassandraSession, layout: Layout): Promise<CassandraFacts> {
  const { client, target, datacenter } = session;
  const { keyspace, consistency } = target;
  const found = await inspectKeyspace(session);
  const table = found?.tables.get(rowTables[layout].name) ?? null;
  const chosen = chooseReplication(shapeOf(session), undefined);
  const replication =
    found === undefined ? chosen.replication : copiesOf(found.replication, shapeOf(session).nodes);
  const tableOptions = defaultTableOptions;
  const spec = { keyspace, layout, replication, tableOptions };
  const hasState = found?.tables.has(stateTable.name) === true;
  return {
    ...{ keyspace, datacenter, consistency, replication, table },
    nodes: await Promise.all(client.hosts.values().map((host) => nodeFacts(session, host))),
    isKeyspaceThere: found !== undefined,
    replicationNotes: found === undefined ? chosen.notes : [],
    gcGraceSeconds: table?.gcGraceSeconds ?? tableOptions.gcGraceDays * 86_400,
    isTableEmpty: table === null || (await isEmpty(session, layout)),
    drift: table === null ? [] : findDrift(spec, found).filter(({ isFatal }) => !isFatal),
    writeTimes: hasState ? await readWriteTimes(session) : null,
    clockFault: await clockFaultOf(session),
    leftProbes: Object.keys(client.metadata.keyspaces)
      .filter((name) => name.startsWith(PROBE_KEYSPACE))
      .sort(),
  };
}

/** A strategy that knows no data centres has its copies wherever there are nodes. */
function copiesOf(
  { class: strategy = "", ...options }: Readonly<Record<string, string>>,
  nodes: ReadonlyMap<string, number>,
): Record<string, number> {
  const copies = (text: string | undefined) => Number.parseInt(text ?? "0", 10);
  if (strategy.endsWith("NetworkTopologyStrategy")) {
    return Object.fromEntries(Object.entries(options).map(([dc, rf]) => [dc, copies(rf)]));
  }
  const rf = copies(options.replication_factor);
  return Object.fromEntries([...nodes.keys()].map((dc) => [dc, rf]));
}

async function clockFaultOf({ client }: CassandraSession): Promise<OctoloadError | null> {
  try {
    await requireServerClock(client, systemClock);
    return null;
  } catch (error) {
    if (error instanceof OctoloadError && error.code === "CLOCK_SKEW") return error;
    throw error;
  }
}

type Host = ReturnType<CassandraSession["client"]["hosts"]["values"]>[number];

async function nodeFacts(session: CassandraSession, host: Host): Promise<NodeFacts> {
  const settings = (await readServerSettings(session, host)) ?? null;
  const { address, datacenter, rack, cassandraVersion } = host;
  const isHere = isOwnAddress(address.replace(/:\d+$/, ""));
  const folders = parseSettingList(settings?.get("data_file_directories"));
  return {
    ...{ address, datacenter, rack, settings },
    version: cassandraVersion ?? "unknown",
    isUp: host.isUp(),
    freeBytes: isHere ? await leastFree(folders) : null,
  };
}

/** Only of nodes on this machine can the disk be asked: Cassandra has no table of it. */
async function leastFree(folders: readonly string[]): Promise<number | null> {
  const free = await Promise.all(
    folders.map((folder) =>
      statfs(folder).then(
        ({ bavail, bsize }) => bavail * bsize,
        () => null,
      ),
    ),
  );
  const known = free.filter((bytes) => bytes !== null);
  return known.length === 0 || known.length < free.length ? null : Math.min(...known);
}

function isOwnAddress(address: string): boolean {
  if (/^127\./.test(address) || address === "::1") return true;
  const own = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  return own.some((one) => one.address === address);
}
