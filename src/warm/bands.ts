/** Rows of a range of priorities, both included. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

export interface BandPlan {
  /** The hottest first. */
  readonly bands: readonly Band[];
  /** The lowest priority that is taken, maybe not all of it; 256: none is. */
  readonly lowestPriority: number;
  /** How many rows of the lowest priority are taken; null: all. */
  readonly quota: number | null;
}

const HIGHEST = 255;
/**
 * The first band has about this share of the rows that are taken: what is looked at most is there
 * soon, and each band costs another scan.
 */
const FIRST_SHARE = 0.1;

/**
 * Divides hot rows by priority into what is cached first and what follows.
 *
 * @param histogram rows of each of the 256 priorities; those of 0 are not hot
 * @param capacity entries there is room for; null: no bound
 */
export function planBands(histogram: ArrayLike<number>, capacity: number | null): BandPlan {
  const room = Math.floor(capacity ?? Number.POSITIVE_INFINITY);
  const { lowestPriority, rows, quota } = cut(histogram, room);
  if (rows === 0) return { bands: [], lowestPriority, quota };
  let first = HIGHEST;
  let taken = histogram[first] ?? 0;
  while (first > lowestPriority && taken < rows * FIRST_SHARE) {
    first -= 1;
    taken += histogram[first] ?? 0;
  }
  // Most of the rows are in it already: one scan is enough.
  if (taken > rows / 2) first = lowestPriority;
  const bands = [{ low: first, high: HIGHEST }];
  if (first > lowestPriority) bands.push({ low: lowestPriority, high: first - 1 });
  return { bands, lowestPriority, quota };
}

/** The hottest rows that there is room for: down to which priority, and how many. */
function cut(
  histogram: ArrayLike<number>,
  room: number,
): Omit<BandPlan, "bands"> & { readonly rows: number } {
  let lowestPriority = HIGHEST + 1;
  let rows = 0;
  for (let priority = HIGHEST; priority > 0 && rows < room; priority -= 1) {
    const more = histogram[priority] ?? 0;
    if (more === 0) continue;
    lowestPriority = priority;
    if (rows + more > room) return { lowestPriority, rows: room, quota: room - rows };
    rows += more;
  }
  return { lowestPriority, rows, quota: null };
}
