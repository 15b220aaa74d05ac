/** So near the bound a read counts as slow: the 99th percentile is to stay below it. */
const MARGIN = 0.8;
/** Slow reads since the last change that make the load slow down; of 100, one is allowed. */
const TOO_MANY_SLOW = 3;
const SLOW_DOWN = 0.7;
/** Reads of which at most one was slow make it speed up. */
const ENOUGH_READS = 100;
const SPEED_UP = 1.1;
/** A load begins with little and gets more in larger steps until reads are slow for the first time. */
const FIRST_SHARE = 0.05;
const FIRST_SPEED_UP = 1.5;
/** Reads that were under way at the last change still tell of what was before it. */
const SETTLE_MS = 300;
const MIN_SHARE = 0.005;

/** How much of its windows a load may use for live reads to stay fast: a multiplicative control. */
export class ReadControl {
  readonly #slowMs: number;
  #share = FIRST_SHARE;
  #speedUp = FIRST_SPEED_UP;
  #reads = 0;
  #slowReads = 0;
  #changedMs = Number.NEGATIVE_INFINITY;

  /** @param maxP99Ms bound of the reads' 99th percentile */
  constructor(maxP99Ms: number) {
    this.#slowMs = maxP99Ms * MARGIN;
  }

  /** In [MIN_SHARE, 1]. */
  get share(): number {
    return this.#share;
  }

  /**
   * @param latencyMs Infinity for a read that failed
   * @returns whether the share is another one now
   */
  record(latencyMs: number, nowMs: number): boolean {
    if (nowMs - this.#changedMs < SETTLE_MS) return false;
    this.#reads += 1;
    if (latencyMs > this.#slowMs) this.#slowReads += 1;
    if (this.#slowReads >= TOO_MANY_SLOW) {
      this.#speedUp = SPEED_UP;
      return this.#change(SLOW_DOWN, nowMs);
    }
    if (this.#reads < ENOUGH_READS) return false;
    if (this.#slowReads <= 1) return this.#change(this.#speedUp, nowMs);
    [this.#reads, this.#slowReads] = [0, 0];
    return false;
  }

  #change(factor: number, nowMs: number): boolean {
    const before = this.#share;
    this.#share = Math.max(MIN_SHARE, Math.min(1, before * factor));
    [this.#reads, this.#slowReads] = [0, 0];
    if (this.#share === before) return false;
    this.#changedMs = nowMs;
    return true;
  }
}
