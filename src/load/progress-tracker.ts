import { PhaseClock } from "./phase-clock.js";
import type { Limit, Phase, Progress, SinkProgress, StageTime } from "./progress.js";
import { type ThroughputPoint, ThroughputSeries } from "./throughput.js";

/** Parts of a run's time that its phases usually take; together 1. */
export interface PhaseShares {
  readonly scan: number;
  readonly derive: number;
  readonly load: number;
}

/** What earlier processes of the run did, for a resumed one. */
export interface EarlierWork {
  readonly scanned?: number;
  readonly derived?: number;
  readonly sinks?: readonly {
    readonly url: string;
    readonly loaded: number;
    readonly rejected: number;
    readonly skipped: number;
  }[];
  /** Keys deleted; left out by a run that does not prune. */
  readonly pruned?: readonly { readonly url: string; readonly pruned: number }[];
  /** Rows rejected before they reached a sink, and by sinks: all of them. */
  readonly rejectedByCode?: Readonly<Record<string, number>>;
  /** How many of them no sink was offered. */
  readonly rejectedBeforeSinks?: number;
  readonly elapsedMs?: number;
  readonly throughput?: readonly ThroughputPoint[];
}

export interface ProgressTrackerOptions {
  readonly runId: string;
  readonly sinkUrls: readonly string[];
  /** A clock that never goes back, such as performance.now(). */
  readonly nowMs: () => number;
  readonly shares?: PhaseShares;
  readonly earlier?: EarlierWork;
}

/** Those whose rows are known beforehand. */
type WorkPhase = keyof PhaseShares;

interface SinkCounts {
  loaded: number;
  rejected: number;
  skipped: number;
}

const USUAL_SHARES: PhaseShares = { scan: 0.45, derive: 0.1, load: 0.45 };
const workPhases: readonly WorkPhase[] = ["scan", "derive", "load"];
/** Until a run is done it is never said to be complete. */
const LAST_PERCENT_BEFORE_DONE = 99.9;

/**
 * Counts what a run does and turns the counts into progress: percent of the whole
 * run, rates, the time left. The pipeline reports plain numbers, each an increase.
 * What an earlier process of the run did counts as progress, never as speed.
 */
export class ProgressTracker {
  readonly #runId: string;
  readonly #nowMs: () => number;
  readonly #shares: PhaseShares;
  readonly #clock: PhaseClock;
  readonly #series: ThroughputSeries;
  readonly #startMs: number;
  readonly #earlierMs: number;
  readonly #planned: Record<WorkPhase, number | null> = { scan: null, derive: null, load: null };
  readonly #stages = new Map<string, { rows: number; busyMs: number }>();
  readonly #sinks = new Map<string, SinkCounts>();
  readonly #rejectedByCode = new Map<string, number>();
  readonly #pruned: Map<string, number>;
  #lookedAt = 0;
  #phase: Phase = "scan";
  #scanned: number;
  #derived: number;
  #rejectedBeforeSinks: number;
  #total: number | null = null;
  #percent = 0;
  /** Where forecasts start from: percent and working time when a total was first known. */
  #origin: { readonly percent: number; readonly activeMs: number } | null = null;
  #limit: Limit = "source";
  readonly #sinkLimits = new Map<string, string>();
  #rateLimit: number | null = null;
  #isPaused = false;

  constructor({
    runId,
    sinkUrls,
    nowMs,
    shares = USUAL_SHARES,
    earlier = {},
  }: ProgressTrackerOptions) {
    this.#runId = runId;
    this.#nowMs = nowMs;
    this.#shares = shares;
    this.#startMs = nowMs();
    this.#earlierMs = earlier.elapsedMs ?? 0;
    this.#scanned = earlier.scanned ?? 0;
    this.#derived = earlier.derived ?? 0;
    this.#rejectedBeforeSinks = earlier.rejectedBeforeSinks ?? 0;
    for (const url of sinkUrls) this.#sinks.set(url, { loaded: 0, rejected: 0, skipped: 0 });
    for (const { url, ...counts } of earlier.sinks ?? []) this.#sinks.set(url, { ...counts });
    for (const [code, rows] of Object.entries(earlier.rejectedByCode ?? {})) {
      this.#rejectedByCode.set(code, rows);
    }
    this.#pruned = new Map(earlier.pruned?.map(({ url, pruned }) => [url, pruned]));
    this.#clock = new PhaseClock(this.#startMs, this.#scanned);
    this.#series = new ThroughputSeries();
    this.#series.restore(earlier.throughput ?? [], this.#earlierMs);
  }

  /** The run enters a phase; `done` only once everything is acknowledged. */
  phase(phase: Phase): void {
    this.#observe();
    this.#phase = phase;
    this.#clock.restart(this.#nowMs(), this.#phaseRows());
    this.#observe();
  }

  /** Rows of the source after filters, once they are known. */
  total(rows: number): void {
    this.#total = rows;
    this.#setOrigin();
  }

  /** Rows a phase will go through where they are not the total, as a scan before its filter. */
  planned(phase: WorkPhase, rows: number): void {
    this.#planned[phase] = rows;
    this.#setOrigin();
  }

  scanned(rows: number): void {
    this.#scanned += rows;
    this.#observe();
  }

  derived(rows: number): void {
    this.#derived += rows;
    this.#observe();
  }

  acknowledged(sinkUrl: string, rows: number): void {
    this.#sink(sinkUrl).loaded += rows;
    this.#observe();
  }

  skipped(sinkUrl: string, rows: number): void {
    this.#sink(sinkUrl).skipped += rows;
    this.#observe();
  }

  /** Without a sink: rejected before any was offered the rows, so it counts for all of them. */
  rejected(code: string, rows: number, sinkUrl?: string): void {
    this.#rejectedByCode.set(code, (this.#rejectedByCode.get(code) ?? 0) + rows);
    if (sinkUrl === undefined) this.#rejectedBeforeSinks += rows;
    else this.#sink(sinkUrl).rejected += rows;
    this.#observe();
  }

  /** Rows of targets were compared with the source. */
  lookedAt(rows: number): void {
    this.#lookedAt += rows;
    this.#observe();
  }

  /** Keys were deleted. */
  pruned(sinkUrl: string, keys: number): void {
    this.#pruned.set(sinkUrl, (this.#pruned.get(sinkUrl) ?? 0) + keys);
  }

  /** A stage worked for `ms` on `rows`. */
  busy(stage: string, ms: number, rows: number): void {
    const before = this.#stages.get(stage) ?? { rows: 0, busyMs: 0 };
    this.#stages.set(stage, { rows: before.rows + rows, busyMs: before.busyMs + ms });
  }

  limit(limit: Limit): void {
    this.#limit = limit;
  }

  /** What a sink says of itself; null: nothing in it. */
  sinkLimit(sinkUrl: string, limit: string | null): void {
    if (limit === null) this.#sinkLimits.delete(sinkUrl);
    else this.#sinkLimits.set(sinkUrl, limit);
  }

  rateLimit(rowsPerSecond: number | null): void {
    this.#rateLimit = rowsPerSecond;
  }

  paused(isPaused: boolean): void {
    this.#observe();
    this.#isPaused = isPaused;
    this.#clock.pause(this.#nowMs(), isPaused);
  }

  snapshot(): Progress {
    this.#observe();
    const now = this.#nowMs();
    const percent = this.#advancePercent();
    const sinks = this.#sinkProgress();
    return {
      runId: this.#runId,
      phase: this.#phase,
      total: this.#total,
      migrated: sinks.length === 0 ? 0 : Math.min(...sinks.map(({ loaded }) => loaded)),
      failed: this.#rejectedBeforeSinks + Math.max(0, ...this.#ownRejections()),
      phaseRows: this.#phaseRows(),
      phaseTotal: this.#phaseTotal(),
      percent,
      elapsedMs: this.#elapsedMs(now),
      etaMs: this.#etaMs(now, percent),
      rowsPerSecond: Math.round(this.#clock.rate(now)),
      averageRowsPerSecond: Math.round(this.#clock.averageRate(now, this.#phaseRows())),
      limit: this.#currentLimit(),
      rateLimit: this.#rateLimit,
      isPaused: this.#isPaused,
      stages: this.#stageTimes(),
      sinks,
      rejectedByCode: Object.fromEntries(this.#rejectedByCode),
    };
  }

  /** The run's course, the one its report draws. */
  throughput(): ThroughputPoint[] {
    return this.#series.points(this.#elapsedMs(this.#nowMs()));
  }

  #currentLimit(): Limit {
    return this.#isPaused ? "paused" : this.#limit;
  }

  #elapsedMs(now: number): number {
    return Math.round(this.#earlierMs + now - this.#startMs);
  }

  #sink(url: string): SinkCounts {
    const counts = this.#sinks.get(url);
    if (counts === undefined) throw new RangeError(`no sink of this run is ${url}`);
    return counts;
  }

  /** Takes the time of the rows that came since the last look. */
  #observe(): void {
    const now = this.#nowMs();
    const rows = this.#clock.observe(now, this.#phaseRows());
    this.#series.add(this.#elapsedMs(now), this.#phase, rows);
  }

  #phaseRows(): number {
    if (this.#phase === "scan") return this.#scanned;
    if (this.#phase === "derive") return this.#derived;
    if (this.#phase === "prune") return this.#lookedAt;
    const settled = [...this.#sinks.values()].map(settledRows);
    return settled.length === 0 ? 0 : Math.min(...settled);
  }

  #phaseTotal(): number | null {
    if (this.#phase === "prune") return null;
    return this.#plannedRows(this.#phase === "done" ? "load" : this.#phase);
  }

  #plannedRows(phase: WorkPhase): number | null {
    const planned = this.#planned[phase];
    if (planned !== null || phase !== "load" || this.#total === null) return planned ?? this.#total;
    return this.#total - this.#rejectedBeforeSinks;
  }

  #ownRejections(): number[] {
    return [...this.#sinks.values()].map(({ rejected }) => rejected);
  }

  #sinkProgress(): SinkProgress[] {
    const furthest = Math.max(0, ...[...this.#sinks.values()].map(settledRows));
    return [...this.#sinks].map(([url, counts]) => {
      const limit = this.#sinkLimits.get(url);
      const pruned = this.#pruned.get(url);
      return {
        url,
        loaded: counts.loaded,
        rejected: this.#rejectedBeforeSinks + counts.rejected,
        skipped: counts.skipped,
        lagRows: furthest - settledRows(counts),
        ...(limit === undefined ? {} : { limit }),
        ...(pruned === undefined ? {} : { pruned }),
      };
    });
  }

  #stageTimes(): StageTime[] {
    return [...this.#stages].map(([name, stage]) => ({ name, ...stage }));
  }

  /** Never less than it was, whatever the totals turn out to be. */
  #advancePercent(): number {
    const percent = this.#phase === "done" ? 100 : this.#workPercent();
    this.#percent = Math.max(this.#percent, Math.floor(percent * 100) / 100);
    return this.#percent;
  }

  #workPercent(): number {
    let share = 0;
    for (const phase of workPhases) {
      if (phase === this.#phase) {
        share += this.#shares[phase] * fractionOf(this.#phaseRows(), this.#phaseTotal());
        break;
      }
      share += this.#shares[phase];
    }
    return Math.min(share * 100, LAST_PERCENT_BEFORE_DONE);
  }

  /** The rest of this phase at its own speed, later phases at the speed of the run so far. */
  #etaMs(now: number, percent: number): number | null {
    if (this.#phase === "done") return 0;
    // Nobody knows how many rows a target has.
    if (this.#phase === "prune") return null;
    const total = this.#phaseTotal();
    const rate = this.#clock.forecastRate(now, this.#phaseRows());
    if (this.#isPaused || total === null || rate === 0) return null;
    const restMs = (Math.max(0, total - this.#phaseRows()) / rate) * 1000;
    const laterPercent = 100 * sharesAfter(this.#phase, this.#shares);
    if (laterPercent === 0) return Math.round(restMs);
    const donePercent = percent - (this.#origin?.percent ?? percent);
    if (donePercent <= 0) return null;
    const activeMs = this.#clock.activeMs(now) - (this.#origin?.activeMs ?? 0);
    return Math.round(restMs + (activeMs / donePercent) * laterPercent);
  }

  #setOrigin(): void {
    const activeMs = this.#clock.activeMs(this.#nowMs());
    this.#origin ??= { percent: this.#advancePercent(), activeMs };
  }
}

function settledRows({ loaded, rejected, skipped }: SinkCounts): number {
  return loaded + rejected + skipped;
}

function fractionOf(rows: number, total: number | null): number {
  if (total === null) return 0;
  return total <= 0 ? 1 : Math.min(1, rows / total);
}

function sharesAfter(phase: WorkPhase, shares: PhaseShares): number {
  const later = workPhases.slice(workPhases.indexOf(phase) + 1);
  return later.reduce((sum, name) => sum + shares[name], 0);
}
