import type { Layout } from "../encoding/layout.js";
import { MAX_CODE_LEVEL } from "../encoding/level.js";
import { bytesText, countText, rowsText } from "./words.js";

/** What decides between the layouts. */
export interface LayoutFacts {
  /** Cells. */
  readonly rows: number;
  readonly rowsBelowCodes: number;
  /** Distinct (level, tile). */
  readonly tiles: number;
  /** What the fullest tile's partition takes. */
  readonly largestTileBytes: number;
}

export interface LayoutChoice {
  readonly layout: Layout;
  readonly why: string;
}

/** From so many rows a partition on, a batch of one is worth its while. */
const MIN_ROWS_A_TILE = 8;
/** Cassandra's own advice for partitions. */
const MAX_PARTITION_BYTES = 100 * 2 ** 20;

export function rowsATile({ rows, tiles }: Pick<LayoutFacts, "rows" | "tiles">): number {
  return tiles === 0 ? 0 : rows / tiles;
}

/** The layout to choose for a source whose target is not there yet. */
export function chooseLayout(facts: LayoutFacts): LayoutChoice {
  const { rowsBelowCodes, largestTileBytes } = facts;
  const mean = rowsATile(facts);
  const text = mean >= 100 ? countText(mean) : mean.toFixed(1);
  if (rowsBelowCodes > 0) {
    const why = `${rowsText(rowsBelowCodes)} below level ${MAX_CODE_LEVEL}, which layout node has no room for`;
    return { layout: "tile", why };
  }
  if (largestTileBytes > MAX_PARTITION_BYTES) {
    const why = `the fullest tile would be a partition of ${bytesText(largestTileBytes)}`;
    return { layout: "node", why };
  }
  if (mean >= MIN_ROWS_A_TILE) {
    const why = `${text} rows a tile: batches are one mutation and a region is a range read`;
    return { layout: "tile", why };
  }
  return { layout: "node", why: `${text} rows a tile: partitions of tiles would gain nothing` };
}
