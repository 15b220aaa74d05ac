import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameQueue } from "../../src/cassandra/dispatch/frame-queue.js";
import { LatencyHistogram } from "../../src/cassandra/dispatch/latency-histogram.js";
import { NodeDowntime, repairAdvice } from "../../src/cassandra/dispatch/node-downtime.js";
import { compactionShare, parseHintWindow } from "../../src/cassandra/dispatch/pressure-watch.js";
import { ReadControl } from "../../src/cassandra/dispatch/read-control.js";
import { RetryBudget } from "../../src/cassandra/dispatch/retry-budget.js";
import { readWarning, warningKey } from "../../src/cassandra/dispatch/server-warnings.js";
import { runs } from "../support/seed.js";

describe("LatencyHistogram", () => {
  it("gives quantiles that are right to a sixteenth", () => {
    const latency = fc.double({ min: 0.02, max: 60_000, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(latency, { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.9, 0.99, 1),
        (latencies, quantile) => {
          const histogram = new LatencyHistogram();
          for (const ms of latencies) histogram.record(ms);
          const sorted = latencies.toSorted((one, other) => one - other);
          const exact = sorted[Math.ceil(quantile * sorted.length) - 1] ?? 0;
          expect(histogram.quantileMs(quantile) / exact).toBeGreaterThan(15 / 16);
          expect(histogram.quantileMs(quantile) / exact).toBeLessThan(17 / 16);
        },
      ),
      runs(200),
    );
  });

  it("forgets what is older than two rotations", () => {
    const histogram = new LatencyHistogram();
    histogram.record(100);
    histogram.rotate();
    histogram.record(1);
    expect(histogram.count).toBe(2);
    histogram.rotate();
    expect(histogram.count).toBe(1);
    expect(histogram.quantileMs(1)).toBeCloseTo(1, 0);
    histogram.rotate();
    expect(histogram.quantileMs(0.5)).toBe(0);
  });

  it("takes what is out of its range", () => {
    const histogram = new LatencyHistogram();
    for (const ms of [0, -1, Number.POSITIVE_INFINITY]) histogram.record(ms);
    expect(histogram.count).toBe(3);
  });
});

describe("FrameQueue", () => {
  it("does what an array does", () => {
    const command = fc.oneof(
      { weight: 5, arbitrary: fc.constant("push") },
      { weight: 4, arbitrary: fc.constant("shift") },
      { weight: 1, arbitrary: fc.constantFrom("keep", "clear") },
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 1_000 }), (commands) => {
        const queue = new FrameQueue<number>();
        let oracle: number[] = [];
        commands.forEach((name, at) => {
          if (name === "push") {
            queue.push(at);
            oracle.push(at);
          } else if (name === "shift") expect(queue.shift()).toBe(oracle.shift());
          else if (name === "keep") {
            queue.keep((item) => item % 3 > 0);
            oracle = oracle.filter((item) => item % 3 > 0);
          } else {
            expect(queue.clear()).toEqual(oracle);
            oracle = [];
          }
          expect([queue.length, queue.first]).toEqual([oracle.length, oracle[0]]);
        });
      }),
      runs(100),
    );
  });
});

describe("RetryBudget", () => {
  it("lets a fifth of what is acknowledged be sent again, and a few a second besides", () => {
    const budget = new RetryBudget(64, 0);
    const takeAll = (nowMs: number) => {
      let taken = 0;
      while (budget.take(nowMs)) taken += 1;
      return taken;
    };
    expect(takeAll(0)).toBe(64);
    for (let at = 0; at < 100; at += 1) budget.acknowledge();
    expect(takeAll(0)).toBeGreaterThanOrEqual(19);
    expect(takeAll(0)).toBe(0);
    expect(takeAll(2_000)).toBeGreaterThanOrEqual(19);
    expect(takeAll(1e9)).toBe(64);
  });
});

describe("readWarning", () => {
  it.each([
    [
      "Batch for [ks.octree_nodes] is of size 7.315KiB, exceeding specified threshold of 5.000KiB by 2.315KiB.",
      7490,
      5120,
    ],
    [
      "Batch for [ks.octree_nodes] is of size 18176, exceeding specified threshold of 5120 by 13056.",
      18_176,
      5_120,
    ],
    ["Batch for [a.b, a.c] is of size 12 B, exceeding specified threshold of 10 B by 2 B.", 12, 10],
    [
      "Batch for [a.b] is of size 1.5MiB, exceeding specified threshold of 64KiB by",
      1572864,
      65536,
    ],
  ])("%s", (text, sizeBytes, thresholdBytes) => {
    expect(readWarning(text)).toEqual({ kind: "batch-size", sizeBytes, thresholdBytes });
  });

  it("knows the warning that every batch of several partitions brings", () => {
    const text =
      "Unlogged batch covering 32 partitions detected against table [ks.octree_nodes]. You should use a logged batch for atomicity, or asynchronous writes for performance.";
    expect(readWarning(text)).toEqual({ kind: "expected" });
  });

  it("tells full disks from the rest", () => {
    const disk =
      "Guardrail replica_disk_usage violated: Replica disk usage exceeds warning threshold";
    expect(readWarning(disk)).toEqual({ kind: "disk" });
    expect(readWarning("something new")).toEqual({ kind: "other" });
    expect(warningKey("took 15 ms of 10")).toBe(warningKey("took 7 ms of 10"));
  });
});

describe("ReadControl", () => {
  it("gives way while reads are slow, and comes back when they are not", () => {
    const control = new ReadControl(10);
    let nowMs = 0;
    const read = (latencyMs: number, count: number) => {
      for (let at = 0; at < count; at += 1) {
        nowMs += 20;
        control.record(latencyMs, nowMs);
      }
    };
    expect(control.share).toBeLessThan(0.1);
    read(3, 500);
    expect(control.share).toBeGreaterThan(0.2);
    expect(control.share).toBeLessThan(1);
    read(3, 500);
    expect(control.share).toBe(1);
    read(12, 200);
    expect(control.share).toBeLessThan(0.1);
    const low = control.share;
    read(3, 300);
    expect(control.share).toBeGreaterThan(low);
    expect(control.share).toBeLessThan(1.5 * low);
    read(3, 20_000);
    expect(control.share).toBe(1);
  });

  it("allows one slow read of a hundred", () => {
    const control = new ReadControl(10);
    for (let at = 0; at < 10_000; at += 1) control.record(at % 100 === 0 ? 50 : 2, at * 20);
    expect(control.share).toBe(1);
  });

  it("keeps the 99th percentile of a modelled server below the bound", () => {
    const control = new ReadControl(10);
    let state = 1;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const latencies: number[] = [];
    for (let at = 0; at < 30_000; at += 1) {
      // An exponential tail that grows with the load.
      const latencyMs = 1 - Math.log(random()) * (0.3 + 6 * control.share);
      control.record(latencyMs, at * 20);
      if (at > 5_000) latencies.push(latencyMs);
    }
    latencies.sort((one, other) => one - other);
    expect(latencies[Math.floor(0.99 * latencies.length)]).toBeLessThan(10);
    expect(control.share).toBeGreaterThan(0.05);
  });
});

describe("nodes that were away", () => {
  it("are added up, the present time included", () => {
    const downtime = new NodeDowntime();
    downtime.down(100);
    downtime.down(150);
    expect(downtime.up(400)).toBe(300);
    expect(downtime.up(500)).toBe(0);
    downtime.down(1_000);
    expect([downtime.totalMs(1_100), downtime.longestMs(1_100)]).toEqual([400, 300]);
    expect([downtime.totalMs(2_000), downtime.longestMs(2_000)]).toEqual([1_300, 1_000]);
    expect(downtime.isDown).toBe(true);
  });

  it("for longer than hints are kept need a repair", () => {
    expect(repairAdvice("n1", 1_000, 1_000, "ks")).toBeUndefined();
    expect(repairAdvice("n1", 1_001, 1_000, "ks")).toEqual({
      ...{ node: "n1", downMs: 1_001, hintWindowMs: 1_000 },
      command: "nodetool repair -pr ks",
    });
  });

  it.each([
    ["3h", 10_800_000],
    ["10800000", 10_800_000],
    ["90m", 5_400_000],
    ["10800000ms", 10_800_000],
    ["null", 10_800_000],
    ["1d", 86_400_000],
  ])("a hint window of %s", (value, ms) => {
    expect(parseHintWindow([value])).toBe(ms);
  });
});

describe("compactionShare", () => {
  it("falls with the compactions that wait, to a tenth", () => {
    expect([0, 32, 64, 320, 1e6].map(compactionShare)).toEqual([1, 1, 0.5, 0.1, 0.1]);
  });
});
