import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Phase } from "../../src/load/progress.js";
import { type ThroughputPoint, ThroughputSeries } from "../../src/load/throughput.js";
import { runs } from "../support/seed.js";

function rowsOf(points: readonly ThroughputPoint[]): number {
  let previousMs = 0;
  return points.reduce((sum, { atMs, rowsPerSecond }) => {
    const rows = (rowsPerSecond * (atMs - previousMs)) / 1000;
    previousMs = atMs;
    return sum + rows;
  }, 0);
}

describe("ThroughputSeries", () => {
  it("gives each interval its mean rate", () => {
    const series = new ThroughputSeries();
    series.add(250, "scan", 1000);
    series.add(500, "scan", 500);
    expect(series.points(500)).toEqual([
      { atMs: 250, phase: "scan", rowsPerSecond: 4000 },
      { atMs: 500, phase: "scan", rowsPerSecond: 2000 },
    ]);
  });

  it("keeps phases apart and shows the unfinished interval", () => {
    const series = new ThroughputSeries();
    series.add(100, "scan", 10);
    series.add(200, "load", 40);
    expect(series.points(300)).toEqual([
      { atMs: 100, phase: "scan", rowsPerSecond: 100 },
      { atMs: 300, phase: "load", rowsPerSecond: 200 },
    ]);
  });

  it("shows a standstill as no rows, not as a slow interval", () => {
    const series = new ThroughputSeries();
    series.add(250, "load", 100);
    series.add(500, "load", 0);
    expect(series.points(500).at(-1)?.rowsPerSecond).toBe(0);
  });

  it("halves its resolution when it is full", () => {
    const series = new ThroughputSeries({ maxPoints: 4 });
    for (let i = 1; i <= 5; i++) series.add(i * 250, "load", i);
    expect(series.points(1250).map(({ atMs }) => atMs)).toEqual([500, 1000, 1250]);
  });

  it("is bounded, in order, and loses no row, however long the run", () => {
    const phase = fc.constantFrom<Phase>("scan", "derive", "load");
    const step = fc.tuple(fc.integer({ min: 0, max: 2000 }), phase, fc.nat(100_000));
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 400 }),
        fc.integer({ min: 2, max: 20 }),
        (steps, maxPoints) => {
          const series = new ThroughputSeries({ maxPoints });
          let nowMs = 0;
          let rows = 0;
          for (const [ms, name, more] of steps) {
            nowMs += ms;
            rows += more;
            series.add(nowMs, name, more);
          }
          const points = series.points(nowMs + 1);
          expect(points.length).toBeLessThanOrEqual(maxPoints);
          const times = points.map(({ atMs }) => atMs);
          expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
          // Each rate is rounded to a whole row a second.
          expect(Math.abs(rowsOf(points) - rows)).toBeLessThanOrEqual((nowMs + 1) / 2000 + 1e-3);
        },
      ),
      runs(200),
    );
  });

  it("goes on after the points of an earlier process", () => {
    const first = new ThroughputSeries();
    first.add(1000, "scan", 5000);
    const second = new ThroughputSeries();
    second.restore(first.points(1000), 1200);
    second.add(1700, "load", 100);
    expect(second.points(1700)).toEqual([
      { atMs: 1000, phase: "scan", rowsPerSecond: 5000 },
      { atMs: 1700, phase: "load", rowsPerSecond: 200 },
    ]);
  });
});
