import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rangeOf } from "../../src/encoding/digest-set.js";
import type { BackfillOptions, LoadOrder } from "../../src/load/load-settings.js";
import type { RunEvent } from "../../src/load/progress.js";
import type { RunReport } from "../../src/load/run-report.js";
import type { Layout } from "../../src/sink/sink.js";
import { type BackfillCase, backfillCase, load, loadCommand } from "../support/backfill-case.js";
import { loadWithCursors } from "../support/cursor-case.js";
import { rejectionOf } from "../support/rejection-of.js";
import {
  type NodeValues,
  nodeTable,
  nodeValues,
  readJson,
  type TargetCell,
  targetCells,
} from "../support/run-samples.js";
import { runs } from "../support/seed.js";
import { usualColumns, writeTable } from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";

const ROWS = 1500;
const folder = tempFolder();
let made = 0;

/** A case's next run, in a folder beside the earlier ones. */
function next(at: BackfillCase): BackfillCase {
  made += 1;
  return { ...at, runDir: join(at.folder, `run-${made}`) };
}

/** In place of what the case's source holds: rows by their numbers. */
function rewrite({ source }: BackfillCase, rows: ReadonlyMap<number, NodeValues>): void {
  rmSync(source);
  const values = [...rows].map(([i, changes]) => ({
    rowid: BigInt(i + 1),
    values: nodeValues(i, changes),
  }));
  writeTable(source, { columns: usualColumns, rows: values });
}

const allRows = () => new Map(Array.from({ length: ROWS }, (_, i) => [i, {}] as const));
const keyOf = ({ level, code }: TargetCell) => `${level} ${code}`;
const changed = { changedOnly: true } as const;
const toOf = ({ target }: BackfillCase, layout: Layout) => [`sqlite:${target}?layout=${layout}`];
const rootOf = (report: RunReport) => report.sinks[0]?.digests?.root;

/** A load that has ended, of a source with all rows. */
async function loaded(options: BackfillOptions = {}): Promise<BackfillCase> {
  const at = backfillCase(folder, nodeTable(ROWS));
  await load(at, options);
  return at;
}

interface Round {
  readonly edits: readonly (readonly [number, NodeValues])[];
  readonly removed: readonly number[];
}

function apply({ edits, removed }: Round, rows: Map<number, NodeValues>): void {
  for (const [i, values] of edits) rows.set(i, values);
  for (const i of removed) rows.delete(i);
}

const edit = fc.record<NodeValues>({
  MaterialId: fc.integer({ min: 0, max: 4 }).map(BigInt),
  Density: fc.double({ noNaN: true }),
  Metadata: fc.string(),
});

describe("a load of what changed", () => {
  it("makes the target what a whole load makes it, and sends rows of changed ranges alone", async () => {
    const cases = fc.record({
      layout: fc.constantFrom<Layout>("node", "tile"),
      isSourceOrder: fc.boolean(),
      // Three rounds, each on what the one before left.
      rounds: fc.array(
        fc.record({
          edits: fc.array(fc.tuple(fc.nat(ROWS - 1), edit), { maxLength: 3 }),
          removed: fc.array(fc.nat(ROWS - 1), { maxLength: 2 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ layout, isSourceOrder, rounds }) => {
        const order: LoadOrder = isSourceOrder && layout === "node" ? "source" : "key";
        const at = backfillCase(folder, nodeTable(ROWS));
        const to = toOf(at, layout);
        await load(at, { to, order });
        const rows = new Map<number, NodeValues>(allRows());
        let before = targetCells(at.target);
        for (const round of rounds) {
          apply(round, rows);
          rewrite(at, rows);
          const fresh = { ...next(at), target: join(at.folder, `fresh-${made}.octree`) };
          const whole = await load(fresh, { to: toOf(fresh, layout) });
          const report = await load(next(at), { to, order, ...changed });
          const expected = targetCells(fresh.target);
          const keys = new Set(expected.map(keyOf));
          // What was removed is still there.
          const found = targetCells(at.target).filter((cell) => keys.has(keyOf(cell)));
          expect(found).toEqual(expected);
          expect(rootOf(report)).toBe(rootOf(whole));
          const touched = rangesThatDiffer(before, expected);
          const sent = expected.filter((cell) => touched.has(rangeOf(cell.code, cell.level)));
          expect(report.sinks[0]).toMatchObject({
            loaded: sent.length,
            skipped: rows.size - sent.length,
            changedOnly: { changedRanges: touched.size },
          });
          before = expected;
        }
      }),
      runs(6),
    );
  }, 120_000);

  it("sends nothing where nothing changed, and leaves every row's write time", async () => {
    const at = await loaded();
    const bytes = readFileSync(at.target);
    const again = await load(next(at), changed);
    expect(again).toMatchObject({ outcome: "done", exitCode: 0, total: ROWS });
    expect(again.sinks[0]).toMatchObject({ loaded: 0, skipped: ROWS });
    expect(again.sinks[0]?.changedOnly?.changedRanges).toBe(0);
    expect(targetCells(at.target)).toHaveLength(ROWS);
    // The run is recorded in the target, so its file is another; its rows are not.
    expect(readFileSync(at.target).equals(bytes)).toBe(false);
  });

  it("goes on where it was stopped, with the ranges it had found", async () => {
    const at = await loaded();
    rewrite(at, new Map([...allRows()].map(([i]) => [i, i % 2 === 0 ? { Density: 0.5 } : {}])));
    const run = next(at);
    const stop = new AbortController();
    let batches = 0;
    const beforeWrite = () => {
      batches += 1;
      if (batches === 3) stop.abort();
    };
    const watched = { cursors: 1, inFlightRows: 200, beforeWrite };
    const { report: first } = await loadWithCursors(run, watched, changed, { signal: stop.signal });
    expect(first.outcome).toBe("interrupted");
    expect(first.sinks[0]?.loaded).toBeGreaterThan(0);
    expect(first.sinks[0]?.loaded).toBeLessThan(ROWS / 2);
    const second = await load(run);
    expect(second).toMatchObject({ outcome: "done", resumes: 1 });
    expect(second.sinks[0]).toMatchObject({ loaded: ROWS, skipped: 0 });
    const again = await load(next(at), changed);
    expect(again.sinks[0]).toMatchObject({ loaded: 0, skipped: ROWS });
    expect(rootOf(again)).toBe(rootOf(second));
  });

  it("sends a range again that had a rejected row, when the row is mended", async () => {
    const at = backfillCase(folder, nodeTable(ROWS, { 7: { MaterialId: "rock" } }));
    const first = await load(at);
    expect(first).toMatchObject({ outcome: "rejected", exitCode: 1 });
    const still = await load(next(at), changed);
    expect(still).toMatchObject({ outcome: "rejected", exitCode: 1 });
    expect(still.sinks[0]).toMatchObject({ loaded: 0, rejected: 1, skipped: ROWS - 1 });
    rewrite(at, allRows());
    const mended = await load(next(at), changed);
    expect(mended).toMatchObject({ outcome: "done", exitCode: 0 });
    expect(mended.sinks[0]?.changedOnly?.changedRanges).toBe(1);
    expect(targetCells(at.target)).toHaveLength(ROWS);
  });

  it("is part of what a run is, and told by its summary", async () => {
    const at = await loaded();
    rewrite(at, new Map([...allRows(), [3, { Density: 9 }]]));
    const run = next(at);
    const { exitCode, report } = await loadCommand(run, "--changed-only");
    expect(exitCode).toBe(0);
    const { loaded: sent = 0, skipped = 0 } = report?.sinks[0] ?? {};
    expect([sent > 0, skipped > 0, sent + skipped]).toEqual([true, true, ROWS]);
    expect(readJson(run.runDir, "run.json").changedOnly).toBe(true);
    expect(readFileSync(join(run.runDir, "events.ndjson"), "utf8")).toMatch(
      /1 of \d+ ranges are not as the run \S+ left them/,
    );
  });
});

describe("a load of what changed is refused, nothing written,", () => {
  const refusal = async (at: BackfillCase, options: BackfillOptions = {}) => {
    const before = readFileSync(at.target);
    const error = await rejectionOf(load(next(at), { ...changed, ...options }));
    expect(readFileSync(at.target).equals(before)).toBe(true);
    return error;
  };

  it("where no run has loaded the target", async () => {
    const at = backfillCase(folder, nodeTable(10));
    const error = await rejectionOf(load(at, changed));
    expect(error.code).toBe("BASELINE_MISSING");
    expect(error.message).toContain("no run has loaded it");
  });

  it("where the last run's folder is not there", async () => {
    const at = await loaded();
    renameSync(at.runDir, join(folder, `moved-${made}`));
    const error = await refusal(at);
    expect(error.code).toBe("BASELINE_MISSING");
    expect(error.message).toMatch(/the folder of its last run \S+ is not in /);
  });

  it("where the last run did not end", async () => {
    const at = await loaded();
    const stop = new AbortController();
    const onProgress = (event: RunEvent) => {
      if (event.event === "phase" && event.phase === "load") stop.abort();
    };
    await load(next(at), {}, { signal: stop.signal, onProgress });
    const error = await refusal(at);
    expect(error.code).toBe("BASELINE_MISSING");
    expect(error.message).toContain("is interrupted");
  });

  it("where the last run kept no digests", async () => {
    const error = await refusal(await loaded({ digests: false }));
    expect(error.code).toBe("BASELINE_MISSING");
    expect(error.message).toContain("there are no digests");
  });

  it("where the last run loaded another source", async () => {
    const error = await refusal(await loaded({ sourceName: "other" }), { addSource: true });
    expect(error.code).toBe("BASELINE_MISSING");
    expect(error.message).toContain("loaded the source other");
  });

  it("where the digests were changed since", async () => {
    const at = await loaded();
    const path = join(at.runDir, "digests.json");
    writeFileSync(path, readFileSync(path, "utf8").replace(/"rows": ?\d+/, '"rows": 1'));
    expect((await refusal(at)).code).toBe("DIGEST_INVALID");
  });

  it("where digests or all rows are not wanted", async () => {
    const at = await loaded();
    const shard = { index: 1, count: 2, runId: "all" };
    for (const options of [{ digests: false }, { shard }]) {
      const error = await refusal(at, options);
      expect(error.code).toBe("USAGE");
      expect(error.message).toMatch(/--changed-only does not go with --/);
    }
  });

  it("where another run's target was put in the place of the one that was loaded", async () => {
    const [one, other] = [await loaded(), await loaded()];
    copyFileSync(other.target, one.target);
    const error = await refusal(one);
    expect(error.code).toBe("BASELINE_MISSING");
  });
});

/** Ranges whose rows, but for their write times, are not the same in both. */
function rangesThatDiffer(
  before: readonly TargetCell[],
  after: readonly TargetCell[],
): Set<number> {
  const [earlier, later] = [textsOf(before), textsOf(after)];
  const isOther = (cell: TargetCell) => earlier.get(keyOf(cell)) !== later.get(keyOf(cell));
  const all = [...before, ...after].filter(isOther);
  return new Set(all.map(({ code, level }) => rangeOf(code, level)));
}

function textsOf(cells: readonly TargetCell[]): Map<string, string> {
  const text = (_key: string, value: unknown) => (typeof value === "bigint" ? `${value}` : value);
  return new Map(cells.map((cell) => [keyOf(cell), JSON.stringify(cell, text)]));
}
