import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { OctoloadError } from "../../src/errors/octoload-error.js";
import type { RunEvent } from "../../src/load/progress.js";
import type { SinkOrder } from "../../src/sink/sink.js";
import type { SinkBatch } from "../../src/sink/sink-batch.js";
import { type BackfillCase, backfillCase, load } from "../support/backfill-case.js";
import { cursorRows, keysOfBatch, loadWithCursors } from "../support/cursor-case.js";
import { deadLettersOf, nodeTable, readJson, targetCells } from "../support/run-samples.js";
import { runs } from "../support/seed.js";
import { targetDigest } from "../support/target-digest.js";
import { tempFolder } from "../support/temp-folder.js";

const ROWS = 6000;
const FEW_ROWS = 1200;
const IN_FLIGHT_ROWS = 700;
const folder = tempFolder();
/** Rows 4000 and 4001 have one key. */
const changes = {
  77: { X: null },
  3000: { Level: 24n },
  4001: { X: -9_990_000.5, Y: -9_910_000.25 },
};
const rejected = { maxErrors: "100%" } as const;
let whole: BackfillCase;
let names = 0;

beforeAll(async () => {
  whole = backfillCase(folder, nodeTable(ROWS, changes));
  await load(whole, rejected);
});

/** The same source, with a target and a run directory of its own. */
function again(first: BackfillCase = whole): BackfillCase {
  names += 1;
  return { ...first, target: `${first.target}-${names}`, runDir: `${first.runDir}-${names}` };
}

function keysOf(path: string): string[] {
  return targetCells(path).map(({ level, code }) => `${level} ${code}`);
}

function expectWhole(at: BackfillCase): void {
  expect(targetDigest(at.target)).toEqual(targetDigest(whole.target));
  const letters = (runDir: string) =>
    deadLettersOf(runDir).map(({ rowid, code }) => `${rowid} ${code}`);
  expect(letters(at.runDir)).toEqual(letters(whole.runDir));
}

/** Which of `parts` equal parts of the sink's order, by code and level, a batch begins in. */
function partsOfOrder(parts: number): (batch: SinkBatch) => number {
  const cells = targetCells(whole.target).sort(
    (a, b) => Number(a.code - b.code) || a.level - b.level,
  );
  const ranks = new Map(cells.map(({ level, code }, rank) => [`${level} ${code}`, rank]));
  return (batch) => {
    const [key = ""] = keysOfBatch(batch);
    const rank = ranks.get(key);
    if (rank === undefined) throw new Error(`no row of the whole load has the key ${key}`);
    return Math.floor((rank * parts) / ranks.size);
  };
}

/** Passed once; waiting for longer than any machine takes fails instead. */
function barrier(what: string): { readonly passed: Promise<void>; readonly pass: () => void } {
  let pass: () => void = () => undefined;
  const passed = new Promise<void>((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), 30_000);
    pass = () => {
      clearTimeout(deadline);
      resolve();
    };
  });
  passed.catch(() => undefined);
  return { passed, pass };
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("several cursors of a sink", () => {
  it("send every row once, whatever their number, the shards, the order and the window", async () => {
    const few = backfillCase(folder, nodeTable(FEW_ROWS, changes));
    await load(few, rejected);
    const all = keysOf(few.target).sort();
    const cases = fc.record({
      cursors: fc.integer({ min: 1, max: 9 }),
      shards: fc.integer({ min: 1, max: 3 }),
      order: fc.constantFrom<SinkOrder>("node-token", "node", "tile-token", "tile"),
      inFlightRows: fc.integer({ min: 100, max: FEW_ROWS }),
      maxBatchRows: fc.option(fc.integer({ min: 20, max: 400 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ cursors, shards, order, inFlightRows, maxBatchRows }) => {
        const at = again(few);
        const found: string[] = [];
        const to = [`sqlite:${at.target}?layout=${order.startsWith("node") ? "node" : "tile"}`];
        for (let index = 1; index <= shards; ++index) {
          const part = { ...at, runDir: `${at.runDir}-${index}` };
          const shard = shards === 1 ? {} : { shard: { index, count: shards, runId: "all" } };
          const batch = maxBatchRows === undefined ? {} : { maxBatchRows };
          const watched = { cursors, order, inFlightRows, ...batch, beforeWrite: pause };
          const options = { to, ...shard, ...rejected, levels: { min: 0, max: 21 } };
          const { report, sink } = await loadWithCursors(part, watched, options);
          expect(report.sinks[0]?.loaded).toBe(sink.keys.length);
          expect(sink.finished).toBe(1);
          expect(sink.mostRowsInFlight).toBeLessThanOrEqual(inFlightRows);
          expect(Math.max(0, ...sink.batchRows)).toBeLessThanOrEqual(maxBatchRows ?? inFlightRows);
          const rows = cursorRows(part.runDir);
          expect(rows.map(({ cursor, is_done }) => [cursor, is_done])).toEqual(
            Array.from({ length: cursors }, (_, cursor) => [cursor, 1]),
          );
          expect(rows.reduce((sum, { loaded }) => sum + loaded, 0)).toBe(sink.keys.length);
          found.push(...sink.keys);
        }
        expect(found.sort()).toEqual(all);
        expect(keysOf(at.target).sort()).toEqual(all);
      }),
      runs(4),
    );
  });

  it("are at work at the same time, and fill the window together", async () => {
    const at = again();
    const begun = new Set<number>();
    const allBegun = barrier("parts 0, 1 and 2 to be at work at the same time");
    const partOf = partsOfOrder(3);
    // Nothing is written before a batch of each part waits here.
    const beforeWrite = async (batch: SinkBatch) => {
      begun.add(partOf(batch));
      if (begun.size === 3) allBegun.pass();
      await allBegun.passed;
      await pause();
    };
    const { sink } = await loadWithCursors(
      at,
      { cursors: 3, inFlightRows: IN_FLIGHT_ROWS, beforeWrite },
      rejected,
    );
    expect(begun).toEqual(new Set([0, 1, 2]));
    expectWhole(at);
    const loaded = cursorRows(at.runDir).map((row) => row.loaded);
    expect(Math.min(...loaded)).toBeGreaterThan(ROWS / 4);
    expect(sink.mostRowsInFlight).toBeGreaterThan(IN_FLIGHT_ROWS / 2);
    expect(sink.mostRowsInFlight).toBeLessThanOrEqual(IN_FLIGHT_ROWS);
  });

  it("have their number from the run's beginning, and send nothing twice after a stop", async () => {
    const at = again();
    const stop = new AbortController();
    const onProgress = (event: RunEvent) => {
      if (event.event === "progress" && event.migrated > 0) stop.abort();
    };
    const watched = { cursors: 3, inFlightRows: IN_FLIGHT_ROWS };
    const hooks = { signal: stop.signal, onProgress };
    // A batch passes, and the next one would wait for hours.
    const first = await loadWithCursors(at, watched, { rowsPerSecond: 1, ...rejected }, hooks);
    expect(first.report.outcome).toBe("interrupted");
    expect(first.sink.keys.length).toBe(first.report.sinks[0]?.loaded);
    expect(first.sink.keys.length).toBeLessThan(ROWS / 2);
    expect(readJson(at.runDir, "run.json").cursors).toEqual([3]);
    const second = await loadWithCursors(at, { cursors: 5 }, { rowsPerSecond: null });
    expect(cursorRows(at.runDir).map(({ cursor }) => cursor)).toEqual([0, 1, 2]);
    expect(readJson(at.runDir, "run.json").cursors).toEqual([3]);
    expect(second.report.sinks[0]).toMatchObject({ loaded: ROWS - 3, rejected: 3 });
    expect([...first.sink.keys, ...second.sink.keys].sort()).toEqual(keysOf(whole.target).sort());
    expectWhole(at);
  });

  it("are given up by a run that is to end, where nothing is acknowledged any more", async () => {
    const at = again();
    const stop = new AbortController();
    let giveUp: (reason: unknown) => void = () => undefined;
    const outage = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    outage.catch(() => undefined);
    let batches = 0;
    const beforeWrite = async () => {
      batches += 1;
      if (batches <= 5) return;
      stop.abort();
      await outage;
    };
    const watched = { cursors: 3, inFlightRows: IN_FLIGHT_ROWS, beforeWrite, giveUp };
    const first = await loadWithCursors(at, watched, rejected, { signal: stop.signal });
    expect(first.report).toMatchObject({ outcome: "interrupted", exitCode: 4 });
    const loaded = first.report.sinks[0]?.loaded ?? 0;
    expect(loaded).toBeGreaterThan(0);
    expect(loaded).toBeLessThan(ROWS / 2);
    const second = await loadWithCursors(at, { cursors: 3 });
    expect(second.report.sinks[0]).toMatchObject({ loaded: ROWS - 3, rejected: 3 });
    expect(first.sink.keys.length).toBe(loaded);
    expect([...first.sink.keys, ...second.sink.keys].sort()).toEqual(keysOf(whole.target).sort());
    expectWhole(at);
  });
});

describe("a cursor that fails", () => {
  it("ends the others in order, is what the run says, and its resume equals a whole load", async () => {
    const at = again();
    let batches = 0;
    const beforeWrite = async () => {
      await pause();
      batches += 1;
      if (batches === 9) throw new OctoloadError("TARGET_FAILED", "the target is gone");
    };
    const watched = { cursors: 4, inFlightRows: IN_FLIGHT_ROWS, beforeWrite };
    await expect(loadWithCursors(at, watched, rejected)).rejects.toThrow("the target is gone");
    const saved = cursorRows(at.runDir);
    const loaded = saved.reduce((sum, row) => sum + row.loaded, 0);
    expect(loaded).toBeGreaterThan(0);
    const held = targetDigest(at.target).rows;
    expect(held).toBeGreaterThanOrEqual(loaded);
    expect(held - loaded).toBeLessThanOrEqual(IN_FLIGHT_ROWS);
    expect(saved.some(({ is_done }) => is_done === 1)).toBe(false);
    const { sinks } = await load(at);
    expect(sinks[0]).toMatchObject({ loaded: ROWS - 3, rejected: 3 });
    expectWhole(at);
  });

  it("does so only where the target is at fault: bad rows are dead letters", async () => {
    const at = again();
    const beforeWrite = ({ rowids }: { rowids: BigInt64Array }) => {
      const isBad = rowids.some((rowid) => rowid % 500n === 7n);
      if (isBad) throw new OctoloadError("SINK_BATCH_FAILED", "no such rows here");
    };
    const watched = { cursors: 3, inFlightRows: IN_FLIGHT_ROWS, beforeWrite };
    const { report, sink } = await loadWithCursors(at, watched, rejected);
    const refused = deadLettersOf(at.runDir).filter(({ code }) => code === "ROW_REFUSED");
    const bad = Array.from({ length: ROWS / 500 }, (_, i) => BigInt(i) * 500n + 7n);
    expect(refused.map(({ rowid }) => rowid)).toEqual(bad);
    expect(report.sinks[0]).toMatchObject({ loaded: ROWS - 3 - bad.length });
    expect(sink.keys.length).toBe(ROWS - 3 - bad.length);
  });
});
