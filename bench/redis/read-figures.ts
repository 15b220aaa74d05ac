import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Latencies } from "../cassandra/latencies.mjs";
import { describeMachine } from "../machine.js";
import { spreadOf } from "../paired.js";
import { type Line, renderSection, type Section, verdict } from "../report.js";
import { type HitRun, hitsSection } from "./hits.js";
import type { BenchRedis } from "./server.js";

const ranks = ["p50", "p95", "p99"] as const;

/** What job-point-reads.mjs tells; cpuUs: client CPU a read, 16 of them at a time. */
export interface PointLatencies extends Latencies {
  readonly cpuUs: number | null;
}

export interface ReadRun {
  readonly name: string;
  /** Reads a second on average. */
  readonly perSecond: number;
  /** One a round; their rows are the reads that were answered from where they should be. */
  readonly latencies: readonly PointLatencies[];
  /** Milliseconds at most. */
  readonly bars: Readonly<Partial<Record<(typeof ranks)[number], number>>>;
}

export interface ReadFacts {
  readonly rows: number;
  readonly rounds: number;
  /** Its version. */
  readonly cassandra: string;
}

const resultsFolder = fileURLToPath(new URL("../results/", import.meta.url));

/** Prints the figures and keeps them. */
export function publishReads(
  redis: BenchRedis,
  { rows, rounds, cassandra }: ReadFacts,
  { runs, hits }: { readonly runs: readonly ReadRun[]; readonly hits: readonly HitRun[] },
): void {
  const machine = describeMachine();
  const sections = [...runs.map(latencySection), hitsSection(hits)];
  const heading = [
    `octoload bench:redis reads, commit ${machine.commit}`,
    `${machine.cpu}, ${machine.cores} cores, shared with the servers; Node ${machine.node}`,
    `point reads of ${rows} rows; Redis ${redis.version}; Cassandra ${cassandra}, one node, layout node, flushed`,
    `${rounds} rounds in turn; open loop: arrival times fixed beforehand (a Poisson process), latency from the intended start to the decoded answer`,
  ];
  console.log(`\n${heading.join("\n")}`);
  for (const section of sections) console.log(`\n${renderSection(section)}`);
  printVerdicts(sections, runs);
  mkdirSync(resultsFolder, { recursive: true });
  const json = { machine, redis: redis.version, cassandra, rows, rounds, runs, hits, sections };
  writeFileSync(join(resultsFolder, "redis-reads.json"), `${JSON.stringify(json, undefined, 2)}\n`);
  console.log("Figures as JSON: bench/results/redis-reads.json");
}

function latencySection({ name, perSecond, latencies, bars }: ReadRun): Section {
  const reads = latencies.reduce((sum, { queries }) => sum + queries, 0);
  const lines = ranks.map((rank): Line => {
    const atMost = bars[rank];
    const value = spreadOf(latencies.map((round) => round[rank]));
    return { name: rank, value, unit: "ms", ...(atMost === undefined ? {} : { bar: { atMost } }) };
  });
  const cpu = latencies.flatMap(({ cpuUs }) => (cpuUs === null ? [] : [cpuUs]));
  if (cpu.length > 0) lines.push({ name: "client CPU a read", value: spreadOf(cpu), unit: "us" });
  return { title: `${name}: ${perSecond} reads/s, ${reads} in all`, lines };
}

function printVerdicts(sections: readonly Section[], runs: readonly ReadRun[]): void {
  const held = sections.flatMap(({ title, lines }) =>
    lines.filter(({ bar }) => bar !== undefined).map((line) => ({ title, line })),
  );
  const missed = held.filter(({ line }) => verdict(line) === "MISSED");
  console.log(`\n${held.length - missed.length} of ${held.length} bars met.`);
  for (const { title, line } of missed) console.log(`missed: ${title}: ${line.name}`);
  for (const { name, latencies } of runs) {
    const other = latencies.reduce((sum, { queries, rows }) => sum + queries - rows, 0);
    if (other > 0) console.log(`${name}: ${other} reads were answered from elsewhere`);
  }
}
