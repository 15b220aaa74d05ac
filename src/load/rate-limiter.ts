/** Time as a limiter sees it; a test brings its own. */
export interface LimiterClock {
  readonly nowMs: () => number;
  /** Calls back once, later; the result cancels it. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

const systemClock: LimiterClock = {
  nowMs: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** How much unused allowance is saved up: a tenth of a second's. */
const BURST_SECONDS = 0.1;
/** Longer waits than a timer can take are taken in parts. */
const MAX_WAIT_MS = 60_000;

interface Waiter {
  readonly rows: number;
  readonly admit: () => void;
}

/**
 * Admits batches of rows at a rate, in the order they ask. A token bucket that may
 * go into debt: a batch passes when nothing is owed and the next one waits until
 * its rows are paid for, so a batch may be larger than a second's allowance.
 * A change of rate or a pause applies to the batches already waiting.
 */
export class RateLimiter {
  readonly #clock: LimiterClock;
  readonly #waiters: Waiter[] = [];
  #rowsPerSecond: number | null = null;
  #isPaused = false;
  #allowance = 0;
  #countedMs: number;
  #cancelTimer: (() => void) | null = null;

  constructor(clock: LimiterClock = systemClock) {
    this.#clock = clock;
    this.#countedMs = clock.nowMs();
  }

  /** null: no limit. */
  setRate(rowsPerSecond: number | null): void {
    this.#earn();
    this.#rowsPerSecond = rowsPerSecond;
    if (rowsPerSecond === null) this.#allowance = 0;
    this.#admitWaiters();
  }

  setPaused(isPaused: boolean): void {
    this.#earn();
    this.#isPaused = isPaused;
    this.#admitWaiters();
  }

  /** True while a batch waits for the rate or for the end of a pause. */
  get isHolding(): boolean {
    return this.#waiters.length > 0;
  }

  /**
   * Resolves when a batch of so many rows may go.
   *
   * @throws the signal's reason when it is aborted first; the rows are then not counted
   */
  acquire(rows: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    this.#earn();
    if (this.#waiters.length === 0 && this.#take(rows)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        this.#admitWaiters();
        reject(signal?.reason);
      };
      const admit = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const waiter: Waiter = { rows, admit };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiters.push(waiter);
      this.#admitWaiters();
    });
  }

  #take(rows: number): boolean {
    if (this.#isPaused) return false;
    if (this.#rowsPerSecond === null) return true;
    if (this.#allowance < 0) return false;
    this.#allowance -= rows;
    return true;
  }

  /** Brings the allowance up to date; a paused limiter earns too, up to the burst. */
  #earn(): void {
    const now = this.#clock.nowMs();
    const rate = this.#rowsPerSecond;
    if (rate !== null) {
      const earned = ((now - this.#countedMs) / 1000) * rate;
      this.#allowance = Math.min(this.#allowance + earned, rate * BURST_SECONDS);
    }
    this.#countedMs = now;
  }

  #admitWaiters(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#earn();
    for (;;) {
      const [first] = this.#waiters;
      if (first === undefined) return;
      if (!this.#take(first.rows)) break;
      this.#waiters.shift();
      first.admit();
    }
    const rate = this.#rowsPerSecond;
    if (this.#isPaused || rate === null) return;
    const waitMs = Math.min(Math.ceil((-this.#allowance / rate) * 1000), MAX_WAIT_MS);
    this.#cancelTimer = this.#clock.after(Math.max(1, waitMs), () => this.#admitWaiters());
  }
}
