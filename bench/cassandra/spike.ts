/**
 * Can ready frames go over the driver's own connections? Loads the same rows into three
 * nodes, RF 3, by prebuilt BATCH frames through NodeWire and by the driver's own unlogged
 * batches in turn, then once more with a node killed in mid-load, one frozen, the statement
 * forgotten, and counts what the tables hold.
 *
 *   node --import tsx bench/cassandra/spike.ts [--rows 320000] [--cluster DIR]
 *
 * --cluster: of `npm run cluster -- up --nodes 3 --dir DIR`; else it starts its own.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import cassandra, { type Client } from "cassandra-driver";
import {
  attachCassandra,
  type CassandraServers,
  startCassandra,
} from "../../scripts/cluster/cassandra.mjs";
import { openCluster } from "../../scripts/cluster/state.mjs";
import { type Ring, RingView } from "../../src/cassandra/ring.js";
import { NodeWire } from "../../src/cassandra/wire/node-wire.js";
import {
  PreparedStatements,
  prepareEverywhere,
} from "../../src/cassandra/wire/prepared-statements.js";
import {
  batchFrames,
  createTable,
  driverRow,
  INSERT,
  KEYSPACE,
  type RowFrame,
  sortedKeys,
  TABLE,
} from "./spike-frames.js";
import { type LoadPlan, type LoadResult, loadFrames } from "./spike-load.js";

const ROWS_OF_BATCH = 32;

const { values: flags } = parseArgs({
  options: {
    rows: { type: "string", default: "320000" },
    rounds: { type: "string", default: "3" },
    window: { type: "string", default: "8" },
    cluster: { type: "string" },
  },
});

const WINDOW_OF_NODE = Number(flags.window);

async function findServers(): Promise<CassandraServers> {
  const dir = flags.cluster;
  if (dir === undefined) {
    return startCassandra({ nodes: 3, tell: (line: string) => console.error(line) });
  }
  const cluster = openCluster(dir);
  if (cluster === undefined) throw new Error(`no cluster in ${dir}`);
  return attachCassandra(cluster);
}

async function connect(servers: CassandraServers): Promise<Client> {
  const client = new cassandra.Client({
    contactPoints: servers.contactPoints.map((address) => `${address}:${servers.port}`),
    localDataCenter: servers.dc,
    pooling: { heartBeatInterval: 2000 },
    socketOptions: { readTimeout: 20_000, defunctReadTimeoutThreshold: 8 },
  });
  await client.connect();
  await client.execute(`DROP KEYSPACE IF EXISTS ${KEYSPACE}`);
  await client.execute(
    `CREATE KEYSPACE ${KEYSPACE} WITH replication = {'class': 'NetworkTopologyStrategy', '${servers.dc}': 3}`,
  );
  await client.execute(createTable);
  return client;
}

/** Rows in the table, by token ranges: a count of everything would time out. */
async function countRows(client: Client): Promise<number> {
  const query = `SELECT count(*) FROM ${TABLE} WHERE token(morton_code) >= ? AND token(morton_code) <= ?`;
  const options = { prepare: true, consistency: cassandra.types.consistencies.localQuorum };
  const pieces = 64n;
  const width = 2n ** 64n / pieces;
  let rows = 0;
  for (let piece = 0n; piece < pieces; piece += 1n) {
    const start = -(2n ** 63n) + piece * width;
    const range = [start, start + width - 1n].map((bound) =>
      cassandra.types.Long.fromString(String(bound)),
    );
    const result = await patiently(() => client.execute(query, range, options));
    rows += Number(result.first().get("count"));
  }
  return rows;
}

/** A node that was away when the table was altered refuses reads until it has the schema. */
async function patiently<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (tries === 30) throw error;
      await sleep(1000);
    }
  }
}

async function loadByDriver(client: Client, frames: readonly RowFrame[]): Promise<LoadResult> {
  const blob = Buffer.alloc(94, 0xa5);
  const options = {
    prepare: true,
    logged: false,
    consistency: cassandra.types.consistencies.localQuorum,
  };
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  let next = 0;
  let acknowledged = 0;
  let failed = 0;
  const insert = async (keys: BigInt64Array): Promise<void> => {
    const rows = [...keys].map((key) => ({ query: INSERT, params: driverRow(key, blob) }));
    try {
      await client.batch(rows, options);
    } catch {
      failed += 1;
      await insert(keys);
    }
  };
  const worker = async () => {
    for (let at = next++; at < frames.length; at = next++) {
      const keys = frames[at]?.keys ?? new BigInt64Array();
      await insert(keys);
      acknowledged += keys.length;
    }
  };
  await Promise.all(Array.from({ length: WINDOW_OF_NODE * 3 }, worker));
  const { user, system } = process.cpuUsage(startCpu);
  const seconds = (performance.now() - startMs) / 1000;
  const cpuMicrosPerRow = (user + system) / acknowledged;
  const none = { failures: { failed }, framesOf: {}, warnings: 0 };
  return { rows: acknowledged, acknowledged, seconds, cpuMicrosPerRow, ...none };
}

function report(name: string, result: LoadResult, more: object = {}): void {
  const { rows, acknowledged, seconds, cpuMicrosPerRow, failures, framesOf, warnings } = result;
  console.log(
    JSON.stringify({
      name,
      rowsPerSecond: Math.round(rows / seconds),
      cpuMicrosPerRow: Number(cpuMicrosPerRow.toFixed(2)),
      rows,
      acknowledged,
      failures,
      framesOf,
      warnings,
      ...more,
    }),
  );
}

const servers = await findServers();
const client = await connect(servers);
const ring: Ring = new RingView(client, KEYSPACE, servers.dc).current;
const statement = await prepareEverywhere(client, INSERT);
const wires = new Map(
  client.hosts.keys().map((address) => [address, NodeWire.of(client, address)]),
);
const frames = batchFrames(sortedKeys(Number(flags.rows)), statement.id, ROWS_OF_BATCH);

function planFor(statements: PreparedStatements, onProgress?: (rows: number) => void): LoadPlan {
  const send: LoadPlan["send"] = (wire, bytes, timeoutMs) =>
    statements.send(wire, bytes, timeoutMs);
  const plan = { frames, ring, wires, windowOfNode: WINDOW_OF_NODE, timeoutMs: 3000, send };
  return onProgress === undefined ? plan : { ...plan, onProgress };
}

async function measureInTurn(): Promise<void> {
  for (let round = 0; round < Number(flags.rounds); round += 1) {
    await client.execute(`TRUNCATE ${TABLE}`);
    const statements = new PreparedStatements([statement]);
    const result = await loadFrames(planFor(statements));
    report(`frames ${round}`, result, {
      inTable: round === 0 ? await countRows(client) : undefined,
    });
    await client.execute(`TRUNCATE ${TABLE}`);
    report(`driver's batches ${round}`, await loadByDriver(client, frames));
  }
}

/** At a fifth of the rows a node is killed, at two fifths the statement forgotten, … */
async function loadWithFaults(): Promise<void> {
  await client.execute(`TRUNCATE ${TABLE}`);
  const events: string[] = [];
  const total = Number(flags.rows);
  const steps: [number, string, () => Promise<unknown>][] = [
    [0.2, "kill -9 node 2", () => servers.node(2).kill()],
    [0.4, "statement forgotten", () => client.execute(`ALTER TABLE ${TABLE} ADD spare int`)],
    [
      0.6,
      "node 3 frozen for 8 s",
      async () => {
        servers.node(3).pause();
        await sleep(8000);
        servers.node(3).resume();
      },
    ],
    [0.8, "node 2 started", () => servers.node(2).start()],
  ];
  const underWay: Promise<unknown>[] = [];
  const startMs = performance.now();
  const statements = new PreparedStatements([statement]);
  const plan = planFor(statements, (rows) => {
    const [step] = steps;
    if (step === undefined || rows < step[0] * total) return;
    steps.shift();
    events.push(`${((performance.now() - startMs) / 1000).toFixed(1)} s: ${step[1]}`);
    underWay.push(step[2]().catch((error: unknown) => events.push(`${step[1]}: ${error}`)));
  });
  const result = await loadFrames(plan);
  await Promise.all(underWay);
  if (!servers.node(2).isRunning()) await servers.node(2).start();
  await servers.waitUntilWhole();
  const { reprepares } = statements;
  report("frames with faults", result, { reprepares, inTable: await countRows(client), events });
}

try {
  await measureInTurn();
  await loadWithFaults();
} finally {
  await client.shutdown();
  if (flags.cluster === undefined) await servers.stop();
}
