import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Progress } from "./progress.js";
import { RateLimiter } from "./rate-limiter.js";
import {
  CONTROL_FILE,
  type ControlFile,
  type RunSettings,
  readControl,
  STATUS_FILE,
  type StatusFile,
  writeJsonFile,
} from "./run-status.js";

const POLL_MS = 200;
const STATUS_INTERVAL_MS = 1000;

export interface RunControlOptions {
  readonly runDir: string;
  readonly runId: string;
  /** Overrides the rate of the run's earlier process; undefined: keep it. */
  readonly rowsPerSecond?: number | null | undefined;
}

export type SettingsListener = (settings: RunSettings, before: RunSettings) => void;

/**
 * The run's side of steering: takes changes from control.json, applies them to its
 * limiters, and says in status.json how the run is and which change is in force.
 *
 * A run that is started again keeps its rate, which is there to protect a server,
 * but not a pause: starting it was the wish to go on.
 */
export class RunControl {
  readonly #runDir: string;
  readonly #runId: string;
  readonly #limiters: { readonly limiter: RateLimiter; readonly obeysRate: boolean }[] = [];
  readonly #listeners: SettingsListener[] = [];
  #settings: RunSettings;
  #changeId: string;
  #progress: Progress | null = null;
  #state: "active" | "ended" = "active";
  #pollTimer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();
  #writing: Promise<void> | null = null;
  #isStale = false;
  #writtenMs = 0;

  private constructor(
    { runDir, runId }: RunControlOptions,
    settings: RunSettings,
    changeId: string,
  ) {
    this.#runDir = runDir;
    this.#runId = runId;
    this.#settings = settings;
    this.#changeId = changeId;
  }

  /** Begins to answer in `runDir`, which exists and is this process's alone. */
  static async open(options: RunControlOptions): Promise<RunControl> {
    const before = await readControl(options.runDir);
    const { rowsPerSecond = before?.desired.rowsPerSecond ?? null } = options;
    const settings: RunSettings = { isPaused: false, rowsPerSecond };
    const changeId = randomUUID();
    // Written anew: the next change is made to what is in force, not to an old pause.
    const file: ControlFile = {
      changeId,
      desired: settings,
      byPid: process.pid,
      at: new Date().toISOString(),
    };
    await writeJsonFile(join(options.runDir, CONTROL_FILE), file);
    const control = new RunControl(options, settings, changeId);
    await writeJsonFile(join(options.runDir, STATUS_FILE), control.#status());
    control.#schedulePoll();
    return control;
  }

  get settings(): RunSettings {
    return this.#settings;
  }

  /** A limiter that follows rate and pause: one for each stream of rows the rate is meant for. */
  createLimiter(): RateLimiter {
    return this.#addLimiter(true);
  }

  /** A limiter that follows the pause alone. */
  createGate(): RateLimiter {
    return this.#addLimiter(false);
  }

  /** Called after a change was applied to the limiters and before it is acknowledged. */
  onChange(listener: SettingsListener): void {
    this.#listeners.push(listener);
  }

  /** The run as `octoload runs` shows it; writes the file at most once a second. */
  publish(progress: Progress): void {
    this.#progress = progress;
    if (Date.now() - this.#writtenMs >= STATUS_INTERVAL_MS) this.#writeStatus();
  }

  /** Says that the run has ended and stops watching. Limiters are let go. */
  async close(): Promise<void> {
    clearTimeout(this.#pollTimer);
    this.#pollTimer = undefined;
    this.#state = "ended";
    await this.#polling;
    for (const { limiter } of this.#limiters) {
      limiter.setRate(null);
      limiter.setPaused(false);
    }
    this.#writeStatus();
    await this.#writing;
  }

  #addLimiter(obeysRate: boolean): RateLimiter {
    const limiter = new RateLimiter();
    if (obeysRate) limiter.setRate(this.#settings.rowsPerSecond);
    limiter.setPaused(this.#settings.isPaused);
    this.#limiters.push({ limiter, obeysRate });
    return limiter;
  }

  /** Keeps the process alive during a pause, when nothing else might; else the work does. */
  #schedulePoll(): void {
    this.#pollTimer = setTimeout(() => {
      this.#polling = this.#poll().then(() => {
        if (this.#state === "active") this.#schedulePoll();
      });
    }, POLL_MS);
    if (!this.#settings.isPaused) this.#pollTimer.unref();
  }

  async #poll(): Promise<void> {
    const control = await readControl(this.#runDir).catch(() => undefined);
    if (this.#state === "ended") return;
    if (control !== undefined && control.changeId !== this.#changeId) this.#apply(control);
    // A paused run publishes no progress, yet has to be seen to be there.
    if (Date.now() - this.#writtenMs >= STATUS_INTERVAL_MS) this.#writeStatus();
  }

  #apply({ changeId, desired }: ControlFile): void {
    const before = this.#settings;
    const { isPaused, rowsPerSecond } = desired;
    this.#settings = { isPaused, rowsPerSecond };
    this.#changeId = changeId;
    for (const { limiter, obeysRate } of this.#limiters) {
      limiter.setPaused(isPaused);
      if (obeysRate) limiter.setRate(rowsPerSecond);
    }
    for (const listener of this.#listeners) listener(this.#settings, before);
    this.#writeStatus();
  }

  #status(): StatusFile {
    const { isPaused } = this.#settings;
    const activeState = isPaused ? "paused" : "running";
    return {
      runId: this.#runId,
      pid: process.pid,
      host: hostname(),
      at: new Date().toISOString(),
      state: this.#state === "ended" ? "ended" : activeState,
      phase: this.#progress?.phase ?? "scan",
      settings: this.#settings,
      acknowledgedChangeId: this.#changeId,
      progress: this.#progress,
    };
  }

  /** One write at a time; what changes meanwhile is written after it. */
  #writeStatus(): void {
    this.#isStale = true;
    this.#writtenMs = Date.now();
    this.#writing ??= this.#writeUntilFresh().finally(() => {
      this.#writing = null;
    });
  }

  async #writeUntilFresh(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      // A load must not fail because it cannot say how it is, as on a full disk.
      await writeJsonFile(join(this.#runDir, STATUS_FILE), this.#status()).catch(() => undefined);
    }
  }
}
