import { basename, dirname, relative, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { DEFAULT_RUNS_DIR } from "../backfill/begin-run.js";
import type { Progress, RunEvent } from "../load/progress.js";
import type { CliIo } from "./io.js";
import { phaseNames, renderBlock } from "./progress-block.js";
import { isLiveTerminal, type ProgressTerminal, progressStyle } from "./progress-style.js";
import { formatClock, formatCount, formatPercent, plainText } from "./progress-text.js";

/** A run shorter than this shows no progress: its summary is there at once. */
const QUIET_MS = 2000;
const REDRAW_MS = 200;
const LINE_INTERVAL_MS = 5000;
const JSON_INTERVAL_MS = 1000;

/** Shows a run's events on stderr while it goes. */
export interface ProgressView {
  readonly onEvent: (event: RunEvent) => void;
  /** A message of somebody else, which must not be drawn over. */
  readonly print: (line: string) => void;
  /** Takes the live block away. Nothing is shown afterwards; calling it again is harmless. */
  readonly close: () => void;
}

export interface ProgressViewOptions {
  readonly terminal: ProgressTerminal;
  readonly json: boolean;
  readonly nowMs?: () => number;
}

/** The process's stderr; whether it is a terminal and how large is asked of the process. */
export function stderrTerminal(io: CliIo): ProgressTerminal {
  return {
    write: io.stderr,
    isTerminal: process.stderr.isTTY === true,
    columns: () => sizeOr(process.stderr.columns, 80),
    lines: () => sizeOr(process.stderr.rows, 24),
    env: io.env,
  };
}

/** Terminals that do not know their size say 0 or nothing. */
function sizeOr(size: number | undefined, usual: number): number {
  return size === undefined || size <= 0 ? usual : size;
}

/**
 * A live block on a terminal, a line every few seconds elsewhere, or with `json` each
 * event as one line of JSON with its time `at`.
 */
export function createProgressView(options: ProgressViewOptions): ProgressView {
  const nowMs = options.nowMs ?? Date.now;
  if (options.json) return new JsonView(options.terminal, nowMs);
  if (isLiveTerminal(options.terminal)) return new LiveView(options.terminal, nowMs);
  return new LineView(options.terminal, nowMs);
}

class JsonView implements ProgressView {
  readonly #terminal: ProgressTerminal;
  readonly #nowMs: () => number;
  #quietUntilMs: number;
  #held: (RunEvent & { readonly event: "progress" }) | null = null;

  constructor(terminal: ProgressTerminal, nowMs: () => number) {
    this.#terminal = terminal;
    this.#nowMs = nowMs;
    this.#quietUntilMs = nowMs() + QUIET_MS;
  }

  readonly onEvent = (event: RunEvent): void => {
    if (event.event === "started") this.#quietUntilMs = this.#nowMs() + QUIET_MS;
    if (event.event === "progress" && this.#nowMs() < this.#quietUntilMs) {
      this.#held = event;
      return;
    }
    if (event.event === "progress") {
      this.#quietUntilMs = this.#nowMs() + JSON_INTERVAL_MS;
      this.#held = null;
    }
    // The last word on the counts, however short the run was.
    if (event.event === "finished" && this.#held !== null) this.#emit(this.#held);
    this.#emit(event);
  };

  readonly print = (line: string): void => this.#terminal.write(`${line}\n`);

  readonly close = (): void => {
    this.#held = null;
  };

  #emit(event: RunEvent): void {
    const at = new Date(this.#nowMs()).toISOString();
    this.#terminal.write(`${JSON.stringify({ at, ...event })}\n`);
  }
}

class LineView implements ProgressView {
  readonly #terminal: ProgressTerminal;
  readonly #nowMs: () => number;
  #nextMs: number;
  #phase: Progress["phase"] | null = null;
  #isClosed = false;

  constructor(terminal: ProgressTerminal, nowMs: () => number) {
    this.#terminal = terminal;
    this.#nowMs = nowMs;
    this.#nextMs = nowMs() + QUIET_MS;
  }

  readonly onEvent = (event: RunEvent): void => {
    if (this.#isClosed) return;
    if (event.event === "started") this.#nextMs = this.#nowMs() + QUIET_MS;
    const message = messageOf(event);
    if (message !== null) this.print(message);
    // The summary follows what is done.
    if (event.event === "progress" && event.phase !== "done") this.#onProgress(event);
  };

  readonly print = (line: string): void => this.#terminal.write(`${line}\n`);

  readonly close = (): void => {
    this.#isClosed = true;
  };

  #onProgress(progress: Progress): void {
    const now = this.#nowMs();
    const hasBegun = this.#phase !== null;
    const isNewPhase = hasBegun && progress.phase !== this.#phase;
    if (now < this.#nextMs && !isNewPhase) return;
    this.#phase = progress.phase;
    this.#nextMs = now + LINE_INTERVAL_MS;
    this.print(progressLine(progress));
  }
}

class LiveView implements ProgressView {
  readonly #terminal: ProgressTerminal;
  readonly #nowMs: () => number;
  /** The widths of the lines on the screen. */
  #drawn: number[] = [];
  #nextMs: number;
  #progress: Progress | null = null;
  #runName = "RUN";
  #isStopping = false;
  #isClosed = false;

  constructor(terminal: ProgressTerminal, nowMs: () => number) {
    this.#terminal = terminal;
    this.#nowMs = nowMs;
    this.#nextMs = nowMs() + QUIET_MS;
  }

  readonly onEvent = (event: RunEvent): void => {
    if (this.#isClosed) return;
    if (event.event === "started") this.#onStarted(event.runDir);
    if (event.event === "progress") this.#onProgress(event);
    if (event.event === "warning" || event.event === "note") this.print(messageOf(event) ?? "");
    if (event.event === "stopping") {
      this.#isStopping = true;
      if (this.#drawn.length > 0) this.#redraw();
      else this.print("finishing what is in flight; Ctrl-C again leaves at once");
    }
  };

  readonly print = (line: string): void => {
    const wasDrawn = this.#drawn.length > 0;
    this.#terminal.write(`${this.#erase()}${line}\n`);
    if (wasDrawn) this.#redraw();
  };

  readonly close = (): void => {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const erased = this.#erase();
    if (erased !== "") this.#terminal.write(erased);
  };

  #onStarted(runDir: string): void {
    this.#nextMs = this.#nowMs() + QUIET_MS;
    this.#runName = runNameOf(runDir);
  }

  #onProgress(progress: Progress): void {
    this.#progress = progress;
    if (this.#nowMs() < this.#nextMs) return;
    this.#redraw();
  }

  #redraw(): void {
    if (this.#progress === null) return;
    this.#nextMs = this.#nowMs() + REDRAW_MS;
    const columns = this.#terminal.columns();
    const lines = renderBlock(this.#progress, {
      columns,
      style: progressStyle(this.#terminal),
      runName: this.#runName,
      isStopping: this.#isStopping,
    });
    // A block higher than the window could not be redrawn in place.
    const visible = lines.slice(0, Math.max(1, this.#terminal.lines() - 1));
    this.#terminal.write(`${this.#erase()}${visible.map((line) => `${line}\n`).join("")}`);
    this.#drawn = visible.map(visibleLength);
  }

  /** What takes the drawn block away; lines that a narrower window wrapped are several. */
  #erase(): string {
    if (this.#drawn.length === 0) return "";
    const columns = Math.max(1, this.#terminal.columns());
    const wrapped = this.#drawn.map((width) => Math.max(1, Math.ceil(width / columns)));
    const up = wrapped.reduce((sum, lines) => sum + lines, 0);
    this.#drawn = [];
    return `\r\u001b[${up}A\u001b[J`;
  }
}

/** One line for a log: columns that stay where they are from line to line. */
export function progressLine(progress: Progress): string {
  const { phase, percent, phaseRows, phaseTotal, rowsPerSecond, elapsedMs, etaMs } = progress;
  const total = phaseTotal === null ? "?" : formatCount(phaseTotal);
  return [
    (progress.isPaused ? "paused" : phaseNames[phase]).padEnd(8),
    formatPercent(percent).padStart(7),
    `${formatCount(phaseRows).padStart(total.length)} of ${total} rows`,
    `${formatCount(rowsPerSecond).padStart(11)} rows/s`,
    `${formatClock(elapsedMs).padStart(7)} elapsed`,
    `${(etaMs === null ? "?" : formatClock(etaMs)).padStart(7)} left`,
    `${formatCount(progress.failed)} rejected`,
  ].join("  ");
}

/** Events that are told in words wherever people read. */
function messageOf(event: RunEvent): string | null {
  switch (event.event) {
    case "warning":
      return `warning: ${event.code}: ${plainText(event.message)}`;
    case "note":
      return plainText(event.message);
    case "paused":
    case "resumed":
      return event.event;
    case "rate":
      return event.rowsPerSecond === null
        ? "rate: no limit"
        : `rate: ${formatCount(event.rowsPerSecond)} rows/s`;
    case "stopping":
      return "finishing what is in flight";
    default:
      return null;
  }
}

/** As short as `octoload runs` takes it from here. */
function runNameOf(runDir: string): string {
  if (dirname(resolve(runDir)) === resolve(DEFAULT_RUNS_DIR)) return basename(runDir);
  const fromHere = relative(process.cwd(), runDir);
  return fromHere.startsWith("..") ? runDir : fromHere;
}

/** Colours take no room. */
function visibleLength(line: string): number {
  return stripVTControlCharacters(line).length;
}
