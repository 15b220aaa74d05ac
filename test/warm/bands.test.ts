import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planBands } from "../../src/warm/bands.js";
import { runs } from "../support/seed.js";

/** Rows of some priorities, 0 of all others. */
function histogramOf(rows: Readonly<Record<number, number>>): Float64Array {
  const histogram = new Float64Array(256);
  for (const [priority, count] of Object.entries(rows)) histogram[Number(priority)] = count;
  return histogram;
}

const priorities = Array.from({ length: 255 }, (_, i) => i + 1);

function rowsFrom(histogram: Float64Array, priority: number): number {
  return histogram.slice(priority).reduce((sum, count) => sum + count, 0);
}

describe("bands of priorities", () => {
  it.each([
    ["nothing hot", { 0: 100 }, null, [], 256],
    ["no room", { 200: 100 }, 0, [], 256],
    ["one priority", { 200: 100 }, null, [[200, 255]], 200],
    [
      "few that are hotter",
      { 200: 10, 100: 90 },
      null,
      [
        [200, 255],
        [100, 199],
      ],
      100,
    ],
    ["most are hotter", { 200: 60, 100: 40 }, null, [[100, 255]], 100],
    ["room for the hotter alone", { 200: 10, 100: 90 }, 10, [[200, 255]], 200],
    [
      "room for some of the others",
      { 200: 2, 100: 90 },
      12,
      [
        [200, 255],
        [100, 199],
      ],
      100,
    ],
    ["a small part of one priority", { 200: 90 }, 1, [[200, 255]], 200],
  ] as const)("%s", (_name, rows, capacity, bands, lowestPriority) => {
    const plan = planBands(histogramOf(rows), capacity);
    expect(plan).toMatchObject({
      bands: bands.map(([low, high]) => ({ low, high })),
      lowestPriority,
    });
  });

  it("are the hottest rows that fit, each once, the hottest first", () => {
    const rows = fc.dictionary(fc.integer({ min: 0, max: 255 }).map(String), fc.nat(1000));
    const capacity = fc.option(fc.nat(20_000));
    fc.assert(
      fc.property(rows, capacity, (counts, room) => {
        const histogram = histogramOf(counts);
        const { bands, lowestPriority, quota } = planBands(histogram, room);
        const inBand = (priority: number) =>
          bands.filter(({ low, high }) => priority >= low && priority <= high).length;
        const wrong = priorities.filter((priority) => {
          const hotter = rowsFrom(histogram, priority + 1);
          const times = hotter < (room ?? Number.POSITIVE_INFINITY) ? 1 : 0;
          return (histogram[priority] ?? 0) > 0 && inBand(priority) !== times;
        });
        expect(wrong).toEqual([]);
        expect(inBand(0)).toBe(0);
        const ofLowest = quota ?? histogram[lowestPriority] ?? 0;
        const all = rowsFrom(histogram, 1);
        expect(rowsFrom(histogram, lowestPriority + 1) + ofLowest).toBe(Math.min(all, room ?? all));
        expect(bands.map(({ low }) => low)).toEqual(
          bands.map(({ low }) => low).toSorted((a, b) => b - a),
        );
        if (bands.length > 0) expect(bands.at(-1)?.low).toBe(lowestPriority);
      }),
      runs(200),
    );
  });
});
