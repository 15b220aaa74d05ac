import { buildHotIndex } from "../../src/hot/build-hot-index.js";
import type { HotIndex } from "../../src/hot/hot-index.js";
import { parseHotRegions } from "../../src/hot/hot-regions.js";
import type { Target } from "../../src/target/target.js";
import type { TargetRow } from "../../src/target/target-row.js";
import { cellOf, type SinkRow } from "../support/sink-blocks.js";

/** Ten degrees around here are hot, and everything from level 20 on. */
export const HOT_REGIONS = "bbox:0,0,10,10;level>=20";

export function hotIndex(): Promise<HotIndex> {
  return buildHotIndex(parseHotRegions(HOT_REGIONS));
}

/** A cell of level 18 at so many degrees. */
export function cellAt(longitude: number, latitude: number, level = 18) {
  return cellOf([(longitude / 360) * 40e6, (latitude / 180) * 20e6, 100], level);
}

export const hot: SinkRow = {
  ...cellAt(5, 5),
  ...{ material: -7, homogeneity: 0.1, mask: 0x81, lastModified: 1_714_566_896_789n },
};
export const hotWithoutMaterial: SinkRow = {
  ...cellAt(6, 5),
  ...{ material: null, homogeneity: 1, lastModified: -5n },
};
export const cold: SinkRow = { ...cellAt(-50, 5), material: 3 };
/** Hot, and not in the target. */
export const missing = cellAt(7, 7);

/** A target that counts reads of cells, each of which may be held up. */
export interface CountedTarget {
  readonly target: Target;
  reads: number;
  /** Of the reads that begin from now on; resolved: at once. */
  gate: Promise<unknown>;
}

export function countReads(inner: Target): CountedTarget {
  const counted: CountedTarget = {
    reads: 0,
    gate: Promise.resolve(),
    target: Object.assign(Object.create(inner), {
      path: inner.path,
      getCell: async (code: bigint, level: number): Promise<TargetRow | undefined> => {
        counted.reads += 1;
        const row = await inner.getCell(code, level);
        await counted.gate;
        return row;
      },
    }),
  };
  return counted;
}
