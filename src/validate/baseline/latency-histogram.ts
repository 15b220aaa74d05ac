import type { LatencySummary } from "../result.js";

/** Upper bounds, ms; above the last one is a bucket of its own. */
const BOUNDS_MS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 25, 50, 100, 250, 1000];

/** How long queries took. Every one is kept: there are some thousands. */
export class LatencyHistogram {
  readonly #latenciesMs: number[] = [];
  #errors = 0;

  /** A query that was answered. */
  add(ms: number): void {
    this.#latenciesMs.push(ms);
  }

  /** A query that failed: it counts as one, and has no latency. */
  addError(): void {
    this.#errors += 1;
  }

  summary(): LatencySummary {
    const sorted = this.#latenciesMs.toSorted((a, b) => a - b);
    const total = sorted.reduce((sum, ms) => sum + ms, 0);
    const bounds = [...BOUNDS_MS, Number.POSITIVE_INFINITY];
    return {
      queries: sorted.length + this.#errors,
      errors: this.#errors,
      avgMs: rounded(total / Math.max(1, sorted.length)),
      p50Ms: rounded(rankOf(sorted, 0.5)),
      p95Ms: rounded(rankOf(sorted, 0.95)),
      p99Ms: rounded(rankOf(sorted, 0.99)),
      maxMs: rounded(sorted.at(-1) ?? 0),
      histogram: bounds.map((bound, i) => ({
        upToMs: Number.isFinite(bound) ? bound : null,
        queries: sorted.filter((ms) => ms <= bound && ms > (bounds[i - 1] ?? -1)).length,
      })),
    };
  }
}

/** The smallest value that so large a share does not exceed (nearest rank). */
function rankOf(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
