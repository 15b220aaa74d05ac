import { execFile } from "node:child_process";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Cost } from "../load/process-cost.mjs";
import type { PeerProgram } from "./peer-programs.js";
import { runTree } from "./process-tree.js";
import type { Layout } from "./rows-file.mjs";

/** What every load of a bench has in common. */
export interface LoadBench {
  readonly host: string;
  readonly port: number;
  readonly dc: string;
  readonly source: string;
  /** Of the rows as blocks (node.rows, tile.rows) and as CSV, as job-rows.mjs leaves them. */
  readonly folder: string;
  readonly rows: number;
}

/** A load's cost, without starting the program. */
export interface LoadCost {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly maxRssMib: number;
  /** Where reading, deriving and ordering came before: with them. */
  readonly whole?: { readonly cpuMs: number; readonly wallMs: number };
  /** Wall clock that each stage was busy. */
  readonly stagesMs?: Readonly<Record<string, number>>;
}

const execute = promisify(execFile);
const MAX_OUTPUT_BYTES = 16 * 2 ** 20;

/** Runs a job of this folder in a process of its own; its last line is JSON. */
export function runJob(name: string, ...args: readonly string[]): Promise<unknown> {
  return runProgram(fileURLToPath(new URL(`job-${name}.mjs`, import.meta.url)), ...args);
}

/** Runs a program of JavaScript in a process of its own; its last line is JSON. */
export async function runProgram(program: string, ...args: readonly string[]): Promise<unknown> {
  // The driver's jobs hold all rows as values.
  const command = ["--max-old-space-size=8192", program, ...args];
  const { stdout } = await execute(process.execPath, command, {
    maxBuffer: MAX_OUTPUT_BYTES,
  }).catch((error: unknown) => {
    throw jobFailure(basename(program, ".mjs"), error);
  });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

/** What the job's error says, of all that Node prints around it. */
function jobFailure(name: string, cause: unknown): Error {
  const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr) : String(cause);
  const line = said.split("\n").find((text) => /^\S*Error\b.*:/.test(text.trim()));
  return new Error(`${name}: ${line?.trim() ?? said.trim().slice(-500)}`, { cause });
}

/** A job that prints its cost as bench/load/process-cost.mjs has it. */
export async function runLoadJob(name: string, options: object): Promise<LoadCost> {
  const cost = (await runJob(name, JSON.stringify(options))) as Cost;
  const { cpuMs, wallMs, maxRssMib, loadPhase, stagesMs } = cost;
  if (loadPhase === null) return { cpuMs, wallMs, maxRssMib };
  return {
    ...{ cpuMs: loadPhase.cpuMs, wallMs: loadPhase.wallMs },
    ...{ maxRssMib, whole: { cpuMs, wallMs }, stagesMs },
  };
}

export function rowsFile({ folder }: LoadBench, layout: Layout): string {
  return join(folder, `${layout}.rows`);
}

/** What a program spends on a file of one row: its start, which is left out of its figures. */
export type StartCost = Pick<LoadCost, "cpuMs" | "wallMs">;

export interface PeerLoad {
  readonly name: string;
  readonly peer: PeerProgram;
  readonly args: (csv: string) => readonly string[];
}

/** Runs a peer over a CSV file of the bench's folder. */
export async function runPeer(
  { folder }: LoadBench,
  { name, peer, args }: PeerLoad,
  csv: string,
  start: StartCost = { cpuMs: 0, wallMs: 0 },
): Promise<LoadCost> {
  const { cpuMs, wallMs, maxRssMib } = await runTree(
    peer.program,
    [...peer.args, ...args(join(folder, csv))],
    // Both leave logs and a history where they are started.
    {
      cwd: folder,
      env: { ...peer.env, HOME: folder },
      logFile: join(folder, `${name}.log`),
      // 1: DSBulk has left rows out, which the count of rows shows.
      goodCodes: [0, 1],
    },
  );
  return { cpuMs: cpuMs - start.cpuMs, wallMs: wallMs - start.wallMs, maxRssMib };
}
