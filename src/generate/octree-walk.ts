import type { Ground, GroundMap, Quarters } from "./ground.js";
import { hashCell, type SeedWords, unit } from "./hash.js";

/** A priority as an integer: larger is split first, 0 never. */
export type PriorityBin = number;
export const BIN_COUNT = 2 ** 20;

/** How many children a cell gets: 8, none, or the first few by priority. */
export type SplitRule = (bin: PriorityBin) => number;
export type NodeVisitor = (level: number, k: number, ground: Ground) => void;

export interface WalkOptions {
  readonly ground: GroundMap;
  readonly seed: SeedWords;
  readonly maxLevel: number;
  /** Height of the frame in metres; the surface is in its middle. */
  readonly frameHeight: number;
}

const OCTANTS = 8;
/** Terrain rises this much a metre, and buildings stand this high. */
const SLOPE = 0.02;
const BUILDINGS_M = 5;

/**
 * The octree as a walk, depth first, octants in Morton order; the tree is never
 * held. A cell's priority is its size over the size wanted there, never above
 * its parent's: so the cells above any threshold are a tree.
 */
export class OctreeWalk {
  readonly #options: WalkOptions;
  /** Of cells by level, metres. */
  readonly #heights: readonly number[];
  /** Of the children of the cell being split, at each level. */
  readonly #priorities: Float32Array;
  readonly #float = new Float32Array(1);
  readonly #bits = new Int32Array(this.#float.buffer);

  constructor(options: WalkOptions) {
    this.#options = options;
    this.#heights = Array.from(
      { length: options.maxLevel + 1 },
      (_, level) => options.frameHeight / 2 ** level,
    );
    this.#priorities = new Float32Array((options.maxLevel + 1) * OCTANTS);
  }

  /** Visits each cell before its children. */
  run(rule: SplitRule, visit: NodeVisitor): void {
    const root = this.#options.ground.root();
    visit(0, 0, root);
    this.#descend(0, this.#priorityOf(0, 0, root, Number.POSITIVE_INFINITY), root, rule, visit);
  }

  #descend(k: number, priority: number, ground: Ground, rule: SplitRule, visit: NodeVisitor): void {
    const children = rule(this.#binOf(priority));
    if (children === 0) return;
    this.#options.ground.withQuarters(ground, (quarters) => {
      this.#rateChildren(k, priority, quarters);
      const first = ground.level * OCTANTS;
      const chosen = children === OCTANTS ? 0xff : this.#best(first, children);
      for (let octant = 0; octant < OCTANTS; octant++) {
        if ((chosen & (1 << octant)) === 0) continue;
        const quarter = quarterOf(quarters, octant);
        const childK = 2 * k + (octant >> 2);
        visit(ground.level + 1, childK, quarter);
        this.#descend(childK, this.#priorities[first + octant] ?? 0, quarter, rule, visit);
      }
    });
  }

  #rateChildren(k: number, priority: number, quarters: Quarters): void {
    const first = (quarters[0].level - 1) * OCTANTS;
    for (let octant = 0; octant < OCTANTS; octant++) {
      const quarter = quarterOf(quarters, octant);
      this.#priorities[first + octant] = this.#priorityOf(
        quarter.level,
        2 * k + (octant >> 2),
        quarter,
        priority,
      );
    }
  }

  /** Mask of the `count` children with the highest priorities, lower octants first. */
  #best(first: number, count: number): number {
    const octants = Array.from({ length: OCTANTS }, (_, octant) => octant);
    const priority = (octant: number) => this.#priorities[first + octant] ?? 0;
    octants.sort((a, b) => priority(b) - priority(a) || a - b);
    return octants.slice(0, count).reduce((mask, octant) => mask | (1 << octant), 0);
  }

  #priorityOf(level: number, k: number, ground: Ground, highest: number): number {
    const { maxLevel, seed, frameHeight } = this.#options;
    if (level >= maxLevel) return 0;
    const height = this.#heights[level] ?? 0;
    const bottom = k * height - frameHeight / 2;
    const coarser = coarserByGap(gapToSurface(bottom, height, ground) / height);
    const random = 0.8 + 0.4 * unit(hashCell(ground.i, ground.j, k, level, seed));
    return Math.min(highest, (random * ground.edgeKm) / (ground.size * coarser));
  }

  /** Bits of a single-precision float of 0 and above grow with its value. */
  #binOf(priority: number): PriorityBin {
    this.#float[0] = priority;
    return (this.#bits[0] ?? 0) >>> 11;
  }
}

function quarterOf(quarters: Quarters, octant: number): Ground {
  return quarters[(octant & 3) as 0 | 1 | 2 | 3];
}

/** Cells some of their own heights away from the surface are coarser, soon much coarser. */
function coarserByGap(heights: number): number {
  return 1 + 3 * heights + 4 * heights * heights;
}

/** Metres between a cell and where the surface may be within its column. */
function gapToSurface(bottom: number, height: number, { elevation, radiusKm }: Ground): number {
  const surface = Math.max(0, elevation);
  const relief = SLOPE * radiusKm * 1000 + BUILDINGS_M;
  return Math.max(0, bottom - (surface + relief), surface - relief - (bottom + height));
}
