/**
 * `npm run bench -- inspect`: what an inspection takes beside reading its source, in turn with that,
 * every job in a process of its own.
 *
 *   npm run bench -- inspect [ROWS [ROUNDS]]      2,000,000 rows and 3 rounds by default
 *
 * The table is made once, in bench/data/. The figures go to bench/results/inspect.json too.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Cost } from "../load/process-cost.mjs";
import { makeSourceTable } from "../load/source-table.js";
import { describeMachine } from "../machine.js";
import { type Spread, spreadOf } from "../paired.js";
import { type Line, renderSection, type Section, verdict } from "../report.js";

const [rows = 2_000_000, rounds = 3] = process.argv.slice(2).map(Number);
const dataFolder = fileURLToPath(new URL("../data/", import.meta.url));
const resultsFolder = fileURLToPath(new URL("../results/", import.meta.url));
/** The default of octoload inspect. */
const MEMORY_MIB = 256;

function run(program: string, ...args: readonly string[]): Cost {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const output = execFileSync(process.execPath, [path, ...args], { encoding: "utf8" });
  return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "") as Cost;
}

/** Leaves nothing in its folder, which is looked at. */
function inspectCost(source: string): Cost {
  const folder = mkdtempSync(join(dataFolder, "job-"));
  try {
    const cost = run("job-inspect.mjs", source, String(MEMORY_MIB), folder);
    if (readdirSync(folder).length > 0) throw new Error(`an inspection left files in ${folder}`);
    return cost;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Round {
  readonly read: Cost;
  readonly loop: Cost;
  readonly ours: Cost;
}

function oneRound(source: string): Round {
  const read = run("job-read.mjs", source);
  const ours = inspectCost(source);
  return { read, ours, loop: run("../load/job-iterate.mjs", source, "one") };
}

function line(
  name: string,
  costs: readonly Round[],
  figure: (round: Round) => number,
  unit: Line["unit"],
  bar?: Line["bar"],
): Line {
  const value: Spread = spreadOf(costs.map(figure));
  return { name, value, unit, ...(bar === undefined ? {} : { bar }) };
}

function sectionOf(all: readonly Round[]): Section {
  const usPerRow = (ms: number) => (ms * 1000) / rows;
  const stages = Object.keys(all[0]?.ours.stagesMs ?? {}).map((name) =>
    line(
      `  ${name}, wall clock a row`,
      all,
      ({ ours }) => usPerRow(ours.stagesMs[name] ?? 0),
      "us",
    ),
  );
  const wall = (ours: Cost, other: Cost) => ours.wallMs / other.wallMs;
  const cpu = (ours: Cost, other: Cost) => ours.cpuMs / other.cpuMs;
  return {
    title: `${rows} shuffled rows of about 200 bytes, inspected without a target`,
    lines: [
      line("reading only, wall clock a row", all, ({ read }) => usPerRow(read.wallMs), "us"),
      line("inspect, wall clock a row", all, ({ ours }) => usPerRow(ours.wallMs), "us"),
      ...stages,
      line("against reading only, wall clock", all, ({ ours, read }) => wall(ours, read), "x", {
        atMost: 2,
      }),
      line("against reading only, CPU", all, ({ ours, read }) => cpu(ours, read), "x"),
      line("against a loop over iterate(), wall clock", all, (r) => wall(r.ours, r.loop), "x"),
      line("RSS", all, ({ ours }) => ours.maxRssMib, "MiB", { atMost: 400 }),
      line("event-loop delay, p99", all, ({ ours }) => ours.eventLoopP99Ms, "ms"),
    ],
  };
}

mkdirSync(dataFolder, { recursive: true });
const machine = describeMachine();
console.log(
  [
    `octoload inspect benchmark, commit ${machine.commit}`,
    `${machine.cpu}, ${machine.cores} cores; ${machine.compiler}; Node ${machine.node}`,
    `medians of ${rounds} rounds in turn; start-up left out`,
  ].join("\n"),
);
const source = join(dataFolder, `shuffled-${rows}.sqlite`);
makeSourceTable(source, rows, "shuffled");
// The system's cache holds what it can before the first round, for all alike.
run("job-read.mjs", source);
const section = sectionOf(Array.from({ length: rounds }, () => oneRound(source)));
console.log(`\n${renderSection(section)}`);
const bars = section.lines.filter(({ bar }) => bar !== undefined);
const missed = bars.filter((one) => verdict(one) === "MISSED");
console.log(`\n${bars.length - missed.length} of ${bars.length} bars met.`);
mkdirSync(resultsFolder, { recursive: true });
writeFileSync(
  join(resultsFolder, "inspect.json"),
  `${JSON.stringify({ machine, rows, rounds, section }, undefined, 2)}\n`,
);
console.log("Figures as JSON: bench/results/inspect.json");
