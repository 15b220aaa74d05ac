import { interleave } from "./cell.js";
import type { Triple } from "./frame.js";

/** The codes from `first` to `last`, both included. */
export interface CodeRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** The cells of a level whose indices lie between two corners, both included. */
export interface IndexBox {
  readonly low: Triple;
  readonly high: Triple;
  readonly level: number;
}

/** The box of cells at a level above that holds all cells of this one. */
export function coarsen(box: IndexBox, level: number): IndexBox {
  const shift = box.level - level;
  return { low: shiftRight(box.low, shift), high: shiftRight(box.high, shift), level };
}

/**
 * The box's codes at its own level as ranges, ascending and merged where they
 * touch; undefined if they are more than `limit`.
 */
export function rangesOf(box: IndexBox, limit: number): CodeRange[] | undefined {
  const walk = new RangeWalk(box, limit);
  return walk.visit({ level: 0, x: 0, y: 0, z: 0 }) ? walk.ranges : undefined;
}

interface CellIndices {
  readonly level: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** One walk down the octree, in code order, that collects the cells wholly in a box. */
class RangeWalk {
  readonly ranges: { first: bigint; last: bigint }[] = [];
  readonly #box: IndexBox;
  readonly #limit: number;

  constructor(box: IndexBox, limit: number) {
    this.#box = box;
    this.#limit = limit;
  }

  /** Returns false, and leaves the walk unfinished, past the limit. */
  visit(cell: CellIndices): boolean {
    const overlap = overlapOf(this.#box, cell);
    if (overlap === "none") return true;
    if (overlap === "all") return this.#add(cell);
    for (let octant = 0; octant < 8; octant++) {
      if (!this.visit(childOf(cell, octant))) return false;
    }
    return true;
  }

  #add({ level, x, y, z }: CellIndices): boolean {
    const code = interleave(x, y, z);
    const bits = BigInt(3 * (this.#box.level - level));
    const first = code << bits;
    const last = ((code + 1n) << bits) - 1n;
    const previous = this.ranges.at(-1);
    if (previous !== undefined && previous.last + 1n === first) {
      previous.last = last;
    } else {
      this.ranges.push({ first, last });
    }
    return this.ranges.length <= this.#limit;
  }
}

function childOf({ level, x, y, z }: CellIndices, octant: number): CellIndices {
  return {
    level: level + 1,
    x: 2 * x + (octant & 1),
    y: 2 * y + ((octant >> 1) & 1),
    z: 2 * z + (octant >> 2),
  };
}

/** How much of a cell, at the box's level or above, lies in the box. */
function overlapOf(box: IndexBox, cell: CellIndices): "none" | "some" | "all" {
  const span = 2 ** (box.level - cell.level);
  const x = overlapOnAxis(cell.x * span, span, box.low[0], box.high[0]);
  if (x === "none") return "none";
  const y = overlapOnAxis(cell.y * span, span, box.low[1], box.high[1]);
  if (y === "none") return "none";
  const z = overlapOnAxis(cell.z * span, span, box.low[2], box.high[2]);
  if (z === "none") return "none";
  return x === "all" && y === "all" && z === "all" ? "all" : "some";
}

function overlapOnAxis(
  start: number,
  span: number,
  low: number,
  high: number,
): "none" | "some" | "all" {
  const end = start + span - 1;
  if (start > high || end < low) return "none";
  return start >= low && end <= high ? "all" : "some";
}

function shiftRight([x, y, z]: Triple, shift: number): Triple {
  return [x >> shift, y >> shift, z >> shift];
}
