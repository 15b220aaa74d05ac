// Runs the steps of `npm test` and reports each as soon as it ends.
import { isOnPath, run } from "../lib/run.mjs";

/** @typedef {import("./steps.mjs").Step} Step */

/**
 * @typedef {object} Result
 * @property {Step} step
 * @property {"ok" | "FAILED" | "skipped"} state
 * @property {string} note summary, or the reason of a skip
 * @property {string} output all the step printed
 * @property {number} seconds
 */

/** Exit code of a step that could not do its work here; its last line says why. */
const skippedCode = 77;

/**
 * Two at a time: most steps keep one core busy, and the machines of CI have two.
 *
 * @param {readonly Step[]} steps
 * @param {(result: Result) => void} report called as each ends
 * @returns {Promise<Result[]>} in the order of `steps`
 */
export async function runSteps(steps, report) {
  /** @type {Map<string, Promise<Result>>} */
  const started = new Map();
  const waiting = [...steps];
  const worker = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const running = runStep(step, started.get(step.after ?? ""));
      started.set(step.name, running);
      report(await running);
    }
  };
  await Promise.all([worker(), worker()]);
  return Promise.all(started.values());
}

/**
 * @param {Step} step
 * @param {Promise<Result> | undefined} earlier what it has to wait for
 * @returns {Promise<Result>}
 */
async function runStep(step, earlier) {
  await earlier;
  const startMs = performance.now();
  const outcome = await outcomeOf(step);
  return { step, seconds: (performance.now() - startMs) / 1000, ...outcome };
}

/**
 * @param {Step} step
 * @returns {Promise<Pick<Result, "state" | "note" | "output">>}
 */
async function outcomeOf(step) {
  const missing = (step.tools ?? []).filter((tool) => !isOnPath(tool));
  if (missing.length > 0) {
    const note = `not installed: ${missing.join(", ")}`;
    return { state: process.env.CI === "true" ? "FAILED" : "skipped", note, output: "" };
  }
  const [program = "", ...args] = step.command();
  const { code, output } = await run(program, args, { env: { NO_COLOR: "1" } });
  if (code === skippedCode) {
    return { state: "skipped", note: output.trimEnd().split("\n").at(-1) ?? "", output };
  }
  if (code !== 0) return { state: "FAILED", note: `exit code ${code}`, output };
  return summaryOf(step, output);
}

/**
 * @param {Step} step
 * @param {string} output
 * @returns {Pick<Result, "state" | "note" | "output">}
 */
function summaryOf(step, output) {
  try {
    return { state: "ok", note: step.summarize(output), output };
  } catch (error) {
    return { state: "FAILED", note: error instanceof Error ? error.message : `${error}`, output };
  }
}
