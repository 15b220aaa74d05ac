import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { noWarmCounts } from "../../src/warm/warm-options.js";
import { type WarmFacts, WarmStore, type WarmUnit } from "../../src/warm/warm-store.js";
import { refusalOf } from "../support/refusal-of.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
const opened: WarmStore[] = [];
const facts = { target: "earth.db", regions: "level>=12", memory: null };
const stretches = [
  { after: -(2n ** 63n), last: 0n },
  { after: 0n, last: 2n ** 63n - 1n },
];

function open(
  runDir: string,
  kind: WarmUnit["kind"] = "stretch",
  of: WarmFacts = facts,
): WarmStore {
  const store = WarmStore.open(runDir, kind, of);
  opened.push(store);
  return store;
}

function close(store: WarmStore): void {
  opened.splice(opened.indexOf(store), 1);
  store.close();
}

const newDir = () => join(mkdtempSync(join(folder, "run-")), "new");

afterEach(() => {
  for (const store of opened.splice(0)) store.close();
});

describe("a warming's position", () => {
  it("is kept of stretches, with what they were found to hold", () => {
    const runDir = newDir();
    const first = open(runDir);
    expect(first.isUnfinished).toBe(false);
    first.begin(stretches);
    const [one] = first.stretches(false);
    if (one === undefined) throw new Error("there are two");
    first.endSurvey(one, { histogram: histogramOf({ 200: 3, 7: 2 }) });
    close(first);
    const second = open(runDir);
    expect(second.isUnfinished).toBe(true);
    const [two] = second.stretches(false);
    expect(two).toMatchObject(stretches[1] ?? {});
    if (two === undefined) throw new Error("one is left");
    second.endSurvey(two, { histogram: histogramOf({ 200: 1 }) });
    expect([second.histogram()[200], second.histogram()[7]]).toEqual([4, 2]);
    const bands = [
      { low: 100, high: 255 },
      { low: 1, high: 99 },
    ];
    second.plan({ bands, lowestPriority: 7, quota: 1 });
    const units = [...second.unitsToDo()];
    expect(units.map(({ band: { low } }) => low)).toEqual([100, 100, 1, 1]);
    const counts = { ...noWarmCounts, offered: 5, cached: 5 };
    second.settle(units.slice(0, 3), { counts, takenOfLowest: 1 }, 1000);
    close(second);
    const third = open(runDir);
    expect(third.isPlanned).toBe(true);
    expect([...third.unitsToDo()]).toEqual(units.slice(3));
    expect(third.countUnits()).toEqual({ units: 4, done: 3 });
    expect(third.counts).toMatchObject({ offered: 5, cached: 5 });
    expect(third.limits).toEqual({ lowestPriority: 7, quota: 1 });
    expect(third.takenOfLowest).toBe(1);
    expect(third.forgetBefore(1000)).toBe(0);
    expect(third.forgetBefore(1001)).toBe(3);
    expect([...third.unitsToDo()]).toEqual(units);
  });

  it("is kept of tiles, the hottest first, however many there are", () => {
    const store = open(newDir(), "tile");
    store.begin(stretches);
    const [one] = store.stretches();
    if (one === undefined) throw new Error("there are two");
    const tiles = Array.from({ length: 1000 }, (_, i) => ({
      ...{ level: i % 27, tile: 2n ** 63n - 1n - BigInt(i) },
      most: 1 + ((i * 37) % 255),
    }));
    store.endSurvey(one, { tiles });
    store.plan({ bands: [], lowestPriority: null, quota: null });
    const found: unknown[] = [];
    for (const unit of store.unitsToDo()) {
      if (unit.kind === "tile") found.push(unit.tile);
      // As a fill does.
      store.settle([unit], { counts: noWarmCounts, takenOfLowest: 0 }, 1000);
    }
    const sorted = tiles.toSorted((a, b) => b.most - a.most);
    expect(found).toEqual(sorted.map(({ level, tile }) => ({ level, tile })));
    expect([...store.unitsToDo()]).toEqual([]);
  });

  it("is one process's, and one warming's until that is done", () => {
    const runDir = newDir();
    const store = open(runDir);
    expect(refusalOf(() => open(runDir)).code).toBe("RUN_IN_USE");
    store.begin(stretches);
    close(store);
    const other = refusalOf(() => open(runDir, "stretch", { ...facts, regions: "level>=13" }));
    expect(other.code).toBe("RUN_OTHER");
    expect(other.fault).toContain("another regions: level>=12, not level>=13");
    expect(refusalOf(() => open(runDir, "tile")).code).toBe("RUN_OTHER");
    const again = open(runDir);
    again.end();
    close(again);
    expect(open(runDir, "stretch", { ...facts, regions: "level>=13" }).isUnfinished).toBe(false);
  });
});

function histogramOf(rows: Readonly<Record<number, number>>): Float64Array {
  const histogram = new Float64Array(256);
  for (const [priority, count] of Object.entries(rows)) histogram[Number(priority)] = count;
  return histogram;
}
