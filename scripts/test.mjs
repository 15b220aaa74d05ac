// `npm test`: set-up, then every check and test; see scripts/test/steps.mjs.
//
//   npm test -- --only lint,types    some of the steps
//
// Its last line is "N passed, N failed[, N skipped]", counting steps.
import { secondsSince } from "./lib/run.mjs";
import { ensureSetup } from "./setup.mjs";
import { runSteps } from "./test/run-steps.mjs";
import { steps } from "./test/steps.mjs";

/** @typedef {import("./test/run-steps.mjs").Result} Result */

const usage = `usage: npm test [-- --only STEP,STEP...]
steps: ${steps.map(({ name }) => name).join(", ")}`;

/** @param {readonly string[]} args */
function chooseSteps(args) {
  if (args.length === 0) return steps;
  const names = args.length === 2 && args[0] === "--only" ? (args[1] ?? "").split(",") : [];
  const known = names.filter((name) => steps.some((step) => step.name === name));
  if (names.length === 0 || known.length < names.length) {
    console.error(usage);
    process.exit(3);
  }
  return steps.filter(({ name }) => names.includes(name));
}

/** @param {Result} result */
function row({ step, state, seconds, note }) {
  const width = Math.max(...steps.map(({ name }) => name.length));
  return `${state.padEnd(7)}  ${step.name.padEnd(width)}  ${seconds.toFixed(1).padStart(6)} s  ${note}`;
}

/** @param {Result} result */
function report(result) {
  if (result.state === "FAILED") {
    console.log(`\n--- ${result.step.name}: ${result.step.what}\n${result.output.trimEnd()}`);
  }
  console.log(row(result));
}

/** @param {readonly Result[]} results */
function totals(results) {
  const count = (/** @type {string} */ state) =>
    results.filter((result) => result.state === state).length;
  const skipped = count("skipped");
  return `${count("ok")} passed, ${count("FAILED")} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

const chosen = chooseSteps(process.argv.slice(2));
const startMs = performance.now();
try {
  await ensureSetup();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  console.log("0 passed, 1 failed");
  process.exit(1);
}
console.log(`running ${chosen.length} steps, two at a time`);
const results = await runSteps(chosen, report);
console.log(`\nAll steps, ${secondsSince(startMs)} with set-up:`);
for (const result of results) console.log(row(result));
if (results.some(({ state }) => state === "FAILED")) process.exitCode = 1;
console.log(totals(results));
