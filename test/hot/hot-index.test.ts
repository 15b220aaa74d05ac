import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { takeCityEntries } from "../../src/geography/city-entries.js";
import { readCoastline } from "../../src/geography/coastline.js";
import { buildHotIndex } from "../../src/hot/build-hot-index.js";
import type { HotIndex } from "../../src/hot/hot-index.js";
import { drawHotMap } from "../../src/hot/hot-map.js";
import { parseHotRegions } from "../../src/hot/hot-regions.js";
import type { RunHotMap } from "../../src/load/run-report.js";
import { makeSinkBatch } from "../../src/sink/sink-batch.js";
import { refusalOf } from "../support/refusal-of.js";
import { rejectionOf } from "../support/rejection-of.js";
import { runs } from "../support/seed.js";
import { cellsAt, distanceOf, distanceToArc, type Place, prioritiesAt } from "./hot-cells.js";

const build = (text: string) => buildHotIndex(parseHotRegions(text));
const isHot = (index: HotIndex, places: readonly Place[]) =>
  prioritiesAt(index, places).map((priority) => priority > 0);

const lisbon: Place = [-9.14, 38.71];
const moscow: Place = [37.62, 55.75];
const sahara: Place = [5, 23];
const pacific: Place = [-130, -40];
const ascension: Place = [-14.36, -7.95];
/** On either side of the antimeridian. */
const taveuni: readonly Place[] = [
  [179.999, -16.8],
  [-179.999, -16.8],
];

describe("the coasts and cities of the Earth", () => {
  let coast: HotIndex;
  let cities: HotIndex;
  beforeAll(async () => {
    [coast, cities] = await Promise.all([build("coastal:10"), build("urban:5")]);
  });

  it("knows the coast from the land and the sea", () => {
    expect(isHot(coast, [lisbon, ascension, ...taveuni])).toEqual([true, true, true, true]);
    expect(isHot(coast, [moscow, sahara, pacific])).toEqual([false, false, false]);
  });

  it("takes neither poles nor the map's border for a coast", () => {
    const places: Place[] = [];
    for (let lon = -180; lon <= 180; lon += 7.5) places.push([lon, 89.999], [lon, -89.999]);
    for (const lat of [-88, -85, 60, 0, 75]) places.push([179.9999, lat], [-179.9999, lat]);
    expect(isHot(coast, places).filter(Boolean)).toEqual([]);
  });

  it("knows cities", () => {
    expect(isHot(cities, [lisbon, moscow])).toEqual([true, true]);
    expect(isHot(cities, [sahara, pacific, ascension])).toEqual([false, false, false]);
  });

  it("agrees with looking at every arc of a coast", () => {
    const { degrees, lineEnds } = readCoastline("10m");
    const ends = new Set(lineEnds);
    const at = (i: number): Place => [degrees[2 * i] ?? 0, degrees[2 * i + 1] ?? 0];
    const leastOf = (place: Place) => {
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0; i + 1 < degrees.length / 2; i++) {
        const [a, b] = [at(i), at(i + 1)];
        const isAside = Math.abs(a[1] - place[1]) > 3 && Math.abs(b[1] - place[1]) > 3;
        if (!isAside && !ends.has(i + 1)) least = Math.min(least, distanceToArc(place, a, b));
      }
      return least;
    };
    const near = fc
      .tuple(
        fc.nat(degrees.length / 2 - 1),
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: -0.15, max: 0.15, noNaN: true }),
      )
      .map(([i, east, north]): Place => {
        const [lon, lat] = at(i);
        return [Math.max(-180, Math.min(180, lon + east * 0.2)), Math.max(-90, lat + north)];
      });
    fc.assert(
      fc.property(near, (place) => {
        const [center = place] = cellsAt([place], 20).centers;
        const distance = leastOf(center);
        fc.pre(Math.abs(distance - 10_000) > 1e-3);
        expect(isHot(coast, [place])).toEqual([distance < 10_000]);
      }),
      runs(60),
    );
  });

  it("agrees with looking at every city", () => {
    const entries = takeCityEntries().filter(({ population }) => population >= 15_000);
    const near = fc
      .tuple(
        fc.nat(entries.length - 1),
        fc.double({ min: -0.1, max: 0.1, noNaN: true }),
        fc.double({ min: -0.1, max: 0.1, noNaN: true }),
      )
      .map(([i, east, north]): Place => {
        const [lon, lat] = entries[i]?.loc.coordinates ?? [0, 0];
        return [Math.max(-180, Math.min(180, lon + east)), lat + north];
      });
    fc.assert(
      fc.property(near, (place) => {
        const [center = place] = cellsAt([place], 18).centers;
        const distance = Math.min(...entries.map(({ loc }) => distanceOf(center, loc.coordinates)));
        fc.pre(Math.abs(distance - 5000) > 1e-3);
        expect(prioritiesAt(cities, [place], 18).map((p) => p > 0)).toEqual([distance < 5000]);
      }),
      runs(100),
    );
  });
});

describe("HotIndex", () => {
  let index: HotIndex;
  beforeAll(async () => {
    index = await build("bbox:170,-10,-170,10;level>=12");
  });

  it("adds up what holds", () => {
    expect(
      prioritiesAt(
        index,
        [
          [180, 0],
          [-175, 9],
          [0, 0],
        ],
        11,
      ),
    ).toEqual([128, 128, 0]);
    // Level 26 is as deep as can be, level 12 just deep enough.
    expect(
      prioritiesAt(
        index,
        [
          [180, 0],
          [0, 0],
        ],
        26,
      ),
    ).toEqual([255, 128]);
    expect(
      prioritiesAt(
        index,
        [
          [180, 0],
          [0, 0],
        ],
        12,
      ),
    ).toEqual([128 + 64, 1 + 64]);
  });

  it("takes a batch as it takes cells, at once and on the pool", async () => {
    const places: Place[] = Array.from({ length: 1000 }, (_, i) => [
      (i * 7.1) % 180,
      (i * 3.7) % 90,
    ]);
    const cells = cellsAt(places, 14);
    const batch = makeSinkBatch(places.length, 0);
    batch.tiles.set(cells.tiles);
    batch.cells.set(cells.cells);
    batch.levels.set(cells.levels);
    const [a, b, c] = [new Uint8Array(1000), new Uint8Array(1000), new Uint8Array(1000)];
    const totals = index.classifyCells(cells, a);
    expect(index.classify(batch, b)).toEqual(totals);
    expect(await index.classifyAsync(batch, c)).toEqual(totals);
    expect(b).toEqual(a);
    expect(c).toEqual(a);
    const counted = new Uint32Array(256);
    for (const priority of a) counted[priority] = (counted[priority] ?? 0) + 1;
    expect(totals).toEqual(counted);
    expect(counted.filter((count) => count > 0).length).toBe(2);
  });

  it("reads a batch that lies in shared memory", async () => {
    const { block } = makeSinkBatch(3, 0);
    const shared = new SharedArrayBuffer(block.byteLength);
    new Uint8Array(shared).set(new Uint8Array(block));
    const totals = await index.classifyAsync({ block: shared, rows: 3 }, new Uint8Array(3));
    expect(totals[0]).toBe(3);
  });

  it("refuses what is no batch, no cell, or of another length", async () => {
    const batch = makeSinkBatch(2, 0);
    const refuse = (act: () => unknown) => refusalOf(act).code;
    expect(refuse(() => index.classify(batch, new Uint8Array(3)))).toBe("ARG_LENGTH");
    expect(refuse(() => index.classify({ block: batch.block, rows: 3 }, new Uint8Array(3)))).toBe(
      "ARG_TYPE",
    );
    expect(
      refuse(() => index.classify({ block: new ArrayBuffer(8), rows: 0 }, new Uint8Array(0))),
    ).toBe("ARG_TYPE");
    batch.levels[1] = 27;
    const refusal = refusalOf(() => index.classify(batch, new Uint8Array(2)));
    expect(refusal.code).toBe("CODE_OUT_OF_RANGE");
    expect(refusal.fault).toContain("row 1");
    const one = {
      tiles: BigUint64Array.of(0n),
      cells: new Uint16Array(2),
      levels: new Uint8Array(1),
    };
    expect(refuse(() => index.classifyCells(one, new Uint8Array(1)))).toBe("ARG_LENGTH");
  });

  it("promises each tile what its rows have, and no tile far off anything", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -180, max: 180, noNaN: true }),
        fc.double({ min: -90, max: 90, noNaN: true }),
        fc.nat(26),
        (lon, lat, level) => {
          const { tiles } = cellsAt([[lon, lat]], level);
          const [priority = 0] = prioritiesAt(index, [[lon, lat]], level);
          const most = index.mostInTile(level, tiles[0] ?? 0n);
          expect(most).toBeGreaterThanOrEqual(priority);
          expect(index.mayContain(level, tiles[0] ?? 0n)).toBe(most > 0);
          const isFar = Math.abs(lon) < 160 && level < 12 && level >= 10;
          if (isFar) expect(most).toBe(0);
        },
      ),
      runs(300),
    );
  });

  it("draws where it is hot, the antimeridian on both sides", async () => {
    const pixels = await index.draw(36, 18);
    const hot = [...pixels.entries()].filter(([, priority]) => priority > 0);
    const rows = new Set(hot.map(([i]) => Math.floor(i / 36)));
    // The box's sides run through squares that reach into the pixels beyond.
    expect([...rows]).toEqual([7, 8, 9, 10]);
    expect([...new Set(hot.map(([i]) => i % 36))].toSorted((a, b) => a - b)).toEqual([
      0, 1, 34, 35,
    ]);
  });

  it("is drawn for a report", async () => {
    const totals = index.classifyCells(cellsAt([[180, 0]], 26), new Uint8Array(1));
    const map: RunHotMap = await drawHotMap(index, totals);
    expect(map).toMatchObject({ regions: index.regions.text, width: 720, height: 360 });
    expect(Buffer.from(map.priorities, "base64")).toEqual(Buffer.from(await index.draw(720, 360)));
    expect(map.rows.length).toBe(256);
    expect(map.rows[255]).toBe(1);
  });

  it("says in words what it is", () => {
    expect(index.describe()).toEqual([
      "longitude 170 to -170 across the antimeridian, latitude -10 to 10",
      "level 12 and deeper",
    ]);
    expect(index.byteLength).toBeGreaterThan(0);
  });

  it("is refused where no city is as large as wanted", async () => {
    const refusal = await rejectionOf(build("urban:5:99000000"));
    expect(refusal.code).toBe("HOT_REGIONS_INVALID");
    expect(refusal.fault).toMatch(/^no city has 99000000 inhabitants; the largest has \d+$/);
  });
});
