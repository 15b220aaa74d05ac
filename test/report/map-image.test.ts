import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { rampColor } from "../../src/report/color-ramp.js";
import { levelImage, levelRange, mostNodes, nodesImage } from "../../src/report/map-image.js";
import { samplePoint } from "../../src/report/sample-point.js";
import { mapOf, someRejected } from "../support/report-samples.js";

/** Colours of the pixels, "none" where they are transparent, of an image one pixel high. */
function colorsOf(png: Buffer): string[] {
  const chunk = (type: string) => {
    const at = png.indexOf(type, 0, "latin1");
    return png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4));
  };
  const palette = chunk("PLTE");
  const alpha = chunk("tRNS");
  const indices = [...inflateSync(chunk("IDAT"))].slice(1);
  return indices.map((i) =>
    alpha[i] === 0 ? "none" : [...palette.subarray(i * 3, i * 3 + 3)].join(),
  );
}

describe("the map", () => {
  it("gives each level its colour, from the coarsest to the finest there is", () => {
    const map = mapOf(4, 1, [3, 255, 5, 4], []);
    const range = levelRange(map);
    expect(range).toEqual({ lowest: 3, highest: 5 });
    expect(range && colorsOf(levelImage(map, range))).toEqual([
      rampColor(0).join(),
      "none",
      rampColor(1).join(),
      rampColor(0.5).join(),
    ]);
  });

  it("shows a single level and all 27", () => {
    expect(levelRange(mapOf(2, 1, [7, 255], []))).toEqual({ lowest: 7, highest: 7 });
    const levels = Array.from({ length: 27 }, (_, i) => i);
    const map = mapOf(27, 1, levels, []);
    expect(new Set(colorsOf(levelImage(map, { lowest: 0, highest: 26 }))).size).toBe(27);
  });

  it("gives counts of nodes their colour up to the most", () => {
    const map = mapOf(4, 1, [1, 1, 1, 1], [0, 1, 1000, 4_294_967_295]);
    expect(mostNodes(map)).toBe(4_294_967_295);
    const [none, one, some, most] = colorsOf(nodesImage(map));
    expect(none).toBe("none");
    expect(most).toBe(rampColor(1).join());
    expect(new Set([one, some, most]).size).toBe(3);
  });

  it("bears one that is empty, short or too long", () => {
    expect(levelRange(mapOf(2, 1, [255, 255], []))).toBeUndefined();
    expect(colorsOf(nodesImage(mapOf(2, 1, [255, 255], [])))).toEqual(["none", "none"]);
    expect(levelRange(mapOf(3, 1, [1], []))).toEqual({ lowest: 1, highest: 1 });
    expect(levelRange({ ...mapOf(1, 1, [1], []), deepestLevels: "AAECAwQ=" })).toEqual({
      lowest: 0,
      highest: 0,
    });
  });
});

describe("samplePoint", () => {
  it("is the middle of the finest pixel with most nodes, at sea level", () => {
    expect(samplePoint(someRejected)).toEqual({ x: -5e6, y: -5e6, z: 0, level: 5 });
  });

  it("is none where there are no nodes", () => {
    expect(samplePoint({ ...someRejected, map: mapOf(1, 1, [255], []) })).toBeUndefined();
  });
});
