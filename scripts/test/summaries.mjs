// One line each of what the tools of `npm test` print.

/** @param {string} output */
export function lastLine(output) {
  return output.trimEnd().split("\n").at(-1)?.trim() ?? "";
}

/**
 * Native tests say of each kernel "kernel NAME ok: WHAT" or "kernel NAME skipped: REASON"
 * and close with "SUITE: N checks, N failed".
 *
 * @param {string} output
 * @param {readonly string[]} expected kernels of this architecture: only their CPU feature may be
 *   missing
 * @throws {Error} when one of them was not tested and its CPU feature is not the reason
 */
export function kernelReport(output, expected) {
  const found = [...output.matchAll(/^kernel (\S+)\s+(ok|skipped): (.*)$/gm)];
  const skipped = new Map(
    found.filter(([, , state]) => state === "skipped").map(([, name, , why]) => [name, why]),
  );
  const names = [...new Set(found.map(([, name]) => name))];
  const untested = expected.filter(
    (kernel) => !names.includes(kernel) || skipped.get(kernel)?.includes("CPU") === false,
  );
  if (untested.length > 0) {
    throw new Error(`not tested, and not for want of a CPU feature: ${untested.join(", ")}`);
  }
  const checks = [...output.matchAll(/: (\d+) checks, 0 failed$/gm)];
  const total = checks.reduce((sum, [, count]) => sum + Number(count), 0);
  const tested = names.filter((name) => !skipped.has(name));
  const notes = [...skipped].map(([name, why]) => `; ${name} skipped: ${why}`);
  return `${total} checks; kernels ${tested.join(" ")}${notes.join("")}`;
}

/**
 * Totals, and the names of what was skipped: each suite that skips itself prints
 * "skipped: NAME: REASON".
 *
 * @param {string} output
 * @param {NodeJS.ProcessEnv} [env]
 * @throws {Error} with CI=true, when anything was skipped
 */
export function vitestTotals(output, env = process.env) {
  const found = output.match(/^\s*(Test Files|Tests)\s+.*$/gm) ?? [];
  const totals = found.map((line) => line.trim().replace(/\s+/g, " ")).join(", ");
  const skipped = [...new Set(output.match(/^skipped: .*$/gm))].join("; ");
  const note = [totals, skipped].filter((text) => text !== "").join("; ");
  if (env.CI === "true" && /\d (skipped|todo)/.test(totals)) throw new Error(note);
  return note;
}

/** @param {string} output */
export function pythonTotals(output) {
  const total = output.match(/^Ran (\d+) tests?/m);
  if (total === null || total[1] === "0") throw new Error(`${output}no Python test ran`);
  return `${total[0]}`;
}
