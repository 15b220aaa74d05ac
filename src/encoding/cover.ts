import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { requireObject } from "./arrays.js";
import { interleave } from "./cell.js";
import {
  type Axis,
  axes,
  axisNames,
  describeOutside,
  Frame,
  type FrameSpec,
  frames,
  type Triple,
} from "./frame.js";
import { type CodeRange, coarsen, type IndexBox, rangesOf } from "./index-box.js";
import { requireLevel } from "./level.js";

export type { CodeRange } from "./index-box.js";

/** A box in the frame's metres; both corners belong to it. */
export interface Box {
  readonly min: Triple;
  readonly max: Triple;
}

export interface CoverOptions {
  /** `centred` unless given. */
  readonly frame?: FrameSpec;
  /** At most this many ranges (1 to 1,048,576), at the price of some extra cells. */
  readonly maxRanges?: number;
}

export interface Cover {
  /** Ascending, disjoint, and with a gap between any two. */
  readonly ranges: CodeRange[];
  /** Whether the ranges hold only cells that the box touches. */
  readonly exact: boolean;
}

/** The most ranges a cover has, and the most this module holds at any time. */
export const MAX_COVER_RANGES = 1_048_576;

/**
 * How far refining goes beyond `maxRanges` before the smallest gaps are closed
 * again: which gaps are worth keeping shows only some levels further down.
 */
const LOOKAHEAD_FACTOR = 8;
const LOOKAHEAD_RANGES = 1024;

/**
 * The Morton code ranges of all cells of a level that a point p with
 * min <= p <= max can lie in.
 *
 * Without `maxRanges` the cover is exact. With it, at most that many ranges
 * come back; if the exact cover has more, they hold extra cells but miss none.
 *
 * @throws OctoloadError BOX_INVALID, OUT_OF_FRAME (nothing is clamped), LEVEL_INVALID, ARG_RANGE,
 *   FRAME_INVALID, COVER_TOO_FINE if the exact cover has more than 1,048,576 ranges
 */
export function coverBox(box: Box, level: number, options: CoverOptions = {}): Cover {
  requireObject("options", options);
  const { maxRanges } = options;
  const frame = Frame.from(options.frame ?? frames.centred);
  requireLevel(level);
  requireBox(box);
  if (maxRanges !== undefined) requireMaxRanges(maxRanges);
  const target: IndexBox = {
    low: indicesOfCorner("min", box.min, frame, level),
    high: indicesOfCorner("max", box.max, frame, level),
    level,
  };
  return maxRanges === undefined ? coverExactly(target) : coverWithin(target, maxRanges);
}

function coverExactly(target: IndexBox): Cover {
  const ranges = rangesOf(target, MAX_COVER_RANGES);
  if (ranges !== undefined) return { ranges, exact: true };
  throw new OctoloadError(
    "COVER_TOO_FINE",
    `the box's exact cover at level ${target.level} has more than ${MAX_COVER_RANGES} ranges`,
  );
}

/**
 * Refines level by level, breadth first, while the cover stays small enough.
 * A deeper level's cover never has fewer ranges, so one that stops above the
 * target level, or whose gaps are closed, cannot have been exact.
 */
function coverWithin(target: IndexBox, maxRanges: number): Cover {
  const limit = Math.min(
    MAX_COVER_RANGES,
    Math.max(maxRanges * LOOKAHEAD_FACTOR, LOOKAHEAD_RANGES),
  );
  let refined: CodeRange[] = [];
  let reached = -1;
  for (let level = 0; level <= target.level; level++) {
    const ranges = rangesOf(coarsen(target, level), limit);
    if (ranges === undefined) break;
    refined = ranges;
    reached = level;
  }
  const exact = reached === target.level && refined.length <= maxRanges;
  const ranges = closeGaps(deepen(refined, reached, target), maxRanges);
  return { ranges, exact };
}

/**
 * Ranges of level `reached` as ranges of the target's level. Its low and high
 * corners have the lowest and highest code, because interleaving grows with
 * every index: the outer ends need no finer cover.
 */
function deepen(ranges: CodeRange[], reached: number, target: IndexBox): CodeRange[] {
  const bits = BigInt(3 * (target.level - reached));
  const lowest = interleave(...target.low);
  const highest = interleave(...target.high);
  return ranges.map(({ first, last }, i) => ({
    first: i === 0 ? lowest : first << bits,
    last: i === ranges.length - 1 ? highest : ((last + 1n) << bits) - 1n,
  }));
}

/** Joins ranges across the smallest gaps until `maxRanges` are left: the fewest extra cells. */
function closeGaps(ranges: CodeRange[], maxRanges: number): CodeRange[] {
  const kept = new Set(widestGaps(ranges, Math.min(maxRanges, ranges.length) - 1));
  const joined: { first: bigint; last: bigint }[] = [];
  for (const range of ranges) {
    const previous = joined.at(-1);
    if (previous === undefined || kept.has(range)) {
      joined.push({ ...range });
    } else {
      previous.last = range.last;
    }
  }
  return joined;
}

/** The ranges before which the widest gaps lie; of equal gaps the earlier ones. */
function widestGaps(ranges: CodeRange[], count: number): CodeRange[] {
  if (count === ranges.length - 1) return ranges.slice(1);
  let end = 0n;
  const gaps = ranges.map((range) => {
    const cells = range.first - end;
    end = range.last;
    return { range, cells };
  });
  return gaps
    .slice(1)
    .sort((a, b) => compare(b.cells, a.cells))
    .slice(0, count)
    .map(({ range }) => range);
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function requireMaxRanges(maxRanges: unknown): void {
  if (Number.isInteger(maxRanges)) {
    const count = Number(maxRanges);
    if (count >= 1 && count <= MAX_COVER_RANGES) return;
  }
  throw new OctoloadError(
    "ARG_RANGE",
    `maxRanges must be an integer from 1 to ${MAX_COVER_RANGES}, got ${describeValue(maxRanges)}`,
  );
}

function requireBox(box: unknown): asserts box is Box {
  if (typeof box !== "object" || box === null) {
    throw invalid(`box must be an object of min and max, got ${describeValue(box)}`);
  }
  const { min, max }: { min?: unknown; max?: unknown } = box;
  requireCorner("min", min);
  requireCorner("max", max);
  for (const axis of axes) {
    if (min[axis] <= max[axis]) continue;
    const name = axisNames[axis];
    throw invalid(`box.min.${name} = ${min[axis]} is above box.max.${name} = ${max[axis]}`);
  }
}

function requireCorner(corner: string, value: unknown): asserts value is Triple {
  if (!Array.isArray(value) || value.length !== 3) {
    throw invalid(`box.${corner} must be an array of three numbers, got ${describeValue(value)}`);
  }
  for (const axis of axes) {
    const element: unknown = value[axis];
    if (typeof element === "number" && !Number.isNaN(element)) continue;
    const place = `box.${corner}.${axisNames[axis]}`;
    throw invalid(`${place} must be a number, got ${describeValue(element)}`);
  }
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("BOX_INVALID", fault);
}

function indicesOfCorner(corner: string, point: Triple, frame: Frame, level: number): Triple {
  const index = (axis: Axis) => {
    const t = (point[axis] - frame.min[axis]) / frame.size[axis];
    if (t >= 0 && t <= 1) return Math.min(Math.floor(t * 2 ** level), 2 ** level - 1);
    throw new OctoloadError(
      "OUT_OF_FRAME",
      `box.${corner}: ${describeOutside(frame, axis, point[axis])}`,
    );
  };
  return [index(0), index(1), index(2)];
}
