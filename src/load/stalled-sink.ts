import type { Sink } from "../sink/sink.js";
import { RunInterrupted } from "./run-context.js";

/** So long nothing may be acknowledged before what is on the way is given up. */
const PATIENCE_MS = 3_000;
const LOOK_MS = 250;

/**
 * Sees that a run that is to end does, while its target's servers are out: rows on the way are
 * waited for as long as some are acknowledged. Those that are given up are sent again by a resume.
 */
export class StalledSink {
  readonly #sink: Sink;
  readonly #signal: AbortSignal;
  readonly #settledRows: () => number;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param signal aborted when the run is to end
   * @param settledRows how many rows were acknowledged or refused so far
   */
  constructor(sink: Sink, signal: AbortSignal, settledRows: () => number) {
    this.#sink = sink;
    this.#signal = signal;
    this.#settledRows = settledRows;
    if (signal.aborted) this.#watch();
    else signal.addEventListener("abort", this.#watch, { once: true });
  }

  /** The sink has ended. */
  close(): void {
    this.#signal.removeEventListener("abort", this.#watch);
    clearInterval(this.#timer);
  }

  readonly #watch = (): void => {
    let rows = this.#settledRows();
    let sinceMs = performance.now();
    this.#timer = setInterval(() => {
      const now = this.#settledRows();
      if (now > rows) {
        rows = now;
        sinceMs = performance.now();
      } else if (performance.now() - sinceMs >= PATIENCE_MS) {
        this.close();
        this.#sink.giveUp?.(new RunInterrupted());
      }
    }, LOOK_MS);
  };
}
