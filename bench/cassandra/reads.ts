import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { type Contender, nodeOctoload, tileOctoload } from "./contenders.js";
import { dropKeyspace, makeKeyspace } from "./keyspaces.js";
import { forestSource } from "./load.js";
import { type LoadBench, runJob } from "./load-bench.js";
import {
  type BusyReads,
  PROTECT_P99_MS,
  publishReads,
  type ReadFigures,
  type StoreLatencies,
} from "./read-figures.js";
import { type BenchServer, tell } from "./server.js";

const dataFolder = fileURLToPath(new URL("../data/", import.meta.url));

/** Measures reads of both layouts beside the same reads of the source. */
export async function runReadsBench(
  server: BenchServer,
  rows: number,
  queries: number,
): Promise<void> {
  mkdirSync(dataFolder, { recursive: true });
  const source = forestSource(rows);
  const folder = mkdtempSync(join(dataFolder, "cassandra-"));
  try {
    const { host, port, dc } = server;
    const bench: LoadBench = { host, port, dc, source, folder, rows };
    const node = await readLoaded(server, bench, nodeOctoload, queries);
    const tile = await readLoaded(server, bench, tileOctoload, queries);
    tell("reading the source ...");
    const indexed = indexedSource(source);
    const reference = await read({ source, indexed, count: queries });
    publishReads(server, { rows, queries }, { node, tile, reference });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readLoaded(
  server: BenchServer,
  bench: LoadBench,
  contender: Contender,
  queries: number,
): Promise<ReadFigures["node"]> {
  const { layout } = contender;
  const keyspace = `octoload_bench_reads_${layout}`;
  tell(`loading layout ${layout} ...`);
  await makeKeyspace(server.client, keyspace, layout, bench.dc);
  try {
    await contender.load(bench, keyspace, `reads-${layout}`);
    // From the disk's tables, not from what the server still has in memory.
    await server.flush(keyspace);
    tell(`reading layout ${layout} ...`);
    const { source } = bench;
    const target = targetUrl(bench, keyspace, contender);
    const idle = await read({ source, target, count: queries });
    tell(`reading layout ${layout} while a load goes on ...`);
    return { idle, busy: await readWhileLoading(server, bench, contender, target) };
  } finally {
    await dropKeyspace(server.client, keyspace);
  }
}

function targetUrl({ host, port, dc }: LoadBench, keyspace: string, { layout }: Contender): string {
  return `cassandra://${host}:${port}/${keyspace}?dc=${dc}&layout=${layout}`;
}

async function read(options: object): Promise<StoreLatencies> {
  return (await runJob("reads", JSON.stringify(options))) as StoreLatencies;
}

/** The load goes into a keyspace of its own. */
async function readWhileLoading(
  { client }: BenchServer,
  bench: LoadBench,
  contender: Contender,
  target: string,
): Promise<BusyReads> {
  const keyspace = `octoload_bench_load_${contender.layout}`;
  await makeKeyspace(client, keyspace, contender.layout, bench.dc);
  try {
    const { source, folder } = bench;
    const runDir = join(folder, `run-beside-${contender.layout}`);
    const to = targetUrl(bench, keyspace, contender);
    const tuning = { protectP99Ms: PROTECT_P99_MS };
    const load = { source, target: to, runDir, tuning };
    const options = JSON.stringify({ source, target, load });
    return (await runJob("reads-while-loading", options)) as BusyReads;
  } finally {
    await dropKeyspace(client, keyspace);
  }
}

/** A copy of the source with the index that a program asking for places would have. */
function indexedSource(source: string): string {
  const path = source.replace(/\.sqlite$/, "-indexed.sqlite");
  if (existsSync(path)) return path;
  copyFileSync(source, `${path}.part`);
  const database = new Database(`${path}.part`);
  database.exec("CREATE INDEX nodes_place ON nodes(Level, X, Y, Z)");
  database.exec("ANALYZE");
  database.close();
  renameSync(`${path}.part`, path);
  return path;
}
