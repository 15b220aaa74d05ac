import { chooseEngine, type Engine } from "./kernel.js";
import { MAX_LEVEL } from "./level.js";
import { decodeCall, encodeTilesCall, runCall } from "./morton-call.js";

/** How a kernel did against the scalar oracle. */
export interface SelfTestResult {
  readonly name: string;
  readonly points: number;
  /** Rows that differ in a code, a coordinate's bits or a status; 0 is right. */
  readonly mismatches: number;
}

const POINTS = 10_007;

/**
 * Compares a kernel with the scalar one on the same points, inside and outside
 * the frame, at all levels: a broken build or processor shows before it encodes
 * anything that counts. Takes some milliseconds.
 *
 * @throws OctoloadError KERNEL_UNKNOWN, KERNEL_UNAVAILABLE, NATIVE_MISSING.
 */
export function selfTest(name: string): SelfTestResult {
  const points = testPoints(POINTS);
  const expected = roundTrip(chooseEngine("scalar"), points);
  const actual = roundTrip(chooseEngine(name), points);
  let mismatches = 0;
  for (let row = 0; row < POINTS; row += 1) {
    if (expected.some((column, i) => column[row] !== actual[i]?.[row])) mismatches += 1;
  }
  return { name, points: POINTS, mismatches };
}

interface TestPoints {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
  readonly level: Uint8Array;
}

/** Numbers that every run repeats: a Weyl sequence on the golden ratio's fraction. */
function testPoints(count: number): TestPoints {
  const spread = (seed: number, reach: number) =>
    Float64Array.from({ length: count }, (_, i) => {
      const fraction = (seed + i * 0.618_033_988_749_894_9) % 1;
      return (2 * fraction - 1) * reach;
    });
  return {
    x: spread(0.1, 20.5e6),
    y: spread(0.2, 10.2e6),
    z: spread(0.3, 10.2e6),
    level: Uint8Array.from({ length: count }, (_, i) => i % (MAX_LEVEL + 2)),
  };
}

/** Columns to compare; coordinates as bits, since NaN equals nothing. */
function roundTrip(on: Engine, points: TestPoints): (BigUint64Array | Uint16Array | Uint8Array)[] {
  const { tiles, cells, status } = runCall(on, encodeTilesCall(points, points.level, {}));
  const decoded = runCall(on, decodeCall({ tiles, cells }, points.level, {}));
  const bits = [decoded.x, decoded.y, decoded.z].map((axis) => new BigUint64Array(axis.buffer));
  return [tiles, cells, status, decoded.status, ...bits];
}
