import type { Frame } from "../encoding/frame.js";
import { encodeTiles } from "../encoding/morton.js";
import type { HotIndex } from "../hot/hot-index.js";
import type { RunMap, RunReport } from "../load/run-report.js";

const PRIORITIES = 256;
const POINTS_AT_ONCE = 65_536;

/** What is known of a run's rows before they are loaded. */
export interface KnownRows {
  readonly levels: RunReport["levels"];
  readonly map: RunMap;
}

/**
 * How many rows will have each priority, from the map of where they are and the count of each level,
 * as if the levels were the same everywhere.
 */
export function estimatePriorities(
  index: HotIndex,
  frame: Frame,
  { levels, map }: KnownRows,
): Float64Array {
  const expected = new Float64Array(PRIORITIES);
  const { x, y, z, weights } = pointsOf(frame, map);
  const nodes = weights.reduce((sum, weight) => sum + weight, 0);
  const rows = levels.reduce((sum, level) => sum + level.rows, 0);
  if (nodes === 0) return expected;
  for (const level of levels) {
    for (let begin = 0; begin < weights.length; begin += POINTS_AT_ONCE) {
      const end = Math.min(weights.length, begin + POINTS_AT_ONCE);
      const part = {
        x: x.subarray(begin, end),
        y: y.subarray(begin, end),
        z: z.subarray(begin, end),
      };
      const { tiles, cells } = encodeTiles(part, level.level, { frame });
      const priorities = new Uint8Array(end - begin);
      const all = new Uint8Array(end - begin).fill(level.level);
      index.classifyCells({ tiles, cells, levels: all }, priorities);
      priorities.forEach((priority, i) => {
        const share = ((weights[begin + i] ?? 0) / nodes) * (level.rows / Math.max(1, rows));
        expected[priority] = (expected[priority] ?? 0) + share * rows;
      });
    }
  }
  return expected;
}

/** The middle of each pixel that has nodes, and how many. */
function pointsOf({ min, size }: Frame, { width, height, nodes }: RunMap) {
  const bytes = Buffer.from(nodes, "base64");
  const filled: number[] = [];
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    if (bytes.readUInt32LE(pixel * 4) > 0) filled.push(pixel);
  }
  const middle = (axis: 0 | 1 | 2, share: number) => min[axis] + size[axis] * share;
  return {
    x: Float64Array.from(filled, (pixel) => middle(0, ((pixel % width) + 0.5) / width)),
    // A map's rows begin in the north.
    y: Float64Array.from(filled, (pixel) =>
      middle(1, 1 - (Math.floor(pixel / width) + 0.5) / height),
    ),
    z: new Float64Array(filled.length).fill(middle(2, 0.5)),
    weights: Float64Array.from(filled, (pixel) => bytes.readUInt32LE(pixel * 4)),
  };
}
