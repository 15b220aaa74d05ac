/**
 * `npm run bench:load`: what a whole backfill is held to, each figure beside its
 * reference and in turn with it, every job in a process of its own.
 *
 *   npm run bench:load [-- ROWS [ROUNDS]]      5,000,000 rows and 3 rounds by default
 *
 * The tables are made once, in bench/data/. The figures go to
 * bench/results/load.json too.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeMachine } from "../machine.js";
import type { Spread } from "../paired.js";
import { type Line, renderSection, type Section, verdict } from "../report.js";
import type { Cost } from "./process-cost.mjs";
import { makeSourceTable, type RowOrder } from "./source-table.js";

const [rows = 5_000_000, rounds = 3] = process.argv.slice(2).map(Number);
const dataFolder = fileURLToPath(new URL("../data/", import.meta.url));
const MEMORY_MIB = 256;
/** Little enough for a tenth of the rows to spill too. */
const SMALL_MEMORY_MIB = 112;

function sourceOf(count: number, order: RowOrder): string {
  const path = join(dataFolder, `${order}-${count}.sqlite`);
  makeSourceTable(path, count, order);
  return path;
}

/** Runs a job in a folder of its own, which is removed. */
function cost(job: string, args: (folder: string) => readonly string[]): Cost {
  const folder = mkdtempSync(join(dataFolder, "job-"));
  const program = fileURLToPath(new URL(`job-${job}.mjs`, import.meta.url));
  try {
    const command = [program, ...args(folder)];
    const output = execFileSync(process.execPath, command, { encoding: "utf8" });
    return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "") as Cost;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function backfillCost(source: string, target: "null" | "sqlite", memoryMib = MEMORY_MIB): Cost {
  return cost("backfill", (folder) => [
    source,
    target === "null" ? "null:" : `sqlite:${join(folder, "target.octree")}`,
    join(folder, "run"),
    String(memoryMib),
  ]);
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: at(sorted.length >> 1), min: at(0), max: at(sorted.length - 1) };
}

function inRounds<T>(measure: () => T, count = rounds): T[] {
  return Array.from({ length: count }, measure);
}

const usPerRow = ({ cpuMs, rows: count }: Cost) => (cpuMs * 1000) / count;

function cpuLine(name: string, costs: readonly Cost[]): Line {
  return { name, value: spread(costs.map(usPerRow)), unit: "us" };
}

function benchNull(): Section {
  const source = sourceOf(rows, "shuffled");
  const pairs = inRounds(() => ({
    one: cost("iterate", () => [source, "one"]),
    batch: cost("iterate", () => [source, "batch"]),
    ours: backfillCost(source, "null"),
  }));
  const ours = pairs.map(({ ours: one }) => one);
  const stages = Object.keys(ours[0]?.stagesMs ?? {}).map((name): Line => {
    const values = ours.map(({ stagesMs, rows: count }) => ((stagesMs[name] ?? 0) * 1e6) / count);
    return { name: `  ${name}, wall clock while busy`, value: spread(values), unit: "ns" };
  });
  return {
    title: `${rows} shuffled rows of about 200 bytes into null:`,
    lines: [
      {
        name: "CPU a row, all stages and threads (microseconds)",
        value: spread(ours.map(usPerRow)),
        unit: "us",
        bar: { atMost: 1.5 },
      },
      ...stages,
      cpuLine(
        "iterate(), encodePoint() a row, counted: CPU a row",
        pairs.map(({ one }) => one),
      ),
      cpuLine(
        "iterate(), encode() in batches, counted: CPU a row",
        pairs.map(({ batch }) => batch),
      ),
      {
        name: "against the first loop, CPU",
        value: spread(pairs.map(({ one, ours: own }) => one.cpuMs / own.cpuMs)),
        unit: "x",
        bar: { atLeast: 3 },
      },
      {
        name: "against the first loop, wall clock",
        value: spread(pairs.map(({ one, ours: own }) => one.wallMs / own.wallMs)),
        unit: "x",
      },
      {
        name: "against the second loop, CPU",
        value: spread(pairs.map(({ batch, ours: own }) => batch.cpuMs / own.cpuMs)),
        unit: "x",
      },
      {
        name: "event-loop delay, p99",
        value: spread(ours.map(({ eventLoopP99Ms }) => eventLoopP99Ms)),
        unit: "ms",
        bar: { atMost: 20 },
      },
      {
        name: "event-loop delay, longest",
        value: spread(ours.map(({ eventLoopMaxMs }) => eventLoopMaxMs)),
        unit: "ms",
      },
    ],
  };
}

function benchSqlite(order: RowOrder, atLeast: number): Section {
  const source = sourceOf(rows, order);
  // Shuffled, the script takes minutes, and its ratio is far from its bar: once will do.
  const count = order === "key" ? rounds : 1;
  const pairs = inRounds(
    () => ({
      script: cost("insert", (folder) => [source, join(folder, "target.sqlite")]),
      ours: backfillCost(source, "sqlite"),
    }),
    count,
  );
  return {
    title: `${rows} rows, source in ${order} order, into sqlite: both synced at every commit`,
    lines: [
      {
        name: "script of prepared inserts, seconds",
        value: spread(pairs.map(({ script }) => script.wallMs / 1000)),
        unit: "s",
      },
      {
        name: "backfill, seconds",
        value: spread(pairs.map(({ ours }) => ours.wallMs / 1000)),
        unit: "s",
      },
      {
        name: "against the script, wall clock",
        value: spread(pairs.map(({ script, ours }) => script.wallMs / ours.wallMs)),
        unit: "x",
        bar: { atLeast },
      },
      {
        name: "event-loop delay, p99",
        value: spread(pairs.map(({ ours }) => ours.eventLoopP99Ms)),
        unit: "ms",
        bar: { atMost: 20 },
      },
    ],
  };
}

function benchSize(): Section {
  const [few, many] = [1_000_000, 10_000_000];
  const small = sourceOf(few, "shuffled");
  const large = sourceOf(many, "shuffled");
  const rss = (source: string) => spread([backfillCost(source, "sqlite").maxRssMib]);
  const ratios = inRounds(() => {
    const before = backfillCost(small, "null", SMALL_MEMORY_MIB).cpuMs;
    const ten = backfillCost(large, "null", SMALL_MEMORY_MIB).cpuMs;
    const after = backfillCost(small, "null", SMALL_MEMORY_MIB).cpuMs;
    return (2 * ten) / (before + after);
  });
  return {
    title: `sizes, --memory ${MEMORY_MIB}M; the ratio with ${SMALL_MEMORY_MIB}M, so that both spill`,
    lines: [
      { name: `RSS, ${few} rows`, value: rss(small), unit: "MiB", bar: { atMost: 400 } },
      { name: `RSS, ${many} rows`, value: rss(large), unit: "MiB", bar: { atMost: 400 } },
      {
        name: "ten times the rows, CPU",
        value: spread(ratios),
        unit: "x",
        bar: { atLeast: 9.5 },
      },
      { name: "  the same, not above", value: spread(ratios), unit: "x", bar: { atMost: 11.5 } },
    ],
  };
}

mkdirSync(dataFolder, { recursive: true });
const machine = describeMachine();
console.log(
  [
    `octoload load benchmark, commit ${machine.commit}`,
    `${machine.cpu}, ${machine.cores} cores; ${machine.compiler}; Node ${machine.node}`,
    `medians of ${rounds} rounds in turn (one of the slowest script); CPU is of the whole process, start-up left out`,
  ].join("\n"),
);
const sections: Section[] = [];
for (const suite of [
  benchNull,
  () => benchSqlite("key", 1.2),
  () => benchSqlite("shuffled", 6),
  benchSize,
]) {
  console.error(`measuring ${sections.length + 1} of 4 ...`);
  const section = suite();
  sections.push(section);
  console.log(`\n${renderSection(section)}`);
}
const bars = sections.flatMap(({ lines }) => lines).filter(({ bar }) => bar !== undefined);
const missed = bars.filter((line) => verdict(line) === "MISSED");
console.log(`\n${bars.length - missed.length} of ${bars.length} bars met.`);
for (const line of missed) console.log(`missed: ${line.name}`);
const folder = fileURLToPath(new URL("../results/", import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(
  `${folder}load.json`,
  `${JSON.stringify({ machine, rows, rounds, sections }, undefined, 2)}\n`,
);
console.log("Figures as JSON: bench/results/load.json");
