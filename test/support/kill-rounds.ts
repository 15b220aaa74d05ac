import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export const killPhases = ["scan", "derive", "load"] as const;
export type KillPhase = (typeof killPhases)[number];

export interface KillRoundsOptions {
  readonly source: string;
  /** Path of the embedded target. */
  readonly target: string;
  readonly runDir: string;
  readonly kills: number;
  /** Added to the command line, such as ["--memory", "96M"]. */
  readonly args?: readonly string[];
  readonly seed: number;
  /** The most a kill waits after its phase began. */
  readonly maxDelayMs: Readonly<Record<KillPhase, number>>;
  readonly log?: (line: string) => void;
}

export interface KillRound {
  readonly phase: KillPhase;
  /** In the target at the kill, but behind the checkpoint: what the resume sends again. */
  readonly resentRows: number;
}

export interface KillRoundsResult {
  readonly rounds: readonly KillRound[];
  /** Of the last process, which was let be. */
  readonly exitCode: number | null;
  readonly stderr: string;
}

/**
 * Starts one load and kills it with SIGKILL again and again, each time at a random
 * moment after a phase began, the phases in turn; then lets it end.
 */
export async function killRounds(options: KillRoundsOptions): Promise<KillRoundsResult> {
  const random = mulberry32(options.seed);
  const rounds: KillRound[] = [];
  for (;;) {
    const wanted = killPhases[Math.floor((rounds.length * killPhases.length) / options.kills)];
    const end = await runOnce(options, wanted, random);
    if (!end.isKilled) return { rounds, exitCode: end.exitCode, stderr: end.stderr };
    const resentRows = countResent(options);
    rounds.push({ phase: end.phase, resentRows });
    options.log?.(`kill ${rounds.length}: in ${end.phase}, ${resentRows} rows to be sent again`);
  }
}

interface ProcessEnd {
  readonly phase: KillPhase;
  readonly isKilled: boolean;
  readonly exitCode: number | null;
  readonly stderr: string;
}

/** @param wanted undefined: it is let be */
async function runOnce(
  options: KillRoundsOptions,
  wanted: KillPhase | undefined,
  random: () => number,
): Promise<ProcessEnd> {
  const { child, lines } = start(options);
  const closed = once(child, "close");
  const stderr: string[] = [];
  let phase: KillPhase = "scan";
  let timer: NodeJS.Timeout | undefined;
  lines.on("line", (line) => {
    stderr.push(line);
    const event = parseEvent(line);
    if (event?.event !== "phase" || !isKillPhase(event.phase)) return;
    phase = event.phase;
    if (wanted === undefined || killPhases.indexOf(phase) < killPhases.indexOf(wanted)) return;
    // A resumed run is soon past what is done already: the phase it is in counts.
    clearTimeout(timer);
    timer = setTimeout(() => child.kill("SIGKILL"), random() * options.maxDelayMs[phase]);
  });
  await closed;
  clearTimeout(timer);
  const isKilled = child.signalCode === "SIGKILL";
  return { phase, isKilled, exitCode: child.exitCode, stderr: stderr.slice(-20).join("\n") };
}

function start({ source, target, runDir, args = [] }: KillRoundsOptions): {
  child: ChildProcess;
  lines: ReturnType<typeof createInterface>;
} {
  const command = [
    ...[main, "backfill", source],
    ...["--to", `sqlite:${target}`, "--run-dir", runDir, "--json", ...args],
  ];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "ignore", "pipe"] });
  if (child.stderr === null) throw new Error("stderr is a pipe");
  return { child, lines: createInterface({ input: child.stderr }) };
}

function parseEvent(line: string): { event?: unknown; phase?: unknown } | undefined {
  try {
    return JSON.parse(line) as { event?: unknown; phase?: unknown };
  } catch {
    return undefined;
  }
}

function isKillPhase(phase: unknown): phase is KillPhase {
  return killPhases.some((known) => known === phase);
}

function countResent({ target, runDir }: KillRoundsOptions): number {
  const checkpoint = join(runDir, "checkpoint.sqlite");
  if (!existsSync(target) || !existsSync(checkpoint)) return 0;
  return (
    count(target, "SELECT count(*) FROM octree_nodes") -
    count(checkpoint, "SELECT coalesce(sum(loaded), 0) FROM cursors")
  );
}

/** 0 where the kill came before the table was made. */
function count(path: string, sql: string): number {
  const database = new Database(path);
  try {
    return database.prepare<[], number>(sql).pluck().get() ?? 0;
  } catch (error) {
    if (String(error).includes("no such table")) return 0;
    throw error;
  } finally {
    database.close();
  }
}

/** Tommy Ettinger's generator, in 32 bits: the same numbers for a seed everywhere. */
function mulberry32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
