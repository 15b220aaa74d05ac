import { type FrameSpec, frames, framesEqual } from "../encoding/frame.js";
import { storageClass } from "../encoding/value-column.js";
import type { BlockColumn } from "../load/source-block.js";

/** How a frame fits the points of a source. */
export interface FrameFit {
  readonly frame: FrameSpec;
  /** Points in it. */
  readonly inside: number;
}

export interface FitFacts {
  /** Rows whose three coordinates are numbers. */
  readonly points: number;
  /** Of those; null: there is none. */
  readonly min: readonly number[] | null;
  readonly max: readonly number[] | null;
  /** The frame that is to be used first, then the built-in ones. */
  readonly frames: readonly FrameFit[];
}

const none = new Float64Array(0);

type Axes = readonly [BlockColumn, BlockColumn, BlockColumn];

/** Finds where points are and which frames hold them. */
export class FrameFitter {
  readonly #frames: readonly FrameSpec[];
  readonly #inside: Float64Array;
  readonly #min = new Float64Array(3).fill(Number.POSITIVE_INFINITY);
  readonly #max = new Float64Array(3).fill(Number.NEGATIVE_INFINITY);
  #points = 0;

  constructor(frame: FrameSpec) {
    const others = Object.values(frames).filter((other) => !framesEqual(frame, other));
    this.#frames = [frame, ...others];
    this.#inside = new Float64Array(this.#frames.length);
  }

  add(x: BlockColumn, y: BlockColumn, z: BlockColumn): void {
    const [values, count] = pointsOf([x, y, z]);
    if (count === 0) return;
    const ranges = values.map((ofAxis) => rangeOf(ofAxis, count));
    for (const [axis, [low, high]] of ranges.entries()) {
      this.#min[axis] = Math.min(this.#min[axis] ?? 0, low);
      this.#max[axis] = Math.max(this.#max[axis] ?? 0, high);
    }
    this.#points += count;
    const [min, max] = [ranges.map(([low]) => low), ranges.map(([, high]) => high)];
    for (const [i, frame] of this.#frames.entries()) {
      // Most batches lie in a frame as a whole.
      const isAll = isInside(frame, min) && isInside(frame, max);
      const inside = isAll ? count : countInside(frame, values, count);
      this.#inside[i] = (this.#inside[i] ?? 0) + inside;
    }
  }

  get facts(): FitFacts {
    const has = this.#points > 0;
    return {
      points: this.#points,
      min: has ? [...this.#min] : null,
      max: has ? [...this.#max] : null,
      frames: this.#frames.map(({ name, min, size }, i) => ({
        frame: { name, min, size },
        inside: this.#inside[i] ?? 0,
      })),
    };
  }
}

function rangeOf(values: Float64Array, count: number): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < count; i += 1) {
    const value = values[i] ?? 0;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Coordinates of the rows that have three numbers, an array an axis. */
function pointsOf(axes: Axes): [values: readonly Float64Array[], count: number] {
  const [x, y, z] = axes;
  const rows = x.kinds.length;
  if (axes.every(areNumbers)) return [[x.reals, y.reals, z.reals], rows];
  const values = axes.map(() => new Float64Array(rows));
  let count = 0;
  for (let row = 0; row < rows; row += 1) {
    const point = [numberAt(x, row), numberAt(y, row), numberAt(z, row)];
    if (point.some(Number.isNaN)) continue;
    for (const [axis, value] of point.entries()) {
      const ofAxis = values[axis];
      if (ofAxis !== undefined) ofAxis[count] = value;
    }
    count += 1;
  }
  return [values, count];
}

/** Math.min() of something that is no number is none either. */
function areNumbers({ kind, reals }: BlockColumn): boolean {
  if (kind !== storageClass.real) return false;
  let least = 0;
  for (const value of reals) least = Math.min(least, value);
  return !Number.isNaN(least);
}

function numberAt({ kinds, reals, integers }: BlockColumn, row: number): number {
  if (kinds[row] === storageClass.real) return reals[row] ?? Number.NaN;
  return kinds[row] === storageClass.integer ? Number(integers[row]) : Number.NaN;
}

function isInside({ min, size }: FrameSpec, point: ArrayLike<number>): boolean {
  return [0, 1, 2].every((axis) => {
    const t = ((point[axis] ?? Number.NaN) - (min[axis] ?? 0)) / (size[axis] ?? 1);
    return t >= 0 && t <= 1;
  });
}

/** Written out, for every row of a source that lies across a frame's border comes by here. */
function countInside(
  { min: [minX, minY, minZ], size: [sizeX, sizeY, sizeZ] }: FrameSpec,
  [x = none, y = none, z = none]: readonly Float64Array[],
  count: number,
): number {
  let inside = 0;
  for (let i = 0; i < count; i += 1) {
    const tx = ((x[i] ?? 0) - minX) / sizeX;
    if (!(tx >= 0 && tx <= 1)) continue;
    const ty = ((y[i] ?? 0) - minY) / sizeY;
    if (!(ty >= 0 && ty <= 1)) continue;
    const tz = ((z[i] ?? 0) - minZ) / sizeZ;
    if (tz >= 0 && tz <= 1) inside += 1;
  }
  return inside;
}
