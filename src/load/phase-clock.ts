/** The sliding window over which "now" is taken. */
const WINDOW_MS = 3000;
/** Samples closer together than this are one, so that their number is bounded. */
const SAMPLE_MS = 100;
/** A phase this short has no average yet that a forecast could stand on. */
const SETTLED_MS = 1000;

interface Sample {
  readonly atMs: number;
  readonly rows: number;
}

/** Measures rates of one row counter at a time, the phase's; a pause does not count as time. */
export class PhaseClock {
  readonly #samples: Sample[] = [];
  #firstRows: number;
  #lastRows: number;
  #phaseStartMs: number;
  #phasePausedMs = 0;
  readonly #startMs: number;
  #pausedMs = 0;
  #pausedSinceMs: number | null = null;

  constructor(nowMs: number, rows: number) {
    this.#startMs = nowMs;
    this.#phaseStartMs = nowMs;
    this.#firstRows = rows;
    this.#lastRows = rows;
    this.#samples.push({ atMs: nowMs, rows });
  }

  /** Another phase begins, its counter standing at `rows`. */
  restart(nowMs: number, rows: number): void {
    this.#phaseStartMs = nowMs;
    this.#phasePausedMs = this.#totalPausedMs(nowMs);
    this.#firstRows = rows;
    this.#lastRows = rows;
    this.#samples.splice(0, this.#samples.length, { atMs: nowMs, rows });
  }

  /** The counter stands at `rows` now. Returns the increase since the last time. */
  observe(nowMs: number, rows: number): number {
    const increase = rows - this.#lastRows;
    this.#lastRows = rows;
    const last = this.#samples.at(-1);
    if (last === undefined || nowMs - last.atMs >= SAMPLE_MS) {
      this.#samples.push({ atMs: nowMs, rows });
      while ((this.#samples[1]?.atMs ?? nowMs) <= nowMs - WINDOW_MS) this.#samples.shift();
    }
    return increase;
  }

  pause(nowMs: number, isPaused: boolean): void {
    if (isPaused) {
      this.#pausedSinceMs ??= nowMs;
      return;
    }
    this.#pausedMs = this.#totalPausedMs(nowMs);
    this.#pausedSinceMs = null;
  }

  /** Rows a second over the last seconds. */
  rate(nowMs: number): number {
    const [oldest] = this.#samples;
    if (oldest === undefined || nowMs <= oldest.atMs) return 0;
    return ((this.#lastRows - oldest.rows) / (nowMs - oldest.atMs)) * 1000;
  }

  /** Rows a second since the phase began in this process. */
  averageRate(nowMs: number, rows: number): number {
    const ms = this.#phaseMs(nowMs);
    return ms <= 0 ? 0 : ((rows - this.#firstRows) / ms) * 1000;
  }

  /** What to expect: between now and the average, so that a forecast neither jumps nor lingers. */
  forecastRate(nowMs: number, rows: number): number {
    const average = this.averageRate(nowMs, rows);
    return this.#phaseMs(nowMs) < SETTLED_MS ? average : (average + this.rate(nowMs)) / 2;
  }

  /** Since this process began. */
  activeMs(nowMs: number): number {
    return nowMs - this.#startMs - this.#totalPausedMs(nowMs);
  }

  #phaseMs(nowMs: number): number {
    return nowMs - this.#phaseStartMs - (this.#totalPausedMs(nowMs) - this.#phasePausedMs);
  }

  #totalPausedMs(nowMs: number): number {
    const sincePause = this.#pausedSinceMs === null ? 0 : nowMs - this.#pausedSinceMs;
    return this.#pausedMs + sincePause;
  }
}
