// What a process spends on a job. Plain JavaScript, as are the jobs: a loader
// for TypeScript would be part of the memory.
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

/**
 * @typedef {object} Cost start-up left out, but for the memory
 * @property {number} rows
 * @property {number} cpuMs of all threads, user and system
 * @property {number} wallMs
 * @property {number} maxRssMib
 * @property {number} eventLoopP99Ms
 * @property {number} eventLoopMaxMs
 * @property {Record<string, number>} stagesMs wall clock that each stage was busy
 * @property {PhaseCost | null} loadPhase where the job has one and tells
 */

/**
 * @typedef {object} PhaseCost
 * @property {number} beganAtMs since 1970
 * @property {number} cpuMs of all threads, user and system
 * @property {number} wallMs
 */

/**
 * @typedef {object} Job
 * @property {number} rows
 * @property {Record<string, number>} [stagesMs]
 * @property {PhaseCost} [loadPhase]
 */

/**
 * The greatest this process has had resident, this program alone: getrusage() also counts what its
 * parent had when it forked, which is the bench with all its rows.
 */
function maxRssMib() {
  const highWater = /^VmHWM:\s+(\d+) kB$/m.exec(readStatus());
  const kib = highWater?.[1] ?? process.resourceUsage().maxRSS;
  return Number(kib) / 1024;
}

/** Empty where there is no /proc. */
function readStatus() {
  try {
    return readFileSync("/proc/self/status", "utf8");
  } catch {
    return "";
  }
}

/**
 * Runs a job and prints its cost as the process's last line.
 *
 * @param {() => Job | Promise<Job>} job
 */
export async function printCost(job) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const { rows, stagesMs = {}, loadPhase = null } = await job();
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  delay.disable();
  /** @type {Cost} */
  const cost = {
    rows,
    cpuMs: (user + system) / 1000,
    wallMs,
    maxRssMib: maxRssMib(),
    eventLoopP99Ms: delay.percentile(99) / 1e6,
    eventLoopMaxMs: delay.max / 1e6,
    stagesMs,
    loadPhase,
  };
  console.log(JSON.stringify(cost));
}
