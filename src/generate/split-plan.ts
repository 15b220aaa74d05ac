import { BIN_COUNT, type OctreeWalk, type PriorityBin, type SplitRule } from "./octree-walk.js";

/** Which cells are split so that the tree has an exact number of nodes. */
export interface SplitPlan {
  /** Cells above are split, cells below are not. */
  readonly cut: PriorityBin;
  /** Of the cells at the cut, so many are split, in the walk's order. */
  readonly splitsAtCut: number;
  /** The next one at the cut gets this many children, 0 to 7. */
  readonly children: number;
}

/** The root's is below 2^18 in kilometres: the first threshold is that of some tens of cells. */
const FIRST_THRESHOLD = 2 ** 14;
const BINS_PER_DOUBLING = 2 ** 12;
/** Half a doubling: the tree about doubles in it. */
const STEP = BINS_PER_DOUBLING / 2;

/** A count says how the tree grows once it has this many splits; it never jumps further than this. */
const ENOUGH_TO_EXTRAPOLATE = 500;
const LARGEST_STEPS = 8;

interface SplitCount {
  /** By priority, from the threshold upwards. */
  readonly counts: Uint32Array;
  readonly total: number;
}

/** Nodes of a tree that is split everywhere down to a level. */
export function mostNodes(maxLevel: number): number {
  return (8 ** (maxLevel + 1) - 1) / 7;
}

/**
 * Counts the cells by priority, with lower and lower thresholds, until the tree
 * of those above is large enough; what is held is one number a priority.
 *
 * @param nodes from 1 to mostNodes() of the walk's deepest level
 * @param onCell called for every cell looked at, may throw to stop
 */
export function planSplits(walk: OctreeWalk, nodes: number, onCell: () => void): SplitPlan {
  const splits = Math.floor((nodes - 1) / 8);
  const children = (nodes - 1) % 8;
  const needed = splits + (children > 0 ? 1 : 0);
  if (needed === 0) return { cut: BIN_COUNT, splitsAtCut: 0, children: 0 };
  let threshold = binOfNumber(FIRST_THRESHOLD);
  for (;;) {
    const count = countSplits(walk, threshold, onCell);
    if (count.total >= needed) return { ...findCut(count.counts, needed, splits), children };
    if (threshold === 1) throw new RangeError(`no tree of ${nodes} nodes: ${count.total} splits`);
    threshold = Math.max(1, threshold - stepTo(needed, threshold, count));
  }
}

/** How much lower the threshold must be, if the tree goes on growing as it did last. */
function stepTo(needed: number, threshold: PriorityBin, { counts, total }: SplitCount): number {
  const last = counts.subarray(threshold, threshold + STEP).reduce((sum, count) => sum + count, 0);
  if (total < ENOUGH_TO_EXTRAPOLATE || last === 0) return STEP;
  const doublings = Math.log2(needed / total) / Math.log2(total / (total - last));
  return Math.ceil(STEP * Math.min(LARGEST_STEPS, doublings * 1.02 + 0.05));
}

/** The plan as a rule for one walk; a rule counts and serves only once. */
export function ruleOf({ cut, splitsAtCut, children }: SplitPlan): SplitRule {
  let atCut = 0;
  return (bin) => {
    if (bin !== cut) return bin > cut ? 8 : 0;
    const n = atCut++;
    if (n < splitsAtCut) return 8;
    return n === splitsAtCut ? children : 0;
  };
}

function countSplits(walk: OctreeWalk, threshold: PriorityBin, onCell: () => void): SplitCount {
  const counts = new Uint32Array(BIN_COUNT);
  let total = 0;
  walk.run((bin) => {
    if (bin < threshold) return 0;
    counts[bin] = (counts[bin] ?? 0) + 1;
    total++;
    return 8;
  }, onCell);
  return { counts, total };
}

function findCut(
  counts: Uint32Array,
  needed: number,
  splits: number,
): { cut: PriorityBin; splitsAtCut: number } {
  let above = 0;
  for (let bin = BIN_COUNT - 1; bin > 0; bin--) {
    const count = counts[bin] ?? 0;
    if (above + count >= needed) return { cut: bin, splitsAtCut: splits - above };
    above += count;
  }
  throw new RangeError(`${above} cells counted, ${needed} needed`);
}

function binOfNumber(priority: number): PriorityBin {
  const bits = new Int32Array(Float32Array.of(priority).buffer);
  return (bits[0] ?? 0) >>> 11;
}
