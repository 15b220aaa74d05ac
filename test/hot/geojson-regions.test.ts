import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildHotIndex } from "../../src/hot/build-hot-index.js";
import type { HotIndex } from "../../src/hot/hot-index.js";
import { parseHotRegions } from "../../src/hot/hot-regions.js";
import { rejectionOf } from "../support/rejection-of.js";
import { runs } from "../support/seed.js";
import { tempFolder } from "../support/temp-folder.js";
import { cellsAt, type Place, prioritiesAt } from "./hot-cells.js";

const folder = tempFolder();
let files = 0;

function write(content: unknown): string {
  const path = join(folder, `regions-${files++}.geojson`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function build(...rings: readonly (readonly Place[])[]): Promise<HotIndex> {
  const path = write({ type: "Polygon", coordinates: rings });
  return buildHotIndex(parseHotRegions(`geojson:${path}`));
}

const isHot = (index: HotIndex, places: readonly Place[], level = 20) =>
  prioritiesAt(index, places, level).map((priority) => priority > 0);

/** Into the map: 190 is -170. */
const wrapped = (lon: number) => lon - 360 * Math.floor((lon + 180) / 360);
const unit = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const places = fc.array(
  fc.tuple(unit, unit).map(([x, y]): Place => [360 * x - 180, 180 * y - 90]),
  { minLength: 50, maxLength: 50 },
);

describe("geojson regions", () => {
  it("holds what lies within a star, wherever on the map it is", async () => {
    const star = fc.record({
      lon: fc.oneof(
        fc.double({ min: 150, max: 210, noNaN: true }),
        fc.double({ min: -180, max: 180, noNaN: true }),
      ),
      lat: fc.double({ min: -45, max: 45, noNaN: true }),
      radii: fc.array(fc.double({ min: 5, max: 40, noNaN: true }), { minLength: 5, maxLength: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(star, places, async ({ lon, lat, radii }, asked) => {
        const corner = (i: number): Place => {
          const turn = (2 * Math.PI * i) / radii.length;
          const radius = radii[i % radii.length] ?? 0;
          return [radius * Math.cos(turn), radius * Math.sin(turn)];
        };
        const ring = radii.map((_, i): Place => [wrapped(lon + corner(i)[0]), lat + corner(i)[1]]);
        const index = await build([...ring, ring[0] ?? [0, 0]]);
        const { centers } = cellsAt(asked, 20);
        const expected = centers.map(([x, y]) => {
          const p: Place = [wrapped(x - lon), y - lat];
          // In the triangle of the middle and the two corners it lies between.
          const turn = (Math.atan2(p[1], p[0]) + 2 * Math.PI) % (2 * Math.PI);
          const i = Math.min(radii.length - 1, Math.floor((turn / (2 * Math.PI)) * radii.length));
          const [a, b] = [corner(i), corner(i + 1)];
          return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0;
        });
        expect(isHot(index, asked)).toEqual(expected);
      }),
      runs(40),
    );
  });

  it("holds the pole that a ring goes around", async () => {
    const cap = fc.record({
      isNorth: fc.boolean(),
      isEastward: fc.boolean(),
      start: fc.double({ min: -180, max: 180, noNaN: true }),
      lats: fc.array(fc.double({ min: 10, max: 88, noNaN: true }), { minLength: 3, maxLength: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(cap, places, async ({ isNorth, isEastward, start, lats }, asked) => {
        const side = isNorth ? 1 : -1;
        const step = 360 / lats.length;
        const ring = lats.map((lat, i): Place => [wrapped(start + i * step), side * lat]);
        if (!isEastward) ring.reverse();
        const index = await build([...ring, ring[0] ?? [0, 0]]);
        const { centers } = cellsAt(asked, 20);
        const expected = centers.map(([lon, lat]) => {
          const along = (wrapped(lon - start - 180) + 180) / step;
          const i = Math.min(lats.length - 1, Math.floor(along));
          const [from = 0, to = 0] = [lats[i], lats[(i + 1) % lats.length]];
          return side * lat > from + (to - from) * (along - i);
        });
        expect(isHot(index, asked)).toEqual(expected);
      }),
      runs(40),
    );
  });

  it("leaves holes out, and joins overlapping polygons", async () => {
    const square = (half: number, lon = 0): Place[] => [
      [lon - half, -half],
      [lon + half, -half],
      [lon + half, half],
      [lon - half, half],
      [lon - half, -half],
    ];
    const index = await build(square(20), square(10));
    expect(
      isHot(index, [
        [15, 0],
        [5, 0],
        [0, 15],
        [25, 0],
      ]),
    ).toEqual([true, false, true, false]);
    const path = write({ type: "MultiPolygon", coordinates: [[square(20)], [square(20, 10)]] });
    const both = await buildHotIndex(parseHotRegions(`geojson:${path}`));
    expect(
      isHot(both, [
        [5, 0],
        [-15, 0],
        [25, 0],
        [35, 0],
      ]),
    ).toEqual([true, true, true, false]);
  });

  it("takes a hole across the antimeridian out of the whole world", async () => {
    const world: Place[] = [
      [-180, -90],
      [180, -90],
      [180, 90],
      [-180, 90],
      [-180, -90],
    ];
    const hole: Place[] = [
      [170, -10],
      [-170, -10],
      [-170, 10],
      [170, 10],
      [170, -10],
    ];
    const index = await build(world, hole);
    const asked: Place[] = [
      [179, 0],
      [-179, 0],
      [165, 0],
      [-165, 0],
      [179, 11],
      [0, 89.9],
      [-179.9, -89.9],
    ];
    expect(isHot(index, asked)).toEqual([false, false, true, true, true, true, true]);
    expect(isHot(index, [[0, 0]], 0)).toEqual([true]);
  });

  it("adds up with what else is hot, and keeps files apart", async () => {
    const square = (lon: number): Place[] => [
      [lon, 0],
      [lon + 10, 0],
      [lon + 10, 10],
      [lon, 10],
      [lon, 0],
    ];
    const [a, b] = [0, 20].map((lon) => write({ type: "Polygon", coordinates: [square(lon)] }));
    const index = await buildHotIndex(parseHotRegions(`geojson:${a};geojson:${b};bbox:5,0,25,10`));
    expect(
      prioritiesAt(index, [
        [2, 5],
        [7, 5],
        [15, 5],
        [22, 5],
        [27, 5],
        [40, 5],
      ]),
    ).toEqual([86, 171, 86, 171, 86, 0]);
  });

  const refusal = (path: string) => rejectionOf(buildHotIndex(parseHotRegions(`geojson:${path}`)));

  it("says which file cannot be read and why", async () => {
    const missing = join(folder, "none.geojson");
    expect(await refusal(missing)).toMatchObject({ code: "HOT_GEOJSON_UNREADABLE" });
    expect((await refusal(missing)).fault).toContain(
      `${JSON.stringify(missing)} cannot be read: ENOENT`,
    );
    const subfolder = join(folder, "folder.geojson");
    mkdirSync(subfolder);
    expect((await refusal(subfolder)).fault).toContain("cannot be read: EISDIR");
    const large = write("");
    truncateSync(large, 2 ** 28 + 1);
    expect((await refusal(large)).fault).toContain(
      "has 268435457 bytes, and at most 268435456 are read",
    );
  });

  it("says which file is no GeoJSON and where", async () => {
    const text = write("no JSON");
    expect(await refusal(text)).toMatchObject({ code: "HOT_GEOJSON_INVALID" });
    expect((await refusal(text)).fault).toContain(`${JSON.stringify(text)} is not JSON: `);
    const open = write({
      type: "Polygon",
      coordinates: [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 2],
        ],
      ],
    });
    expect((await refusal(open)).fault).toContain(
      `GeoJSON file ${JSON.stringify(open)}: coordinates[0] must end where it begins`,
    );
    expect((await refusal(write(`\uFEFF{"type":"Point"}`))).fault).toContain('got "Point"');
  });
});
