import fc from "fast-check";
import { expect, it } from "vitest";
import { frames } from "../../../src/encoding/frame.js";
import { encodePoint } from "../../../src/encoding/point.js";
import { codeOfCell, indicesOfPoint } from "../../../src/validate/spatial/cell-indices.js";
import { runs } from "../../support/seed.js";

const { centred } = frames;
/** Shares of the frame's edges; the last cell's own end among them. */
const share = fc.oneof(
  fc.constantFrom(0, 1, 0.5, 1 - 2 ** -53),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

it("gives the cells that the kernels give, without them", () => {
  fc.assert(
    fc.property(fc.tuple(share, share, share), fc.integer({ min: 0, max: 26 }), (at, level) => {
      const [x, y, z] = [0, 1, 2].map((i) => {
        const axis = i as 0 | 1 | 2;
        return Math.min(centred.min[axis] + at[axis] * centred.size[axis], -centred.min[axis]);
      });
      if (x === undefined || y === undefined || z === undefined) return;
      const cell = indicesOfPoint([x, y, z], level, centred);
      expect(cell && codeOfCell(cell)).toBe(encodePoint(x, y, z, level, centred));
    }),
    runs(2000),
  );
});

it("has none for a point outside the frame, or for none at all", () => {
  expect(indicesOfPoint([-20e6 - 1, 0, 0], 3, centred)).toBeUndefined();
  expect(indicesOfPoint([0, 10e6 + 1, 0], 3, centred)).toBeUndefined();
  expect(indicesOfPoint([0, 0, Number.NaN], 3, centred)).toBeUndefined();
});
