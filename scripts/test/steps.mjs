// What `npm test` consists of, in the order it is reported and begun: two steps at a time, the
// longest chain first.
import { packageCommand } from "../lib/package.mjs";
import { shortFaultTests, withoutServers } from "./server-tests.mjs";
import { kernelReport, lastLine, pythonTotals, vitestTotals } from "./summaries.mjs";

/**
 * @typedef {object} Step
 * @property {string} name for --only
 * @property {string} what one line for people
 * @property {() => readonly string[]} command program and arguments, run in the package's root;
 *   exit code 77 means skipped, with the reason in the last line it printed
 * @property {(output: string) => string} summarize one line of what a passing step printed; throws
 *   an Error when the output shows that something did not run after all
 * @property {readonly string[]} [tools] programs it needs; one that is missing skips the step,
 *   and fails it with CI=true
 * @property {string} [after] an earlier step that has to be over: it builds into the same folder, or
 *   two such at once are too much for a machine
 */

/** @param {...string} args */
const node = (...args) => [process.execPath, ...args];

/**
 * @param {string} variant of test/native/Makefile
 * @param {string} target
 */
const make = (variant, target) => [
  "make",
  "--no-print-directory",
  "--keep-going",
  "-j2",
  "-C",
  "test/native",
  target,
  `VARIANT=${variant}`,
];

/** Kernels whose tests have to show up, as run or as skipped for want of a CPU feature. */
const kernelsHere =
  process.arch === "x64" ? ["scalar", "bmi2", "avx2", "avx512"] : ["scalar", "neon"];

/** @type {readonly Step[]} */
export const steps = [
  {
    name: "lint",
    what: "Biome: rules and layout of TypeScript",
    command: () => node(packageCommand("@biomejs/biome", "biome"), "ci", "--colors=off"),
    summarize: lastLine,
  },
  {
    name: "format-cpp",
    what: "clang-format: layout of C++",
    command: () => node("scripts/clang-format.mjs"),
    summarize: lastLine,
  },
  {
    name: "dependencies",
    what: "which folder may use which",
    command: () => node("scripts/check-dependencies.mjs"),
    summarize: lastLine,
  },
  {
    name: "docs",
    what: "generated pages are up to date",
    command: () => node("--import", "tsx", "scripts/generate-docs.ts", "--check"),
    summarize: () => "no fault",
  },
  {
    name: "types",
    what: "TypeScript over src, test, bench, scripts",
    command: () => node(packageCommand("typescript", "tsc"), "--project", "tsconfig.check.json"),
    summarize: () => "no fault",
  },
  {
    name: "servers",
    what: "TypeScript tests on a real Cassandra and Redis",
    tools: ["java", "mvn", "redis-server", "redis-cli"],
    command: () => node("scripts/test/with-servers.mjs"),
    summarize: vitestTotals,
  },
  {
    name: "native",
    what: "native tests",
    tools: ["make", "g++"],
    command: () => make("release", "run"),
    summarize: (output) => kernelReport(output, kernelsHere),
  },
  {
    name: "native-asan",
    what: "native tests under ASan and UBSan",
    tools: ["make", "g++"],
    command: () => make("asan", "run"),
    summarize: (output) => kernelReport(output, kernelsHere),
  },
  {
    name: "vitest",
    what: "TypeScript tests that need no server",
    command: () =>
      node(packageCommand("vitest"), "run", "--no-color", "--maxWorkers=2", ...withoutServers),
    summarize: vitestTotals,
  },
  {
    name: "faults",
    what: "whole loads into three Cassandra nodes that are harmed meanwhile",
    tools: ["java", "mvn"],
    after: "servers",
    command: () => node(packageCommand("vitest"), "run", "--no-color", ...shortFaultTests),
    summarize: vitestTotals,
  },
  {
    name: "native-aarch64",
    what: "native tests for aarch64 under qemu",
    tools: ["make", "aarch64-linux-gnu-g++", "qemu-aarch64"],
    command: () => make("aarch64", "run"),
    summarize: (output) => kernelReport(output, ["scalar", "neon"]),
  },
  {
    name: "lint-cpp",
    what: "C++ with warnings as errors",
    tools: ["make", "g++"],
    // The kernels' and tests' objects are those of the native tests.
    after: "native",
    command: () => make("lint", "all"),
    summarize: () => "no warning",
  },
  {
    name: "instructions",
    what: "instruction counts against the baseline",
    tools: ["make", "g++", "valgrind"],
    after: "native",
    command: () => node("scripts/count-instructions.mjs"),
    summarize: lastLine,
  },
  {
    name: "python",
    what: "Python tests",
    tools: ["python3"],
    command: () => ["python3", "-m", "unittest", "discover", "-s", "test/python"],
    summarize: pythonTotals,
  },
  {
    name: "package",
    what: "the npm package as a stranger gets it",
    tools: ["make", "tar"],
    command: () => node("scripts/check-package.mjs"),
    summarize: lastLine,
  },
];
