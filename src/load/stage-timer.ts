import type { ProgressTracker } from "./progress-tracker.js";

/**
 * Times a stage whose pieces of work overlap: it is busy from the first one's start to the last
 * one's end, and no moment counts twice.
 */
export class StageTimer {
  readonly #stage: string;
  readonly #tracker: ProgressTracker;
  #running = 0;
  #busySinceMs = 0;

  constructor(stage: string, tracker: ProgressTracker) {
    this.#stage = stage;
    this.#tracker = tracker;
  }

  begin(): void {
    if (this.#running === 0) this.#busySinceMs = performance.now();
    this.#running += 1;
  }

  /** @param rows what the piece of work that ends was about; 0 where it failed */
  end(rows: number): void {
    this.#running -= 1;
    const nowMs = performance.now();
    this.#tracker.busy(this.#stage, nowMs - this.#busySinceMs, rows);
    this.#busySinceMs = nowMs;
  }
}
