import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { renderBars, renderSvg } from "../cassandra/chart.js";
import { runProgram } from "../cassandra/load-bench.js";
import { describeMachine } from "../machine.js";
import { renderSection, type Section, verdict } from "../report.js";
import { type Contender, ceiling, contenders, type HotBench, pipeFile } from "./contenders.js";
import { barsOf, NOT_MEASURED, renderLoads, sectionsOf } from "./figures.js";
import { measurePredicate } from "./hot-predicate.js";
import { BLOCK_ROWS } from "./hot-rows.mjs";
import { type Loads, measureRounds } from "./measure.js";
import { type BenchRedis, tell } from "./server.js";

const dataFolder = fileURLToPath(new URL("../data/", import.meta.url));
const resultsFolder = fileURLToPath(new URL("../results/", import.meta.url));

export interface LoadBenchOptions {
  readonly rows: number;
  readonly rounds: number;
  /** Ids of contenders; undefined: all, and the hot predicate. */
  readonly only: readonly string[] | undefined;
}

/** Measures, prints and keeps the figures of writing. */
export async function runLoadBench(server: BenchRedis, options: LoadBenchOptions): Promise<void> {
  const { rows, rounds, only } = options;
  mkdirSync(dataFolder, { recursive: true });
  const folder = mkdtempSync(join(dataFolder, "redis-"));
  try {
    const bench: HotBench = { server, folder, rows };
    const taking = contenders.filter(({ id }) => only?.includes(id) ?? true);
    await prepare(bench);
    tell("measuring ...");
    const loads = await measureRounds(bench, taking, { rounds, tell });
    const predicate = only === undefined ? [await measurePredicate(folder, rounds)] : [];
    publish({ server, options, taking, loads, predicate });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes redis-cli's file; the function that the ceilings call is loaded by a first octoload. */
async function prepare(bench: HotBench): Promise<void> {
  tell("preparing ...");
  const { server, folder, rows } = bench;
  const job = (name: string) => fileURLToPath(new URL(`job-${name}.mjs`, import.meta.url));
  await runProgram(job("pipe-file"), String(rows), pipeFile(folder));
  const { host, port } = server;
  const few = { host, port, rows: BLOCK_ROWS, wtsUs: "1", keysPerCommand: 1 };
  await runProgram(job("octoload"), JSON.stringify(few));
  await ceiling.load(bench, 1n);
}

interface Findings {
  readonly server: BenchRedis;
  readonly options: LoadBenchOptions;
  readonly taking: readonly Contender[];
  readonly loads: Loads;
  readonly predicate: readonly Section[];
}

function publish({ server, options, taking, loads, predicate }: Findings): void {
  const { rows, rounds } = options;
  const machine = describeMachine();
  const title = `${rows} rows into Redis ${server.version}, one server`;
  const caption = `${machine.cpu}, ${machine.cores} cores shared with the server; median of ${rounds} loads each; client CPU a row`;
  const heading = [
    `octoload bench:redis, commit ${machine.commit}`,
    `${machine.cpu}, ${machine.cores} cores, shared with the server; ${machine.compiler}; Node ${machine.node}`,
    title,
    `${rounds} rounds, contenders in turn; CPU is of the client's whole process tree, start-up left out (redis-cli: with it)`,
  ];
  console.log(`\n${heading.join("\n")}\n\n${renderLoads(loads, taking, rows)}`);
  const bars = barsOf(loads, taking, rows);
  console.log(`\n${renderBars(bars)}`);
  const sections = [...sectionsOf(loads, rows), ...predicate];
  for (const section of sections) console.log(`\n${renderSection(section)}`);
  printVerdicts(sections, loads);
  mkdirSync(resultsFolder, { recursive: true });
  writeFileSync(join(resultsFolder, "redis.svg"), renderSvg(bars, title, caption));
  const json = { machine, redis: server.version, rows, rounds, sections, ...plainLoads(loads) };
  writeFileSync(join(resultsFolder, "redis.json"), `${JSON.stringify(json, undefined, 2)}\n`);
  console.log("\nFigures as JSON: bench/results/redis.json; as a chart: bench/results/redis.svg");
}

function printVerdicts(sections: readonly Section[], { loads, skipped }: Loads): void {
  const all = sections.flatMap(({ title, lines }) => lines.map((line) => ({ title, line })));
  const held = all.filter(({ line }) => line.bar !== undefined);
  const missed = held.filter(({ line }) => verdict(line) === "MISSED");
  console.log(`\n${held.length - missed.length} of ${held.length} bars met.`);
  for (const { title, line } of missed) console.log(`missed: ${title}: ${line.name}`);
  for (const { title, line } of all) {
    if (line.name.endsWith(NOT_MEASURED)) console.log(`${title}: ${line.name}`);
  }
  for (const { contender, reason } of skipped) console.log(`left out: ${contender.id}: ${reason}`);
  const unlike = loads.filter(({ audit }) => audit.missing !== 0 || audit.differing !== 0);
  for (const { contender, pass, round, audit } of unlike) {
    const which = `${contender.id}, ${pass}, round ${round + 1}`;
    console.log(`not all as given: ${which}: ${JSON.stringify(audit)}`);
  }
  if (unlike.length === 0) console.log(`All ${loads.length} loads left every entry as given.`);
}

function plainLoads({ loads, skipped }: Loads) {
  return {
    loads: loads.map(({ contender, ...load }) => ({
      ...{ contender: contender.id, name: contender.name, keepsNewer: contender.keepsNewer },
      ...load,
    })),
    skipped: skipped.map(({ contender, reason }) => ({ contender: contender.id, reason })),
  };
}
