/**
 * Records how the dispatcher's windows move: loads rows into real nodes, freezes one of them for a
 * while, and writes what the dispatcher knew every 100 ms to a file that plot-flow.ts draws.
 *
 *   node --import tsx bench/cassandra/flow-run.ts [--seconds 40] [--nodes 3] [--freeze 15]
 *     [--thaw 23] [--cluster DIR] [--out bench/cassandra/flow-run.ndjson]
 *
 * --cluster: of `npm run cluster -- up --nodes 3 --dir DIR`; else it starts its own.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import {
  attachCassandra,
  type CassandraServers,
  startCassandra,
} from "../../scripts/cluster/cassandra.mjs";
import { openCluster } from "../../scripts/cluster/state.mjs";
import { parseCassandraUrl } from "../../src/cassandra/cassandra-url.js";
import { FrameDispatcher } from "../../src/cassandra/dispatch/frame-dispatcher.js";
import { RingView, replicaSetAt } from "../../src/cassandra/ring.js";
import { type CassandraSession, connectCassandra } from "../../src/cassandra/session.js";
import { prepareEverywhere } from "../../src/cassandra/wire/prepared-statements.js";
import type { FlowRun, FlowSample } from "./flow-samples.js";
import {
  batchFrames,
  createTable,
  INSERT,
  KEYSPACE,
  type RowFrame,
  sortedKeys,
} from "./spike-frames.js";

const ROWS_OF_FRAME = 32;
const ROWS = 320_000;
const IN_FLIGHT_FRAMES = 600;
const SAMPLE_MS = 100;

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "40" },
    nodes: { type: "string", default: "3" },
    freeze: { type: "string", default: "15" },
    thaw: { type: "string", default: "23" },
    cluster: { type: "string" },
    out: { type: "string", default: "bench/cassandra/flow-run.ndjson" },
  },
});
const seconds = Number(flags.seconds);

async function findServers(): Promise<CassandraServers> {
  if (flags.cluster === undefined) {
    return startCassandra({ nodes: Number(flags.nodes), tell: (line) => console.error(line) });
  }
  const cluster = openCluster(flags.cluster);
  if (cluster === undefined) throw new Error(`no cluster in ${flags.cluster}`);
  return attachCassandra(cluster);
}

async function prepareTable({ client, datacenter }: CassandraSession, rf: number) {
  await client.execute(`DROP KEYSPACE IF EXISTS ${KEYSPACE}`);
  await client.execute(
    `CREATE KEYSPACE ${KEYSPACE} WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': ${rf}}`,
  );
  await client.execute(createTable);
  return prepareEverywhere(client, INSERT);
}

interface LoopFrame {
  readonly frame: RowFrame;
  readonly replicaSet: number;
  isUnderWay: boolean;
}

/** The same frames over and over, until the time is up. */
async function keepSending(
  dispatcher: FrameDispatcher,
  frames: readonly LoopFrame[],
  endMs: number,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const one = frames[next++ % frames.length];
      if (one === undefined) return;
      // One that a frozen node holds comes round before it is settled.
      if (one.isUnderWay) continue;
      one.isUnderWay = true;
      await dispatcher.send(one.frame.bytes, ROWS_OF_FRAME, one.replicaSet);
      one.isUnderWay = false;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT_FRAMES }, worker));
}

async function record(dispatcher: FrameDispatcher, startMs: number): Promise<FlowSample[]> {
  const samples: FlowSample[] = [];
  while (performance.now() - startMs < seconds * 1000) {
    await sleep(SAMPLE_MS);
    const { nodes, rows, limit } = dispatcher.stats();
    samples.push({
      seconds: round((performance.now() - startMs) / 1000),
      rows,
      limit,
      windows: nodes.map(({ window }) => window),
      inFlight: nodes.map(({ inFlightRequests }) => inFlightRequests),
      p50Ms: nodes.map(({ latencyP50Ms }) => round(latencyP50Ms)),
    });
  }
  return samples;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

async function freezeNode(servers: CassandraServers): Promise<void> {
  const [freeze, thaw] = [Number(flags.freeze), Number(flags.thaw)];
  if (freeze >= seconds) return;
  const node = servers.node(servers.nodes.length);
  await sleep(freeze * 1000);
  node.pause();
  await sleep((thaw - freeze) * 1000);
  node.resume();
}

async function run(servers: CassandraServers): Promise<FlowRun> {
  const points = servers.contactPoints.map((address) => `${address}:${servers.port}`).join(",");
  const session = await connectCassandra(parseCassandraUrl(`cassandra://${points}/${KEYSPACE}`));
  const statement = await prepareTable(session, servers.nodes.length);
  const ring = new RingView(session.client, KEYSPACE, session.datacenter).current;
  const frames = batchFrames(sortedKeys(ROWS), statement.id, ROWS_OF_FRAME).map((frame) => ({
    frame,
    replicaSet: replicaSetAt(ring, frame.token),
    isUnderWay: false,
  }));
  const dispatcher = await FrameDispatcher.create(session, {
    ...{ ring, statements: [statement], keyspace: KEYSPACE, requestTimeoutMs: 3_000 },
    onEvent: (event) => console.error(JSON.stringify(event)),
  });
  const [cpu, startMs] = [process.cpuUsage(), performance.now()];
  const [samples] = await Promise.all([
    record(dispatcher, startMs),
    keepSending(dispatcher, frames, startMs + seconds * 1000),
    freezeNode(servers),
  ]);
  const { user, system } = process.cpuUsage(cpu);
  const stats = dispatcher.stats();
  console.error(
    `${(stats.rows / seconds).toFixed(0)} rows/s, ${((user + system) / stats.rows).toFixed(2)} us of CPU a row`,
  );
  console.error(JSON.stringify(stats.nodes));
  await dispatcher.close();
  await session.client.execute(`DROP KEYSPACE IF EXISTS ${KEYSPACE}`);
  await session.close();
  const nodes = stats.nodes.map((_, at) => `node ${at + 1}`);
  return {
    recorded: new Date().toISOString().slice(0, 10),
    nodes,
    rowsOfFrame: ROWS_OF_FRAME,
    freeze: { fromSeconds: Number(flags.freeze), toSeconds: Number(flags.thaw) },
    samples,
  };
}

const servers = await findServers();
try {
  writeFileSync(flags.out, `${JSON.stringify(await run(servers))}\n`);
} finally {
  if (flags.cluster === undefined) await servers.stop();
}
