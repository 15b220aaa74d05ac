import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeOctoload } from "../cassandra/contenders.js";
import { dropKeyspace, makeKeyspace } from "../cassandra/keyspaces.js";
import { forestSource } from "../cassandra/load.js";
import { runProgram } from "../cassandra/load-bench.js";
import { type BenchServer, withServer } from "../cassandra/server.js";
import { runHotJob } from "./contenders.js";
import { measureHits } from "./hits.js";
import type { Arrivals } from "./open-loop.mjs";
import { type PointLatencies, publishReads, type ReadRun } from "./read-figures.js";
import { type BenchRedis, tell } from "./server.js";

const dataFolder = fileURLToPath(new URL("../data/", import.meta.url));
const backfillJob = fileURLToPath(new URL("../load/job-backfill.mjs", import.meta.url));
const MEMORY_MIB = "256";
const KEYSPACE = "octoload_bench_redis";

const CACHED_KEYS = 10_000;
const cached = { perSecond: 2000, count: 20_000 };
/** What 2,000 reads/s leave to the target where nine of ten are cached. */
const uncached = { perSecond: 200, count: 2000 };
/** With as many that are read before the clock starts. */
const UNCACHED_KEYS = 2 * uncached.count;
const cachedBars = { p50: 0.3, p99: 1 };
const uncachedBars = { p95: 10 };

/** What reads of a way have in common. */
type Plan = Omit<ReadRun, "latencies"> & {
  readonly target: string;
  readonly way: "cached" | "hgetall" | "uncached";
  readonly keys: number;
  readonly count: number;
};

export interface ReadsOptions {
  readonly rows: number;
  readonly rounds: number;
}

/** Measures reads with and without the cache, and how often it has what is asked for. */
export async function runReadsBench(redis: BenchRedis, options: ReadsOptions): Promise<void> {
  mkdirSync(dataFolder, { recursive: true });
  const source = forestSource(options.rows);
  const folder = mkdtempSync(join(dataFolder, "redis-"));
  try {
    tell("loading the embedded target ...");
    const embedded = `sqlite:${join(folder, "embedded.octree")}`;
    await runProgram(backfillJob, source, embedded, join(folder, "run"), MEMORY_MIB);
    const { rounds } = options;
    const fast = await measureLatencies(redis, source, embeddedPlans(embedded), rounds);
    const hits = await measureHits(redis, { source, target: embedded, keys: options.rows });
    let version = "";
    let slow: readonly ReadRun[] = [];
    // Not before: what it does by itself takes its share of the machine.
    await withServer(undefined, async (server) => {
      version = server.version;
      const cassandra = await loadCassandra(server, source, folder, options.rows);
      slow = await measureLatencies(redis, source, [cassandraPlan(cassandra)], rounds);
      await dropKeyspace(server.client, KEYSPACE);
    });
    publishReads(redis, { ...options, cassandra: version }, { runs: [...fast, ...slow], hits });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the target's URL */
async function loadCassandra(server: BenchServer, source: string, folder: string, rows: number) {
  tell("loading Cassandra ...");
  const { host, port, dc } = server;
  await makeKeyspace(server.client, KEYSPACE, "node", dc);
  await nodeOctoload.load({ host, port, dc, source, folder, rows }, KEYSPACE, "reads");
  // From the disk's tables, not from what the server still has in memory.
  await server.flush(KEYSPACE);
  return `cassandra://${host}:${port}/${KEYSPACE}?dc=${dc}&layout=node`;
}

const fromTarget = {
  way: "uncached",
  ...uncached,
  keys: UNCACHED_KEYS,
  bars: uncachedBars,
} as const;

function embeddedPlans(target: string): Plan[] {
  const fromCache = { ...cached, keys: CACHED_KEYS, target };
  return [
    { name: "cached: octoload's reader", way: "cached", ...fromCache, bars: cachedBars },
    { name: "the same entries, ioredis' HGETALL", way: "hgetall", ...fromCache, bars: {} },
    { name: "not cached: reader, embedded target, and put there", target, ...fromTarget },
  ];
}

function cassandraPlan(target: string): Plan {
  return { name: "not cached: reader, Cassandra, and put there", target, ...fromTarget };
}

/** In turn within each round. */
async function measureLatencies(
  redis: BenchRedis,
  source: string,
  plans: readonly Plan[],
  rounds: number,
): Promise<ReadRun[]> {
  const found = plans.map((): PointLatencies[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, plan] of plans.entries()) {
      tell(`round ${round + 1}, ${plan.name} ...`);
      found[i]?.push(await readOnce(redis, source, plan, round));
    }
  }
  return plans.map((plan, i) => ({ ...plan, latencies: found[i] ?? [] }));
}

async function readOnce(redis: BenchRedis, source: string, plan: Plan, seed: number) {
  const { host, port, client } = redis;
  const { way, target, keys, perSecond, count } = plan;
  // What hgetall reads is what the reader has put there just before.
  if (way !== "hgetall") await client.flushall("SYNC");
  const arrivals: Arrivals = { perSecond, count, seed };
  const options = { source, target, host, port, way, keys, arrivals };
  const latencies = (await runHotJob("point-reads", options)) as PointLatencies;
  tell(`  p50 ${latencies.p50.toFixed(3)} ms, p99 ${latencies.p99.toFixed(3)} ms`);
  return latencies;
}
