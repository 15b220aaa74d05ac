// Processes that outlive the one that started them, known by more than their id.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A process, told apart from a later one with the same id.
 *
 * @typedef {object} ProcessIdentity
 * @property {number} pid
 * @property {string} started when it started, in the system's own unit
 */

/**
 * Starts a program in a session of its own, so that a Ctrl-C meant for this one spares it.
 *
 * @param {object} command
 * @param {string} command.program
 * @param {readonly string[]} command.args
 * @param {string} command.cwd
 * @param {string} command.logFile gets stdout and stderr, appended
 * @returns {Promise<ProcessIdentity>}
 * @throws {Error} when the program cannot be started
 */
export async function startProcess({ program, args, cwd, logFile }) {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, "a");
  try {
    const child = spawn(program, args, { cwd, detached: true, stdio: ["ignore", log, log] });
    await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("spawn", () => resolve(undefined));
    });
    child.unref();
    const pid = child.pid ?? 0;
    return { pid, started: startOf(pid) ?? "" };
  } finally {
    closeSync(log);
  }
}

/** @returns {ProcessIdentity} of this process */
export function ownIdentity() {
  return { pid: process.pid, started: startOf(process.pid) ?? "" };
}

/**
 * Whether this very process still runs. A zombie does not.
 *
 * @param {ProcessIdentity} identity
 */
export function isRunning({ pid, started }) {
  return started !== "" && startOf(pid) === started;
}

/**
 * Sends a signal to this very process, never to a later one with its id.
 *
 * @param {ProcessIdentity} identity
 * @param {NodeJS.Signals} signal
 * @returns {boolean} whether it was running
 */
export function signalProcess(identity, signal) {
  if (!isRunning(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

/**
 * @param {ProcessIdentity} identity
 * @param {number} timeoutMs
 * @throws {Error} when it still runs then
 */
export async function waitUntilGone(identity, timeoutMs) {
  const endMs = performance.now() + timeoutMs;
  while (isRunning(identity)) {
    if (performance.now() > endMs) {
      throw new Error(`process ${identity.pid} still runs ${timeoutMs / 1000} s after its signal`);
    }
    await sleep(20);
  }
}

/**
 * @param {number} pid
 * @returns {string | undefined} undefined when no such process runs
 */
function startOf(pid) {
  if (process.platform !== "linux") return startByPs(pid);
  try {
    // Fields after the program's name, which may hold spaces and brackets: the state is the
    // first of them, the number of threads the 18th, the start in clock ticks since boot the
    // 20th (man 5 proc). A dead main thread is a zombie already while others still hold ports.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    const isDead = fields[0] === "Z" || fields[0] === "X";
    return isDead && Number(fields[17]) <= 1 ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function startByPs(pid) {
  try {
    const args = ["-o", "state=,lstart=", "-p", `${pid}`];
    const [state = "Z", ...start] = execFileSync("ps", args, { encoding: "utf8" })
      .trim()
      .split(/\s+/);
    return state.startsWith("Z") ? undefined : start.join(" ");
  } catch {
    return undefined;
  }
}
