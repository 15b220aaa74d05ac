import type { LimiterClock } from "../../src/load/rate-limiter.js";

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Time that passes when the test says so; timers go off on the way, in their order. */
export class ManualClock implements LimiterClock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  readonly nowMs = (): number => this.#nowMs;

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const timer = { atMs: this.#nowMs + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  get timerCount(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [first] = [...this.#timers].toSorted((a, b) => a.atMs - b.atMs);
      if (first === undefined || first.atMs > endMs) break;
      this.#timers.delete(first);
      this.#nowMs = first.atMs;
      first.callback();
    }
    this.#nowMs = endMs;
  }
}
