import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { programUrl } from "./run-program.js";

export interface SteeredRun {
  readonly child: ChildProcess;
  /** Ends it in order. */
  readonly end: () => Promise<void>;
  /** Ends it as a crash does. */
  readonly kill: () => Promise<void>;
}

/** Starts a run in a process of its own and waits until it can be steered. */
export async function startSteeredRun(runDir: string, rate?: number): Promise<SteeredRun> {
  const program = fileURLToPath(programUrl("steered-run"));
  const args = rate === undefined ? [runDir] : [runDir, String(rate)];
  const child = spawn(process.execPath, ["--import", "tsx", program, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const ready = once(child.stdout, "data");
  await Promise.race([
    ready,
    exited.then(() => Promise.reject(new Error("the run ended before it was ready"))),
  ]);
  return {
    child,
    end: async () => {
      child.stdin.end();
      await exited;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
