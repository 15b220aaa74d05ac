// Counts the instructions each kernel spends on a point, under callgrind, and
// compares them with bench/instruction-baseline.json: a figure that no other
// load on the machine disturbs. Fails when one grew by more than 10 %.
//
//   node scripts/count-instructions.mjs             compares
//   node scripts/count-instructions.mjs --update    writes the baseline
//
// Exit code 77: counted but not compared, because the baseline is another
// compiler's or another architecture's. With CI=true that is a failure.
import { existsSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { packageRoot, readJson } from "./lib/package.mjs";
import { run } from "./lib/run.mjs";

const baselineFile = "bench/instruction-baseline.json";
const program = join(packageRoot, "build/native/release/instruction_count");
const points = 20_000;
const tolerance = 0.1;
const notCompared = 77;
const howToUpdate = "node scripts/count-instructions.mjs --update";

/** @typedef {Record<string, number>} Counts instructions per point, by "kernel operation" */

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
async function outputOf(command, ...args) {
  const { code, output } = await run(command, args);
  if (code !== 0) throw new Error(`${output.trimEnd()}\n${command} failed (exit code ${code})`);
  return output.trim();
}

/**
 * @param {string} name kernel and operation
 * @returns {Promise<number>} instructions per point
 */
async function count(name) {
  const { code, output } = await run("valgrind", [
    "--tool=callgrind",
    "--callgrind-out-file=/dev/null",
    "--toggle-collect=octoload_counted_region*",
    program,
    ...name.split(/\s+/),
    String(points),
  ]);
  const instructions = Number(output.match(/Collected : (\d+)/)?.[1] ?? 0);
  if (code !== 0 || instructions === 0) {
    throw new Error(`${output.trimEnd()}\ncounting ${name} failed (exit code ${code})`);
  }
  return Math.round((instructions / points) * 100) / 100;
}

/** Counts what instruction_count lists: the kernels that this CPU, and callgrind, can run. */
async function countAll() {
  /** @type {Counts} */
  const counts = {};
  const names = (await outputOf(program, "--list")).split("\n").map((line) => line.trim());
  for (const name of names) counts[name] = await count(name);
  return counts;
}

/**
 * @param {Counts} counts
 * @param {Counts} baseline
 * @returns {string[]} kernels of the baseline that this CPU cannot run
 */
function notRunnable(counts, baseline) {
  const here = kernelsOf(counts);
  return kernelsOf(baseline).filter((kernel) => !here.includes(kernel));
}

/** @param {Counts} counts */
function kernelsOf(counts) {
  return [...new Set(Object.keys(counts).map((name) => name.split(" ")[0] ?? ""))];
}

/**
 * @param {Counts} counts
 * @param {Counts} baseline
 */
function printTable(counts, baseline) {
  const row = (/** @type {string[]} */ [name = "", ...figures]) =>
    console.log(name.padEnd(24) + figures.map((figure) => figure.padStart(12)).join(""));
  row(["instructions per point", "now", "baseline", "change"]);
  for (const [name, now] of Object.entries(counts)) {
    const was = baseline[name];
    const change = was === undefined ? "-" : `${((now / was - 1) * 100).toFixed(1)} %`;
    row([name, now.toFixed(2), was?.toFixed(2) ?? "-", change]);
  }
}

/**
 * @param {Counts} counts
 * @param {Counts} baseline
 */
function faultsOf(counts, baseline) {
  const known = Object.keys(baseline);
  const kernels = kernelsOf(counts);
  return [
    ...Object.keys(counts)
      .filter((name) => (counts[name] ?? 0) > (baseline[name] ?? 0) * (1 + tolerance))
      .map((name) =>
        known.includes(name)
          ? `${name} takes over ${tolerance * 100} % more instructions than the baseline`
          : `${name} is not in the baseline`,
      ),
    ...known
      .filter((name) => counts[name] === undefined && kernels.includes(name.split(" ")[0] ?? ""))
      .map((name) => `${name} is in the baseline but is not counted any more`),
  ];
}

/** @returns {{compiler: string, counts: Counts}} */
function readBaseline() {
  const file = join(packageRoot, baselineFile);
  if (!existsSync(file)) return { compiler: "none yet", counts: {} };
  const { compiler, counts } = readJson(file);
  return { compiler, counts };
}

/**
 * @param {string} compiler
 * @param {Counts} counts
 */
function writeBaseline(compiler, counts) {
  const content = { compiler, counts };
  writeFileSync(join(packageRoot, baselineFile), `${JSON.stringify(content, null, 2)}\n`);
  console.log(`wrote ${baselineFile}`);
}

/**
 * @param {{compiler: string, counts: Counts}} baseline
 * @param {string} compiler
 * @param {Counts} counts
 */
function compare(baseline, compiler, counts) {
  printTable(counts, baseline.counts);
  if (baseline.compiler !== compiler) {
    console.log(
      `not compared: the baseline is of ${baseline.compiler}, these are of ${compiler}; with this compiler run: ${howToUpdate}`,
    );
    return process.env.CI === "true" ? 1 : notCompared;
  }
  const faults = faultsOf(counts, baseline.counts);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) {
    console.error(`If that is meant: ${howToUpdate}`);
    return 1;
  }
  const skipped = notRunnable(counts, baseline.counts);
  const note = skipped.length > 0 ? `; this CPU cannot run ${skipped.join(", ")}` : "";
  console.log(`${Object.keys(counts).length} counts within ${tolerance * 100} %${note}`);
  return 0;
}

async function main() {
  await outputOf("make", "--no-print-directory", "-j2", "-C", "test/native", "VARIANT=release");
  const program = process.env.CXX ?? "g++";
  // The version alone: how a distribution packaged it changes no instruction.
  const version = (await outputOf(program, "-dumpfullversion", "-dumpversion")).trim();
  const compiler = `${basename(program)} ${version}, ${process.arch}`;
  const counts = await countAll();
  if (process.argv.includes("--update")) writeBaseline(compiler, counts);
  else process.exitCode = compare(readBaseline(), compiler, counts);
}

await main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
