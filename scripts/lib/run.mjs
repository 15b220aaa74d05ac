// Runs other programs. Dependency-free: set-up runs it before anything is installed.
import { spawn } from "node:child_process";
import { constants as access, accessSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { packageRoot } from "./package.mjs";

/**
 * @typedef {object} RunResult
 * @property {number} code exit code; 128 + n after signal n, 127 when the program could not start
 * @property {string} output stdout and stderr in the order they came
 */

/**
 * Runs a program to its end and keeps what it prints.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {Record<string, string | undefined>} [options.env] adds to this process's own
 * @param {number} [options.timeoutMs] after which it gets SIGTERM; by default never
 * @returns {Promise<RunResult>}
 */
export function run(program, args, { cwd = packageRoot, env = {}, timeoutMs = 0 } = {}) {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.on("close", (code, signal) => resolve({ code: exitCode(code, signal), output }));
  });
}

/**
 * Runs a program that talks to the terminal itself.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit code
 */
export function runAttached(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: packageRoot, stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(exitCode(code, signal)));
  });
}

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
function exitCode(code, signal) {
  return signal === null ? (code ?? 1) : 128 + constants.signals[signal];
}

/**
 * Whether PATH has this program.
 *
 * @param {string} program
 */
export function isOnPath(program) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), access.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The npm that is running this, else the one on the PATH. */
export function npmCommand() {
  const running = process.env.npm_execpath;
  if (running?.endsWith("npm-cli.js")) return { program: process.execPath, args: [running] };
  return { program: "npm", args: [] };
}

/**
 * Seconds since `startMs` (of performance.now()), as text.
 *
 * @param {number} startMs
 */
export function secondsSince(startMs) {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}
