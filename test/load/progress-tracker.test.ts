import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Phase } from "../../src/load/progress.js";
import { type EarlierWork, ProgressTracker } from "../../src/load/progress-tracker.js";
import { ManualClock } from "../support/manual-clock.js";
import { runs } from "../support/seed.js";

const url = "sqlite:out.db";

function start(options: { earlier?: EarlierWork; sinkUrls?: readonly string[] } = {}) {
  const clock = new ManualClock();
  const tracker = new ProgressTracker({
    runId: "r1",
    sinkUrls: [url],
    nowMs: clock.nowMs,
    ...options,
  });
  return { clock, tracker };
}

/** Work in steps, as a pipeline reports it. */
function work(
  clock: ManualClock,
  seconds: number,
  rowsPerSecond: number,
  report: (rows: number) => void,
) {
  for (let i = 0; i < seconds * 10; i++) {
    clock.advance(100);
    report(rowsPerSecond / 10);
  }
}

describe("ProgressTracker", () => {
  it("starts at nothing known", () => {
    const { tracker } = start();
    expect(tracker.snapshot()).toMatchObject({
      phase: "scan",
      total: null,
      percent: 0,
      etaMs: null,
      rowsPerSecond: 0,
      averageRowsPerSecond: 0,
      migrated: 0,
      failed: 0,
    });
  });

  it("weighs the phases into one percentage and is at 100 only when done", () => {
    const { clock, tracker } = start();
    tracker.total(1000);
    work(clock, 1, 500, (rows) => tracker.scanned(rows));
    expect(tracker.snapshot().percent).toBe(22.5);
    work(clock, 1, 500, (rows) => tracker.scanned(rows));
    tracker.phase("derive");
    tracker.derived(1000);
    tracker.phase("load");
    expect(tracker.snapshot().percent).toBe(55);
    work(clock, 1, 1000, (rows) => tracker.acknowledged(url, rows));
    expect(tracker.snapshot().percent).toBe(99.9);
    tracker.phase("done");
    expect(tracker.snapshot()).toMatchObject({ percent: 100, etaMs: 0, migrated: 1000 });
  });

  it("counts the rows that a prune looks at, without a total, and the keys it deletes", () => {
    const { clock, tracker } = start({ earlier: { pruned: [{ url, pruned: 5 }] } });
    tracker.total(1000);
    tracker.phase("load");
    tracker.acknowledged(url, 1000);
    tracker.phase("prune");
    work(clock, 1, 300, (rows) => tracker.lookedAt(rows));
    tracker.pruned(url, 37);
    const { sinks, ...progress } = tracker.snapshot();
    const unknown = { phaseTotal: null, etaMs: null, percent: 99.9 };
    expect(progress).toMatchObject({ phaseRows: 300, averageRowsPerSecond: 300, ...unknown });
    expect(sinks).toMatchObject([{ loaded: 1000, pruned: 42 }]);
    tracker.phase("done");
    expect(tracker.snapshot()).toMatchObject({ percent: 100, phaseRows: 1000 });
    expect(start().tracker.snapshot().sinks[0]).not.toHaveProperty("pruned");
  });

  it("takes now from the last seconds and the average from the whole phase", () => {
    const { clock, tracker } = start();
    work(clock, 6, 1000, (rows) => tracker.scanned(rows));
    work(clock, 4, 6000, (rows) => tracker.scanned(rows));
    expect(tracker.snapshot()).toMatchObject({ rowsPerSecond: 6000, averageRowsPerSecond: 3000 });
  });

  it("measures each phase by itself", () => {
    const { clock, tracker } = start();
    work(clock, 5, 1000, (rows) => tracker.scanned(rows));
    tracker.phase("load");
    work(clock, 1, 200, (rows) => tracker.acknowledged(url, rows));
    expect(tracker.snapshot()).toMatchObject({ rowsPerSecond: 200, averageRowsPerSecond: 200 });
  });

  it("comes to rest when nothing moves", () => {
    const { clock, tracker } = start();
    work(clock, 2, 1000, (rows) => tracker.scanned(rows));
    work(clock, 4, 0, (rows) => tracker.scanned(rows));
    expect(tracker.snapshot().rowsPerSecond).toBe(0);
  });

  it("foresees the end of an even run", () => {
    const { clock, tracker } = start();
    tracker.total(9000);
    work(clock, 9, 500, (rows) => tracker.scanned(rows));
    // 9 s to scan the rest, then the other 55 % at 9 s for 22.5 %.
    expect(tracker.snapshot().etaMs).toBe(31_000);
    work(clock, 9, 500, (rows) => tracker.scanned(rows));
    tracker.phase("derive");
    tracker.derived(9000);
    tracker.phase("load");
    work(clock, 3, 1000, (rows) => tracker.acknowledged(url, rows));
    expect(tracker.snapshot().etaMs).toBe(6000);
  });

  it("does not count a pause as working time, and foresees nothing during one", () => {
    const { clock, tracker } = start();
    tracker.total(10_000);
    tracker.phase("load");
    work(clock, 4, 1000, (rows) => tracker.acknowledged(url, rows));
    tracker.paused(true);
    clock.advance(60_000);
    expect(tracker.snapshot()).toMatchObject({
      isPaused: true,
      limit: "paused",
      etaMs: null,
      rowsPerSecond: 0,
      averageRowsPerSecond: 1000,
    });
    tracker.paused(false);
    work(clock, 4, 1000, (rows) => tracker.acknowledged(url, rows));
    expect(tracker.snapshot()).toMatchObject({ averageRowsPerSecond: 1000, etaMs: 2000 });
  });

  it("counts an earlier process's work as done but not as speed", () => {
    const earlier: EarlierWork = {
      scanned: 1000,
      derived: 1000,
      sinks: [{ url, loaded: 500, rejected: 0, skipped: 0 }],
      rejectedByCode: { OUT_OF_FRAME: 2 },
      rejectedBeforeSinks: 2,
      elapsedMs: 7000,
      throughput: [{ atMs: 7000, phase: "load", rowsPerSecond: 300 }],
    };
    const { clock, tracker } = start({ earlier });
    tracker.total(1002);
    tracker.phase("load");
    expect(tracker.snapshot()).toMatchObject({ migrated: 500, failed: 2, percent: 77.5 });
    work(clock, 2, 100, (rows) => tracker.acknowledged(url, rows));
    expect(tracker.snapshot()).toMatchObject({
      migrated: 700,
      elapsedMs: 9000,
      rowsPerSecond: 100,
      averageRowsPerSecond: 100,
      etaMs: 3000,
    });
    const rates = tracker.throughput().map(({ rowsPerSecond }) => rowsPerSecond);
    expect(rates[0]).toBe(300);
    expect(new Set(rates.slice(1))).toEqual(new Set([100]));
  });

  it("follows the slowest of several targets and says how far it is behind", () => {
    const { tracker } = start({ sinkUrls: ["null:", url] });
    tracker.total(100);
    tracker.rejected("OUT_OF_FRAME", 10);
    tracker.phase("load");
    tracker.acknowledged("null:", 90);
    tracker.acknowledged(url, 30);
    tracker.rejected("LEVEL_INVALID", 5, url);
    tracker.skipped(url, 10);
    const { sinks, ...progress } = tracker.snapshot();
    expect(sinks).toEqual([
      { url: "null:", loaded: 90, rejected: 10, skipped: 0, lagRows: 0 },
      { url, loaded: 30, rejected: 15, skipped: 10, lagRows: 45 },
    ]);
    expect(progress).toMatchObject({
      migrated: 30,
      failed: 15,
      phaseRows: 45,
      phaseTotal: 90,
      percent: 77.5,
      rejectedByCode: { OUT_OF_FRAME: 10, LEVEL_INVALID: 5 },
    });
  });

  it("sums up what each stage was busy with", () => {
    const { tracker } = start();
    tracker.busy("pack", 12, 100);
    tracker.busy("encode", 5, 100);
    tracker.busy("pack", 8, 50);
    expect(tracker.snapshot().stages).toEqual([
      { name: "pack", rows: 150, busyMs: 20 },
      { name: "encode", rows: 100, busyMs: 5 },
    ]);
  });

  it("shows what limits it and the rate that is set", () => {
    const { tracker } = start();
    tracker.limit("sink");
    tracker.rateLimit(5000);
    expect(tracker.snapshot()).toMatchObject({ limit: "sink", rateLimit: 5000 });
  });

  it("shows what a target says of itself", () => {
    const { tracker } = start();
    tracker.sinkLimit(url, "its latency");
    expect(tracker.snapshot().sinks[0]).toMatchObject({ url, limit: "its latency" });
    tracker.sinkLimit(url, null);
    expect(tracker.snapshot().sinks[0]).not.toHaveProperty("limit");
  });

  it("refuses counts of a target it does not have", () => {
    const { tracker } = start();
    expect(() => tracker.acknowledged("null:", 1)).toThrow(RangeError);
  });

  it("never goes back and never exceeds its bounds, whatever is reported", () => {
    type Action = (tracker: ProgressTracker, clock: ManualClock) => void;
    const counts = fc.nat(500);
    const action: fc.Arbitrary<Action> = fc.oneof(
      counts.map(
        (n): Action =>
          (tracker) =>
            tracker.scanned(n),
      ),
      counts.map(
        (n): Action =>
          (tracker) =>
            tracker.derived(n),
      ),
      counts.map(
        (n): Action =>
          (tracker) =>
            tracker.acknowledged(url, n),
      ),
      counts.map(
        (n): Action =>
          (tracker) =>
            tracker.rejected("TOO_LARGE", n),
      ),
      counts.map(
        (n): Action =>
          (tracker) =>
            tracker.total(n * 10),
      ),
      counts.map(
        (n): Action =>
          (_, clock) =>
            clock.advance(n * 6),
      ),
      fc.boolean().map(
        (isPaused): Action =>
          (tracker) =>
            tracker.paused(isPaused),
      ),
      fc.constantFrom<Phase>("scan", "derive", "load", "prune").map(
        (phase): Action =>
          (tracker) =>
            tracker.phase(phase),
      ),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const { clock, tracker } = start();
        let previous = 0;
        for (const act of actions) {
          act(tracker, clock);
          const { percent, etaMs, rowsPerSecond, averageRowsPerSecond } = tracker.snapshot();
          expect(percent).toBeGreaterThanOrEqual(previous);
          expect(percent).toBeLessThan(100);
          expect(etaMs ?? 0).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(rowsPerSecond + averageRowsPerSecond)).toBe(true);
          previous = percent;
        }
      }),
      runs(300),
    );
  });
});
