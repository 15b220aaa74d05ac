import { monitorEventLoopDelay } from "node:perf_hooks";

/** What a process spent on a job, start-up left out. */
export interface Cost {
  readonly rows: number;
  /** All threads, user and system. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Of the process, start-up and all. */
  readonly maxRssMib: number;
  readonly eventLoopP99Ms: number;
  readonly eventLoopMaxMs: number;
  /** Wall clock that each stage was busy. */
  readonly stagesMs: Readonly<Record<string, number>>;
}

export interface Job {
  readonly rows: number;
  readonly stagesMs?: Readonly<Record<string, number>>;
}

/** Runs a job and prints its cost as the process's last line. */
export async function printCost(job: () => Promise<Job> | Job): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const { rows, stagesMs = {} } = await job();
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  delay.disable();
  const cost: Cost = {
    rows,
    cpuMs: (user + system) / 1000,
    wallMs,
    maxRssMib: process.resourceUsage().maxRSS / 1024,
    eventLoopP99Ms: delay.percentile(99) / 1e6,
    eventLoopMaxMs: delay.max / 1e6,
    stagesMs,
  };
  console.log(JSON.stringify(cost));
}
