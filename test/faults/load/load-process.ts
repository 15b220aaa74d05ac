import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { RunEvent } from "../../../src/load/progress.js";
import type { RunReport } from "../../../src/load/run-report.js";
import { steerRun } from "../../../src/load/steer-run.js";

const main = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

export interface LoadCommand {
  readonly source: string;
  /** The target's URL. */
  readonly to: string;
  readonly runDir: string;
  /** Added to the command line. */
  readonly args?: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of Node itself. */
  readonly nodeOptions?: readonly string[];
}

export interface LoadEnd {
  /** null where a signal ended it. */
  readonly exitCode: number | null;
  /** undefined where the load ended by an error. */
  readonly report: RunReport | undefined;
  readonly error:
    | { readonly code: string; readonly message: string; readonly remedy: string }
    | undefined;
  readonly stderr: string;
}

interface Waiter {
  readonly what: string;
  readonly isIt: (event: RunEvent) => boolean;
  readonly resolve: (event: RunEvent) => void;
  readonly reject: (error: Error) => void;
}

const running = new Set<ChildProcess>();

/** Ends the loads that are left, as where a scenario failed. */
export function killLoads(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** `octoload backfill --json` in a process of its own, which may be steered, watched and killed. */
export class LoadProcess {
  /** All it told so far. */
  readonly events: RunEvent[] = [];
  readonly #runDir: string;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #ended: Promise<LoadEnd>;

  constructor({ source, to, runDir, args = [], env = {}, nodeOptions = [] }: LoadCommand) {
    this.#runDir = runDir;
    const flags = ["--to", to, "--run-dir", runDir, "--memory", "112M", "--json", ...args];
    this.#child = spawn(process.execPath, [...nodeOptions, main, "backfill", source, ...flags], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(this.#child);
    this.#ended = this.#follow();
    // It is asked for its end later, or never.
    this.#ended.catch(() => undefined);
  }

  /** Acknowledged by its target, as it said last; it says so every second. */
  get loadedRows(): number {
    const last = this.events.findLast((event) => event.event === "progress");
    return last?.event === "progress" ? last.migrated : 0;
  }

  /** The first such event, also where it has been already. */
  until(what: string, isIt: (event: RunEvent) => boolean): Promise<RunEvent> {
    const known = this.events.find(isIt);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      this.#waiters.add({ what, isIt, resolve, reject });
    });
  }

  /** Until its target has acknowledged so many rows. */
  untilLoaded(rows: number): Promise<RunEvent> {
    return this.until(`${rows} rows were loaded`, (event) => {
      return event.event === "progress" && event.migrated >= rows;
    });
  }

  /** Until it says something to people, as a note or a warning. */
  untilSaid(pattern: RegExp): Promise<RunEvent> {
    return this.until(`it said ${pattern}`, (event) => {
      return (event.event === "note" || event.event === "warning") && pattern.test(event.message);
    });
  }

  /** @param rowsPerSecond null: as fast as it can */
  async rate(rowsPerSecond: number | null): Promise<void> {
    await steerRun(this.#runDir, { rowsPerSecond }, 60_000);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  end(): Promise<LoadEnd> {
    return this.#ended;
  }

  async #follow(): Promise<LoadEnd> {
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error("stdout and stderr are pipes");
    let report = "";
    stdout.setEncoding("utf8").on("data", (text: string) => {
      report += text;
    });
    createInterface({ input: stderr }).on("line", (line) => this.#read(line));
    await once(this.#child, "close");
    running.delete(this.#child);
    const { exitCode, signalCode } = this.#child;
    const text = this.#lines.slice(-20).join("\n");
    for (const { what, reject } of this.#waiters) {
      reject(new Error(`the load ended (${exitCode ?? signalCode}) before ${what}:\n${text}`));
    }
    const error = this.#lines.map((line) => parse(line).error).find((one) => one !== undefined);
    return {
      exitCode,
      report: exitCode === null || report === "" ? undefined : (JSON.parse(report) as RunReport),
      error,
      stderr: this.#lines.join("\n"),
    };
  }

  #read(line: string): void {
    this.#lines.push(line);
    const { event } = parse(line);
    if (event === undefined) return;
    this.events.push(event);
    for (const waiter of this.#waiters) {
      if (!waiter.isIt(event)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(event);
    }
  }
}

function parse(line: string): { event?: RunEvent; error?: LoadEnd["error"] } {
  try {
    const value = JSON.parse(line) as { event?: unknown; error?: LoadEnd["error"] };
    if (value.event !== undefined) return { event: value as RunEvent };
    return value.error === undefined ? {} : { error: value.error };
  } catch {
    return {};
  }
}

/** A load that nothing is done to. */
export function load(command: LoadCommand): Promise<LoadEnd> {
  return new LoadProcess(command).end();
}
