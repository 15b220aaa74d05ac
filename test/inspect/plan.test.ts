import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseLayout } from "../../src/inspect/choose-layout.js";
import { makePlan, type PlanFacts, type PlannedTarget } from "../../src/inspect/plan.js";
import { planLines } from "../../src/inspect/plan-lines.js";
import { storedBytes } from "../../src/inspect/stored-size.js";
import { derivedFacts, sourceFacts } from "./survey-samples.js";

const disk = { folder: "/run", neededBytes: 10, freeBytes: 20 };

const cassandra: PlannedTarget = {
  ...{ url: "cassandra://h/k", kind: "cassandra", layout: "node" },
  ...{ copies: 3, nodes: 3, rowsPerSecond: 500 },
};

function plan(changes: Partial<PlanFacts> = {}) {
  const facts = { source: sourceFacts(), compression: 1, targets: [cassandra], spill: disk };
  return makePlan({ ...facts, snapshot: null, rowOrders: 1, ...changes });
}

describe("the layout to choose", () => {
  const facts = { rows: 1000, rowsBelowCodes: 0, tiles: 1000, largestTileBytes: 1000 };

  it("is tile where whole codes do not reach, whatever else", () => {
    expect(chooseLayout({ ...facts, rowsBelowCodes: 1 }).layout).toBe("tile");
  });

  it("is tile where tiles hold many rows, and node where they hold few or too many bytes", () => {
    expect(chooseLayout(facts).layout).toBe("node");
    expect(chooseLayout({ ...facts, tiles: 125 }).layout).toBe("tile");
    expect(chooseLayout({ ...facts, tiles: 126 }).layout).toBe("node");
    const large = { ...facts, tiles: 10, largestTileBytes: 101 * 2 ** 20 };
    expect(chooseLayout(large)).toMatchObject({ layout: "node" });
    expect(chooseLayout({ ...facts, rows: 0, tiles: 0 }).layout).toBe("node");
  });
});

describe("a plan", () => {
  it("counts rows, bytes a node and time of each target", () => {
    const rejected = [{ code: "LEVEL_INVALID" as const, rows: 4, examples: [] }];
    const source = sourceFacts({ rejected, derived: derivedFacts({ collisions: 6, rows: 990 }) });
    const { targets, times, layouts } = plan({ source });
    expect(targets[0]).toMatchObject({ rows: 990, loadMs: 1980 });
    expect(targets[0]?.bytesANode).toBe(layouts.node.bytes);
    expect(times).toMatchObject({ deriveMs: 500, loadMs: 1980 });
    expect(times.totalMs).toBe(times.scanMs + 500 + 1980);
  });

  it("spreads copies over nodes, and knows no time where a target was not measured", () => {
    const many = plan({ targets: [{ ...cassandra, nodes: 6 }] });
    const all = plan();
    const bytes = (one: typeof all) => one.targets[0]?.bytesANode ?? 0;
    expect(bytes(many)).toBe(Math.round(bytes(all) / 2));
    const few = plan({ targets: [{ ...cassandra, nodes: 1 }] });
    expect(bytes(few)).toBe(bytes(all));
    const silent = plan({ targets: [cassandra, { ...cassandra, rowsPerSecond: null }] });
    expect([silent.times.loadMs, silent.times.totalMs]).toEqual([null, null]);
  });

  it("leaves out rows that layout node has no room for", () => {
    const levels = [
      { level: 21, rows: 900 },
      { level: 22, rows: 100 },
    ];
    const made = plan({ source: sourceFacts({ derived: derivedFacts({ levels }) }) });
    expect([made.layouts.node.tooDeep, made.layouts.tile.tooDeep]).toEqual([100, 0]);
    expect(made.targets[0]?.rows).toBe(900);
    expect(made.choice.layout).toBe("tile");
  });

  it("says no where the disk is too small", () => {
    const compressibility = { values: 0, bytes: 0, alone: 1, withDictionary: null };
    const verdicts = (freeBytes: number) =>
      planLines(plan({ spill: { ...disk, freeBytes } }), compressibility).filter(
        ({ check }) => check === "disk for sorting",
      );
    expect(verdicts(10)).toMatchObject([{ verdict: "go" }]);
    expect(verdicts(9)).toMatchObject([{ verdict: "no-go", code: "RUN_DISK_FULL" }]);
  });

  it("says whether a dictionary is worth its while", () => {
    const text = (ratio: number) => {
      const withDictionary = { bytes: 8192, ratio, without: 0.9 };
      const lines = planLines(plan(), { values: 9, bytes: 900, alone: 0.9, withDictionary });
      return lines.find(({ check }) => check === "compression")?.finding ?? "";
    };
    expect(text(0.85)).toContain("not worth one");
    expect(text(0.4)).not.toContain("not worth one");
  });
});

describe("the size of a table", () => {
  it("grows with rows, envelopes and partitions, and never below the compressed envelopes", () => {
    const sizes = fc.record({
      rows: fc.integer({ min: 1000, max: 1e9 }),
      envelope: fc.integer({ min: 20, max: 5000 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      compression: fc.double({ min: 0.1, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(sizes, ({ rows, envelope, share, compression }) => {
        const stored = {
          ...{ rows, compression, envelopeBytes: rows * envelope, withoutMaterial: 0 },
          tiles: Math.max(1, Math.floor(rows * share)),
        };
        const [node, tile] = [storedBytes("node", stored), storedBytes("tile", stored)];
        expect(tile).toBeGreaterThanOrEqual(Math.floor(rows * envelope * compression));
        expect(node).toBeGreaterThan(storedBytes("tile", { ...stored, tiles: 1 }));
        expect(storedBytes("node", { ...stored, withoutMaterial: rows })).toBeLessThan(node);
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});
