import type { HotIndex } from "../../src/hot/hot-index.js";
import type { SinkRow } from "../support/sink-blocks.js";
import { cellAt } from "./cached-rows.js";

/** Some of the rows are in the box, some deep, some both: priorities 65, 75, 128, 192 and 202. */
export const WARM_REGIONS = "bbox:0,0,30,30;level>=20";

/** Rows all over 80 by 60 degrees, of the levels 18 to 21. */
export function warmRows(count: number): SinkRow[] {
  const columns = Math.ceil(Math.sqrt(count));
  return Array.from({ length: count }, (_, i) => ({
    ...cellAt(
      -20 + ((i % columns) / columns) * 80,
      -20 + (Math.floor(i / columns) / columns) * 60,
      18 + (i % 4),
    ),
    material: i % 7 === 0 ? null : (i % 100) - 3,
    homogeneity: 1 / (1 + (i % 13)),
    mask: i % 256,
    lastModified: 1_700_000_000_000n + BigInt(i),
  }));
}

/** The priority of each row. */
export function prioritiesOf(index: HotIndex, rows: readonly SinkRow[]): Uint8Array {
  const priorities = new Uint8Array(rows.length);
  index.classifyCells(
    {
      tiles: BigUint64Array.from(rows, ({ code }) => code >> 15n),
      cells: Uint16Array.from(rows, ({ code }) => Number(code & 0x7fffn)),
      levels: Uint8Array.from(rows, ({ level }) => level),
    },
    priorities,
  );
  return priorities;
}

export function hotOf(index: HotIndex, rows: readonly SinkRow[]): SinkRow[] {
  const priorities = prioritiesOf(index, rows);
  return rows.filter((_row, i) => priorities[i] !== 0);
}

export function redisKeyOf({ level, code }: SinkRow, prefix = "octree:"): string {
  return `${prefix}${level}:${code}`;
}
