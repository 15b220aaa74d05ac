import fc from "fast-check";
import { Frame, frames, type Triple } from "../../src/encoding/frame.js";
import { stepped } from "./doubles.js";

/** A frame whose numbers are not round: every operation on them rounds. */
export const crooked = new Frame({
  name: "crooked",
  min: [-6_792_381.1, 1 / 3, 1e-3],
  size: [13_584_762.7, 0.1, 3_376_200 / 7],
});

const randomFrame = fc
  .tuple(
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    fc.double({ min: 1, max: 1e9, noNaN: true }),
  )
  .map(([min, size]) => new Frame({ name: "random", min: [min, 0, -size], size: [size, 1, size] }));

/** The built-in frames, the crooked one, and any other. */
export const anyFrame = fc.oneof(
  fc.constantFrom(frames.centred, frames.bluemarble, crooked),
  randomFrame,
);

/** Values that have gone wrong in somebody's code before. */
export const strangeNumbers: readonly number[] = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ...[0, -0, Number.MIN_VALUE, -Number.MIN_VALUE, 1e-310, -1e-310, 2 ** -1022],
  ...[Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 53, -(2 ** 63), 1e308],
];

/** A coordinate on an axis from min to min + size: within, on cells' borders, beyond. */
function coordinate(min: number, size: number): fc.Arbitrary<number> {
  const fraction = fc.double({ min: 0, max: 1, noNaN: true });
  const border = fc
    .tuple(fc.integer({ min: 0, max: 26 }), fraction)
    .map(([level, t]) => Math.floor(t * 2 ** level) / 2 ** level);
  const near = fc
    .tuple(fc.oneof(border, fc.constantFrom(0, 1)), fc.integer({ min: -2, max: 2 }))
    .map(([t, ulps]) => stepped(min + size * t, ulps));
  return fc.oneof(
    { weight: 6, arbitrary: fraction.map((t) => min + size * t) },
    { weight: 6, arbitrary: near },
    { weight: 1, arbitrary: fc.constantFrom(...strangeNumbers) },
    { weight: 1, arbitrary: fc.double() },
  );
}

export function anyPoint(frame: Frame): fc.Arbitrary<Triple> {
  const [x, y, z] = frame.min;
  return fc.tuple(
    coordinate(x, frame.size[0]),
    coordinate(y, frame.size[1]),
    coordinate(z, frame.size[2]),
  );
}
