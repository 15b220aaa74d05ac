import { beforeAll, describe, expect, it } from "vitest";
import { backfill } from "../../src/backfill/backfill.js";
import { MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import type { Phase, RunEvent } from "../../src/load/progress.js";
import { steerRun } from "../../src/load/steer-run.js";
import { type BackfillCase, backfillCase, load } from "../support/backfill-case.js";
import { rejectionOf } from "../support/rejection-of.js";
import { deadLettersOf, eventsOf, nodeTable, readJson } from "../support/run-samples.js";
import { targetDigest } from "../support/target-digest.js";
import { tempFolder } from "../support/temp-folder.js";

/** Three batches on the way to a target. */
const ROWS = 40_000;
const folder = tempFolder();
/** The deep one has code 0: it is in the first batch. */
const deep = { X: -20e6, Y: -10e6, Z: -10e6, Level: 24n };
const changes = { 77: { X: null }, 30000: deep, 31000: { MaterialId: 1.5 } };
let whole: BackfillCase;

beforeAll(async () => {
  whole = backfillCase(folder, nodeTable(ROWS, changes));
  await load(whole);
});

/** The same source, with a target and a run directory of its own. */
function again(name: string): BackfillCase {
  return { ...whole, target: `${whole.target}-${name}`, runDir: `${whole.runDir}-${name}` };
}

function expectWhole(at: BackfillCase): void {
  expect(targetDigest(at.target)).toEqual(targetDigest(whole.target));
  const letters = (runDir: string) =>
    deadLettersOf(runDir).map(({ rowid, code }) => `${rowid} ${code}`);
  expect(letters(at.runDir)).toEqual(letters(whole.runDir));
}

describe("a run that is aborted", () => {
  it.each<Phase>(["scan", "derive", "load"])(
    "in %s ends in order, and its resume equals an undisturbed one",
    async (phase) => {
      const at = again(phase);
      const stop = new AbortController();
      const onProgress = (event: RunEvent) => {
        if (event.event === "phase" && event.phase === phase) stop.abort();
      };
      const first = await load(at, {}, { signal: stop.signal, onProgress });
      expect([first.outcome, first.exitCode]).toEqual(["interrupted", 4]);
      expect(readJson(at.runDir, "run.json").state).toBe("interrupted");
      const resumed = await load(at);
      expect([resumed.outcome, resumed.resumes, resumed.total]).toEqual(["rejected", 1, ROWS]);
      expect(resumed.sinks[0]).toMatchObject({ loaded: ROWS - 3, rejected: 3 });
      expectWhole(at);
      const events = eventsOf(at.runDir).map(({ event }) => event);
      expect(events).toContain("stopping");
      expect(events.filter((event) => event === "started").length).toBe(2);
    },
  );

  it("before it begins does nothing but save that", async () => {
    const at = again("at-once");
    const first = await load(at, {}, { signal: AbortSignal.abort() });
    expect([first.outcome, first.sinks[0]?.loaded]).toEqual(["interrupted", 0]);
    await load(at);
    expectWhole(at);
  });

  it("between two batches sends none twice", async () => {
    const at = again("between");
    const stop = new AbortController();
    const onProgress = (event: RunEvent) => {
      if (event.event === "progress" && event.migrated > 0) stop.abort();
    };
    const first = await load(at, { rowsPerSecond: 1 }, { signal: stop.signal, onProgress });
    const { loaded = 0 } = first.sinks[0] ?? {};
    expect(first.outcome).toBe("interrupted");
    expect(loaded).toBeGreaterThan(0);
    expect(loaded).toBeLessThan(ROWS - 3);
    expect(targetDigest(at.target).rows).toBe(loaded);
    const resumed = await load(at, { rowsPerSecond: null });
    expect(resumed.sinks[0]?.loaded).toBe(ROWS - 3);
    expectWhole(at);
  });
});

describe("a run with too many rejected rows", () => {
  it("ends between two batches, and goes on where more are allowed", async () => {
    const at = again("over");
    // A batch passes, and the next one would wait for hours.
    const first = await load(at, { maxErrors: 2, rowsPerSecond: 1 });
    expect([first.outcome, first.exitCode]).toEqual(["max-errors", 2]);
    expect(first.sinks[0]?.loaded).toBeGreaterThan(0);
    expect(first.sinks[0]?.loaded).toBeLessThan(ROWS - 3);
    expect((await load(at, { rowsPerSecond: null })).outcome).toBe("max-errors");
    const { outcome, sinks } = await load(at, { maxErrors: 3 });
    expect([outcome, sinks[0]?.loaded]).toEqual(["rejected", ROWS - 3]);
    expectWhole(at);
  });
});

describe("a run that goes on", () => {
  it("keeps others off its directory and its target, and is steered meanwhile", async () => {
    const at = again("steered");
    const seen: RunEvent[] = [];
    let onFirstRows: (() => void) | undefined;
    const firstRows = new Promise<void>((resolve) => {
      onFirstRows = resolve;
    });
    const onProgress = (event: RunEvent) => {
      seen.push(event);
      if (event.event === "progress" && event.migrated > 0) onFirstRows?.();
    };
    // A batch passes, and the next one would wait for hours.
    const run = load(at, { rowsPerSecond: 1 }, { onProgress });
    await firstRows;
    expect((await rejectionOf(load(at))).code).toBe("RUN_IN_USE");
    const other = await rejectionOf(load({ ...at, runDir: `${at.runDir}-other` }));
    expect(other.code).toBe("TARGET_LOCKED");

    expect((await steerRun(at.runDir, { isPaused: true })).state).toBe("paused");
    await steerRun(at.runDir, { rowsPerSecond: null });
    expect(targetDigest(at.target).rows).toBeLessThan(ROWS - 3);
    await steerRun(at.runDir, { isPaused: false });
    expect((await run).outcome).toBe("rejected");
    expectWhole(at);

    const names = seen.map(({ event }) => event).filter((event) => event !== "progress");
    expect(names).toEqual(
      expect.arrayContaining(["started", "paused", "rate", "resumed", "finished"]),
    );
    expect((await rejectionOf(steerRun(at.runDir, { isPaused: true }))).code).toBe(
      "RUN_NOT_ACTIVE",
    );
  });

  it("keeps its rate when it is resumed, but not a pause", async () => {
    const at = again("rate");
    const stop = new AbortController();
    const onProgress = (event: RunEvent) => {
      if (event.event === "phase" && event.phase === "scan") stop.abort();
    };
    await load(at, { rowsPerSecond: 1e9 }, { signal: stop.signal, onProgress });
    const rates: unknown[] = [];
    await load(
      at,
      {},
      { onProgress: (event) => event.event === "progress" && rates.push(event.rateLimit) },
    );
    expect(new Set(rates)).toEqual(new Set([1e9]));
  });

  it("takes its directory from its id, below the folder for runs", async () => {
    const runsDir = `${whole.folder}/runs`;
    const options = { sources: [whole.source], to: ["null:"], runsDir, maxErrors: 3 };
    const { runDir, report } = await backfill({ ...options, memoryBytes: MIN_MEMORY_BYTES });
    expect(runDir).toBe(`${runsDir}/${report.runId}`);
    expect(report.runId).toMatch(/^\d{8}-\d{6}-[0-9a-f]{6}$/);
  });
});
