import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NodeWindow } from "../../src/cassandra/dispatch/node-window.js";
import { runs } from "../support/seed.js";

const bounds = { maxRequests: 128, maxBytes: 1 << 20 };

/** A node that works on `workers` requests at once, each for `serviceMs`; more wait in line. */
class QueueingNode {
  workers: number;
  serviceMs: number;
  readonly window: NodeWindow;
  readonly latencies: number[] = [];
  nowMs = 0;
  readonly #inFlight: { sentMs: number; doneMs: number; wasFull: boolean }[] = [];
  #freeMs: number[] = [];

  constructor(workers: number, serviceMs: number, window = new NodeWindow(bounds, 1_000)) {
    [this.workers, this.serviceMs, this.window] = [workers, serviceMs, window];
  }

  /** Keeps the window full, or `wanted` requests if that is less. @returns acknowledged */
  run(ms: number, wanted = Number.POSITIVE_INFINITY): number {
    const endMs = this.nowMs + ms;
    let acknowledged = 0;
    for (;;) {
      const limit = Math.floor(this.window.requests);
      while (this.#inFlight.length < Math.min(limit, wanted)) this.#send(limit);
      this.#inFlight.sort((one, other) => one.doneMs - other.doneMs);
      const first = this.#inFlight[0];
      if (first === undefined || first.doneMs > endMs) break;
      this.#inFlight.shift();
      this.nowMs = first.doneMs;
      this.latencies.push(this.nowMs - first.sentMs);
      this.window.acknowledge(first.sentMs, this.nowMs, 1_000, first.wasFull);
      acknowledged += 1;
    }
    this.nowMs = endMs;
    return acknowledged;
  }

  #send(limit: number): void {
    this.#freeMs.sort((one, other) => one - other);
    if (this.#freeMs.length > this.workers) this.#freeMs = this.#freeMs.slice(-this.workers);
    const startMs =
      this.#freeMs.length < this.workers
        ? this.nowMs
        : Math.max(this.nowMs, this.#freeMs.shift() ?? 0);
    const doneMs = startMs + this.serviceMs;
    this.#freeMs.push(doneMs);
    const wasFull = this.#inFlight.length + 1 >= limit;
    this.#inFlight.push({ sentMs: this.nowMs, doneMs, wasFull });
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("NodeWindow", () => {
  it("starts small", () => {
    expect(new NodeWindow(bounds, 1_000).requests).toBe(4);
    expect(new NodeWindow({ ...bounds, maxRequests: 2 }, 1_000).requests).toBe(2);
  });

  it("finds what a node can do, and queues no more than keeps it busy", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 32 }),
        fc.double({ min: 1, max: 50, noNaN: true }),
        (workers, serviceMs) => {
          const node = new QueueingNode(workers, serviceMs);
          node.run(2_000 + 100 * serviceMs);
          node.latencies.length = 0;
          const rate = node.run(200 * serviceMs) / (200 * serviceMs);
          expect(rate * serviceMs).toBeGreaterThan(0.93 * workers);
          expect(mean(node.latencies)).toBeLessThan(Math.max(16, 5 * serviceMs));
        },
      ),
      runs(25),
    );
  });

  it("shrinks when the node becomes slower, and grows again when it recovers", () => {
    const node = new QueueingNode(16, 10);
    node.run(20_000);
    const before = node.window.requests;
    expect(before).toBeGreaterThan(16);
    node.workers = 4;
    node.run(20_000);
    const during = node.window.requests;
    expect(during).toBeLessThan(before / 2);
    node.workers = 16;
    node.run(20_000);
    expect(node.window.requests).toBeGreaterThan(0.8 * before);
  });

  it("does not take a queue for the node's own latency, however long it lasts", () => {
    const node = new QueueingNode(8, 10);
    node.run(3 * 60_000);
    expect(node.window.requests).toBeLessThan(40);
    expect(node.window.baselineMs).toBeLessThan(15);
  });

  it("believes a node that has become slower for good", () => {
    const node = new QueueingNode(8, 5);
    node.run(30_000);
    node.serviceMs = 50;
    node.run(120_000);
    const rate = node.run(30_000) / 30_000;
    expect(rate * 50).toBeGreaterThan(0.9 * 8);
  });

  it("learns nothing from less than a full window", () => {
    const node = new QueueingNode(32, 5);
    node.run(10_000, 2);
    expect(node.window.requests).toBe(4);
  });

  it("halves once for all that failed together", () => {
    const node = new QueueingNode(32, 5);
    node.run(10_000);
    const { window, nowMs } = node;
    const before = window.requests;
    expect(window.fail(nowMs - 1, nowMs)).toBe(true);
    expect(window.fail(nowMs - 1, nowMs + 3)).toBe(false);
    expect(window.fail(nowMs, nowMs + 3)).toBe(false);
    expect(window.requests).toBe(before / 2);
    expect(window.fail(nowMs + 1, nowMs + 4)).toBe(true);
    expect(window.requests).toBe(before / 4);
  });

  it("stays within its bounds whatever happens", () => {
    const step = fc.record({
      isFailure: fc.boolean(),
      latencyMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
      waitMs: fc.double({ min: 0, max: 1e4, noNaN: true }),
      bytes: fc.integer({ min: 1, max: 1 << 21 }),
      wasFull: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const window = new NodeWindow(bounds, 500);
        let nowMs = 0;
        for (const { isFailure, latencyMs, waitMs, bytes, wasFull } of steps) {
          nowMs += waitMs;
          if (isFailure) window.fail(nowMs - latencyMs, nowMs);
          else window.acknowledge(nowMs - latencyMs, nowMs, bytes, wasFull);
          expect(window.requests).toBeGreaterThanOrEqual(1);
          expect(window.requests).toBeLessThanOrEqual(bounds.maxRequests);
          expect(window.bytesFor(window.requests)).toBeLessThanOrEqual(bounds.maxBytes);
        }
      }),
      runs(100),
    );
  });

  it("counts bytes by the frames of late, so that large ones are fewer", () => {
    const window = new NodeWindow(bounds, 1_000);
    expect(window.bytesFor(10)).toBe(bounds.maxBytes);
    for (let at = 0; at < 500; at += 1) window.acknowledge(at, at + 1, 2_000, false);
    expect(window.bytesFor(10)).toBeCloseTo(30_000);
    for (let at = 500; at < 1_000; at += 1) window.acknowledge(at, at + 1, 4_000, false);
    expect(window.bytesFor(10)).toBeCloseTo(60_000, -2);
  });
});
