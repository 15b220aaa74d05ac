import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LoadCost, runProgram } from "../cassandra/load-bench.js";
import { runTree } from "../cassandra/process-tree.js";
import type { Cost } from "../load/process-cost.mjs";
import type { BenchRedis } from "./server.js";

/** What every load of a bench has in common. */
export interface HotBench {
  readonly server: BenchRedis;
  /** Holds what redis-cli is given. */
  readonly folder: string;
  readonly rows: number;
}

/** A way to put the bench's rows into the server. */
export interface Contender {
  readonly id: string;
  readonly name: string;
  /** Whether it leaves an entry alone that is newer than what it brings. */
  readonly keepsNewer: boolean;
  readonly load: (bench: HotBench, wtsUs: bigint) => Promise<LoadCost>;
}

/** Runs a job of this folder in a process of its own. */
export function runHotJob(name: string, options: object): Promise<unknown> {
  const program = fileURLToPath(new URL(`job-${name}.mjs`, import.meta.url));
  return runProgram(program, JSON.stringify(options));
}

function job(name: string, shape: object): Contender["load"] {
  return async ({ server, rows }, wtsUs) => {
    const { host, port } = server;
    const options = { host, port, rows, wtsUs: String(wtsUs), ...shape };
    const { cpuMs, wallMs, maxRssMib } = (await runHotJob(name, options)) as Cost;
    return { cpuMs, wallMs, maxRssMib };
  };
}

/** Of one server; in a cluster a call is of one key. */
const MANY_KEYS = 16;
const pipelines = { rowsOfPipeline: 512, window: 4 };

const many = { keysPerCommand: MANY_KEYS };
const single = { keysPerCommand: 1 };
const plain = { keysPerCommand: 0 };

export const octoload: Contender = {
  id: "octoload",
  name: `octoload, newer-wins, ${MANY_KEYS} keys a call`,
  keepsNewer: true,
  load: job("octoload", many),
};

export const ceiling: Contender = {
  id: "ceiling",
  name: "ceiling: the same calls, ready, on a bare socket",
  keepsNewer: true,
  load: job("ceiling", many),
};

export const ioredisSame: Contender = {
  id: "ioredis_same",
  name: "ioredis pipelines of the same calls",
  keepsNewer: true,
  load: job("ioredis", { ...many, ...pipelines }),
};

export const octoloadSingle: Contender = {
  id: "octoload_single",
  name: "octoload, newer-wins, a key a call (as in a cluster)",
  keepsNewer: true,
  load: job("octoload", single),
};

export const ceilingSingle: Contender = {
  id: "ceiling_single",
  name: "ceiling: the same calls, ready, on a bare socket",
  keepsNewer: true,
  load: job("ceiling", single),
};

export const ioredisSingle: Contender = {
  id: "ioredis_single",
  name: "ioredis pipelines of the same calls",
  keepsNewer: true,
  load: job("ioredis", { ...single, ...pipelines }),
};

export const ceilingPlain: Contender = {
  id: "ceiling_plain",
  name: "ceiling: HSET + EXPIRE, ready, on a bare socket",
  keepsNewer: false,
  load: job("ceiling", plain),
};

export const octoloadPlain: Contender = {
  id: "octoload_plain",
  name: "octoload's encoder with HSET + EXPIRE",
  keepsNewer: false,
  load: job("plain-form", {}),
};

export const ioredisPlain: Contender = {
  id: "ioredis_plain",
  name: "ioredis pipelines of HSET + EXPIRE",
  keepsNewer: false,
  load: job("ioredis", { ...plain, ...pipelines }),
};

export const redisCli: Contender = {
  id: "redis_cli",
  name: "redis-cli --pipe, HSET + EXPIRE from a ready file",
  keepsNewer: false,
  load: async ({ server, folder }) => {
    const { host, port } = server;
    const pipe = `exec redis-cli -h ${host} -p ${port} --pipe < "$0"`;
    const logFile = join(folder, "redis-cli.log");
    return runTree("sh", ["-c", pipe, pipeFile(folder)], { cwd: folder, logFile });
  },
};

export function pipeFile(folder: string): string {
  return join(folder, "plain.resp");
}

export const contenders: readonly Contender[] = [
  ...[octoload, ceiling, ioredisSame, octoloadSingle, ceilingSingle, ioredisSingle],
  ...[octoloadPlain, ceilingPlain, redisCli, ioredisPlain],
];
