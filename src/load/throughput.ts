import type { Phase } from "./progress.js";

/** The mean rate of the interval that ends at `atMs`. */
export interface ThroughputPoint {
  readonly atMs: number;
  readonly phase: Phase;
  readonly rowsPerSecond: number;
}

interface Interval {
  readonly startMs: number;
  readonly endMs: number;
  readonly phase: Phase;
  readonly rows: number;
}

const DEFAULT_MAX_POINTS = 240;
const FIRST_INTERVAL_MS = 250;

/**
 * Rows per second over a run's time, in a bounded number of points: when they are
 * all used, neighbours are joined and the intervals to come last twice as long.
 */
export class ThroughputSeries {
  readonly #maxPoints: number;
  #intervals: Interval[] = [];
  #intervalMs = FIRST_INTERVAL_MS;
  #startMs: number;
  /** When rows of the open interval were last added. */
  #lastMs: number;
  #rows = 0;
  #phase: Phase = "scan";

  constructor({ startMs = 0, maxPoints = DEFAULT_MAX_POINTS } = {}) {
    this.#startMs = startMs;
    this.#lastMs = startMs;
    this.#maxPoints = maxPoints;
  }

  /** Goes on after the points of the run's earlier processes, which ended before `startMs`. */
  restore(points: readonly ThroughputPoint[], startMs: number): void {
    let previousMs = 0;
    this.#intervals = points.map(({ atMs, phase, rowsPerSecond }) => {
      const startedMs = previousMs;
      previousMs = atMs;
      const rows = (rowsPerSecond * (atMs - startedMs)) / 1000;
      return { startMs: startedMs, endMs: atMs, phase, rows };
    });
    this.#startMs = startMs;
    this.#lastMs = startMs;
    this.#shrink();
  }

  /** `rows` more went through `phase` since the last call; 0 rows let the time pass. */
  add(atMs: number, phase: Phase, rows: number): void {
    if (phase !== this.#phase) {
      this.#close(this.#lastMs);
      this.#phase = phase;
    }
    this.#rows += rows;
    this.#lastMs = atMs;
    if (atMs - this.#startMs >= this.#intervalMs) this.#close(atMs);
  }

  /** The whole course, the unfinished interval included. */
  points(atMs: number): ThroughputPoint[] {
    this.#close(atMs);
    return this.#intervals.map((interval) => {
      const seconds = (interval.endMs - interval.startMs) / 1000;
      const { endMs, phase, rows } = interval;
      return { atMs: endMs, phase, rowsPerSecond: Math.round(rows / seconds) };
    });
  }

  #close(endMs: number): void {
    // Rows of no time wait for the next interval: they have no rate.
    if (endMs <= this.#startMs) return;
    const phase = this.#phase;
    this.#intervals.push({ startMs: this.#startMs, endMs, phase, rows: this.#rows });
    this.#startMs = endMs;
    this.#rows = 0;
    this.#shrink();
  }

  #shrink(): void {
    while (this.#intervals.length > this.#maxPoints) {
      const joined = joinNeighbours(this.#intervals, true);
      const isSmaller = joined.length < this.#intervals.length;
      this.#intervals = isSmaller ? joined : joinNeighbours(this.#intervals, false);
      this.#intervalMs *= 2;
    }
  }
}

/** Pairs joined into one, those of two phases only unless `withinPhase`. */
function joinNeighbours(intervals: readonly Interval[], withinPhase: boolean): Interval[] {
  const joined: Interval[] = [];
  for (let i = 0; i < intervals.length; ) {
    const [first, second] = intervals.slice(i, i + 2);
    if (first === undefined) break;
    if (second === undefined || (withinPhase && first.phase !== second.phase)) {
      joined.push(first);
      i += 1;
    } else {
      joined.push({ ...second, startMs: first.startMs, rows: first.rows + second.rows });
      i += 2;
    }
  }
  return joined;
}
