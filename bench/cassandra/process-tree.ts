import { spawn } from "node:child_process";
import { createWriteStream, readdirSync, readFileSync } from "node:fs";
import { finished } from "node:stream/promises";

/** What a program and all processes it started have used. */
export interface TreeCost {
  /** User and system. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Greatest sum over the processes; NaN where there is no /proc. */
  readonly maxRssMib: number;
}

export interface TreeOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Gets what the program prints. */
  readonly logFile: string;
  /** Exit codes that stand for an end of the work, whatever became of single rows. */
  readonly goodCodes?: readonly number[];
}

const LOOK_INTERVAL_MS = 100;
const LOG_END_CHARACTERS = 2000;

/**
 * Runs a program to its end. Its processor time is what the shell's `times` says of its children:
 * POSIX has it count every descendant that was waited for.
 *
 * @throws Error with the end of what it printed, unless it exits with a good code
 */
export async function runTree(
  program: string,
  args: readonly string[],
  { cwd, env = {}, logFile, goodCodes = [0] }: TreeOptions,
): Promise<TreeCost> {
  const log = createWriteStream(logFile);
  const startMs = performance.now();
  const script = '"$@" >&2; code=$?; times; exit $code';
  const child = spawn("sh", ["-c", script, "sh", program, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let times = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    times += text;
  });
  child.stderr.pipe(log);
  let maxRssMib = Number.NaN;
  const look = setInterval(() => {
    const rssMib = rssOfTree(child.pid ?? 0);
    if (!(rssMib <= maxRssMib)) maxRssMib = rssMib;
  }, LOOK_INTERVAL_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  }).finally(() => clearInterval(look));
  const wallMs = performance.now() - startMs;
  await finished(log);
  if (code === null || !goodCodes.includes(code)) {
    const said = readFileSync(logFile, "utf8").slice(-LOG_END_CHARACTERS);
    throw new Error(`${program} ended with exit code ${code}:\n${said}`);
  }
  return { cpuMs: cpuMsOf(times), wallMs, maxRssMib };
}

/** `times` prints user and system time of the shell, then of its children, as 1m2.34s. */
function cpuMsOf(times: string): number {
  const [, , user, system] = [...times.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => (Number(minutes) * 60 + Number(seconds)) * 1000,
  );
  if (user === undefined || system === undefined) throw new Error(`times printed ${times}`);
  return user + system;
}

/** Of a process and its descendants; NaN where /proc does not tell. */
function rssOfTree(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    const own = (pages * 4096) / 2 ** 20;
    return childrenOf(pid).reduce((sum, child) => sum + (rssOfTree(child) || 0), own);
  } catch {
    return Number.NaN;
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const text = readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  });
}
