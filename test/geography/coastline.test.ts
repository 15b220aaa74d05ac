import { describe, expect, it } from "vitest";
import { readCoastline } from "../../src/geography/coastline.js";
import { isMapBorder, readLandRings } from "../../src/geography/land.js";

/** The same in both directions. */
function edgeName(numbers: readonly number[]): string {
  return [numbers.slice(0, 2).join(), numbers.slice(2).join()].toSorted().join(" ");
}

describe("readCoastline", () => {
  it("has every edge of the land but those of the map's border", () => {
    const { degrees, lineEnds } = readCoastline("110m");
    const edges = new Set<string>();
    let point = 0;
    for (const end of lineEnds) {
      expect(end).toBeGreaterThanOrEqual(point + 2);
      for (point += 1; point < end; point++) {
        edges.add(edgeName([...degrees.slice(2 * point - 2, 2 * point + 2)]));
      }
    }
    expect(2 * point).toBe(degrees.length);
    const expected = new Set<string>();
    for (const ring of readLandRings("110m")) {
      for (const [i, to] of ring.entries()) {
        const from = ring[i - 1];
        if (from !== undefined && !isMapBorder(from, to)) expected.add(edgeName([...from, ...to]));
      }
    }
    expect(edges).toEqual(expected);
    expect(expected.size).toBeGreaterThan(4000);
  });

  it("leaves out where the map was cut", () => {
    expect(isMapBorder([180, 65], [180, 70])).toBe(true);
    expect(isMapBorder([-180, -90], [180, -90])).toBe(true);
    expect(isMapBorder([179, 65], [180, 65])).toBe(false);
    expect(isMapBorder([0, -80], [1, -90])).toBe(false);
  });
});
