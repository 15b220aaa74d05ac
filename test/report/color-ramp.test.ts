import { describe, expect, it } from "vitest";
import { cssColor, type Rgb, rampColor } from "../../src/report/color-ramp.js";

/** Relative luminance of sRGB, as in https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((byte) => {
    const part = byte / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe("rampColor", () => {
  it("grows lighter all the way, so that order is seen without colour too", () => {
    const steps = Array.from({ length: 64 }, (_, i) => luminance(rampColor(i / 63)));
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(new Set(steps).size).toBe(64);
    expect(steps[0]).toBeLessThan(0.06);
    expect(steps[63]).toBeGreaterThan(0.6);
  });

  it("keeps to its ends outside 0 to 1", () => {
    expect(rampColor(-1)).toEqual(rampColor(0));
    expect(rampColor(2)).toEqual(rampColor(1));
  });

  it("is written as CSS takes it", () => {
    expect(cssColor([0, 10, 255])).toBe("#000aff");
  });
});
