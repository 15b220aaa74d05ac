import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FrameOutcome, OnFrameEnd } from "../../../src/cassandra/dispatch/frame-dispatcher.js";
import type { Ring } from "../../../src/cassandra/ring.js";
import type { Layout } from "../../../src/encoding/layout.js";
import type { CutFrame, FrameSender } from "../../../src/sink/cassandra/frame-sender.js";
import { FrameWriter } from "../../../src/sink/cassandra/frame-writer.js";
import { anyRing, anyRows, batchOf } from "../../cassandra-frames/row-batches.js";
import { seed } from "../../support/seed.js";

const ring: Ring = {
  boundaries: BigInt64Array.of(0n),
  replicaSetOf: Uint32Array.of(0),
  replicaSets: [["one"]],
};

/** A cluster that refuses frames with some rows, and answers when it is told to. */
class Cluster implements FrameSender {
  readonly written: number[] = [];
  readonly frames: CutFrame[] = [];
  readonly #bad: ReadonlySet<number>;
  readonly #message: string;
  fault: Error | undefined;

  constructor(bad: readonly number[], message = "no such thing") {
    this.#bad = new Set(bad);
    this.#message = message;
  }

  send(frame: CutFrame, onEnd: OnFrameEnd): void {
    this.#answer(frame).then(onEnd, (error: unknown) => onEnd({ kind: "ended", error }));
  }

  async #answer(frame: CutFrame): Promise<FrameOutcome> {
    const copy = frame.bytes.slice();
    this.frames.push(frame);
    await new Promise((resolve) => setImmediate(resolve));
    // What is sent again must be what was sent first.
    expect(frame.bytes).toEqual(copy);
    if (this.fault !== undefined) throw this.fault;
    const rows = Array.from({ length: frame.rows }, (_, i) => frame.firstRow + i);
    if (rows.some((row) => this.#bad.has(row))) {
      const facts = { code: 0x2200, message: this.#message, mayBeApplied: false };
      return { kind: "refused", failure: { reason: "invalid", ...facts } };
    }
    this.written.push(...rows);
    return { kind: "done" };
  }

  giveUp(): void {
    // Each frame has its answer soon.
  }
  useRing(): void {
    // One ring is enough here.
  }
  async finish(): Promise<[]> {
    return [];
  }
  async close(): Promise<void> {
    // Nothing is open.
  }
}

function writerTo(cluster: Cluster, layout: Layout, of: Ring = ring, maxRows = 16): FrameWriter {
  const facts = { layout, preparedId: new Uint8Array(16).fill(7), consistency: 6 };
  const limits = { maxRows, maxMutationBytes: 1 << 20 };
  return new FrameWriter(
    cluster,
    { ...facts, timestampUs: 5n, nullAs: "null" },
    () => limits,
    () => of,
  );
}

describe("FrameWriter", () => {
  it.each<Layout>(["node", "tile"])(
    "finds each bad row of layout %s and writes the rest",
    (layout) =>
      fc.assert(
        fc.asyncProperty(anyRows(layout), anyRing, fc.array(fc.nat(200)), async (rows, of, bad) => {
          const cluster = new Cluster(bad);
          const refused = await writerTo(cluster, layout, of).write(batchOf(rows));
          const expected = rows.flatMap((_, i) => (bad.includes(i) ? [i] : []));
          expect(refused.map(({ index }) => index).sort((a, b) => a - b)).toEqual(expected);
          const all = [...cluster.written, ...expected].sort((a, b) => a - b);
          // A good row is written once: only frames that were refused are sent again.
          expect(all).toEqual(rows.map((_, i) => i));
        }),
        { seed, numRuns: 60 },
      ),
  );

  it("says what the server said of a row", async () => {
    const rows = fc.sample(anyRows("node"), { seed, numRuns: 20 }).find(({ length }) => length > 3);
    const words = [
      ["Invalid null value in condition", "ROW_REFUSED"],
      ["Mutation of 17 MiB is too large for the maximum size of 16 MiB", "TOO_LARGE"],
      ["Batch too large", "TOO_LARGE"],
    ];
    for (const [message, code] of words) {
      const cluster = new Cluster([1], message);
      const refused = await writerTo(cluster, "node").write(batchOf(rows ?? []));
      expect(refused).toEqual([{ index: 1, code, message }]);
    }
  });

  it("gives up when a frame does, after all others have settled", async () => {
    const rows = fc.sample(anyRows("node"), { seed, numRuns: 20 }).find(({ length }) => length > 9);
    const cluster = new Cluster([]);
    const writer = writerTo(cluster, "node", ring, 2);
    cluster.fault = new Error("all nodes are gone");
    await expect(writer.write(batchOf(rows ?? []))).rejects.toThrow("all nodes are gone");
    cluster.fault = undefined;
    cluster.frames.length = 0;
    expect(await writer.write(batchOf(rows ?? []))).toEqual([]);
    expect(cluster.frames.reduce((sum, frame) => sum + frame.rows, 0)).toBe(rows?.length);
  });

  it("writes several batches at once, each from memory of its own", async () => {
    const samples = fc.sample(anyRows("tile"), { seed, numRuns: 8 });
    const cluster = new Cluster([]);
    const writer = writerTo(cluster, "tile");
    for (let round = 0; round < 2; round++) {
      await Promise.all(samples.map((rows) => writer.write(batchOf(rows))));
    }
    const total = samples.reduce((sum, { length }) => sum + length, 0);
    expect(cluster.written.length).toBe(2 * total);
  });
});
