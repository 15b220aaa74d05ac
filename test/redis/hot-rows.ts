import { makeSinkBatch, type SinkBatch } from "../../src/sink/sink-batch.js";

export interface HotRow {
  readonly level: number;
  readonly code: bigint;
  readonly material: number | null;
  readonly homogeneity: number;
  readonly mask: number;
  readonly lastModified: bigint;
}

/** Rows of level 18 with codes from `first` on, every seventh without material. */
export function hotRows(count: number, first = 0n): HotRow[] {
  return Array.from({ length: count }, (_, i) => ({
    level: 18,
    code: first + BigInt(i),
    material: i % 7 === 0 ? null : (i % 100) - 3,
    homogeneity: 1 / (1 + (i % 13)),
    mask: i % 256,
    lastModified: 1_700_000_000_000n + BigInt(i),
  }));
}

/** Without envelopes, which a cache does not take. */
export function hotBatch(rows: readonly HotRow[]): SinkBatch {
  const batch = makeSinkBatch(rows.length, 0);
  for (const [i, row] of rows.entries()) {
    batch.tiles[i] = row.code >> 15n;
    batch.cells[i] = Number(row.code & 0x7fffn);
    batch.levels[i] = row.level;
    batch.lastModified[i] = row.lastModified;
    batch.materials[i] = row.material ?? 0;
    batch.noMaterials[i] = row.material === null ? 1 : 0;
    batch.homogeneities[i] = row.homogeneity;
    batch.masks[i] = row.mask;
  }
  return batch;
}

/** The hash that a row is in Redis. */
export function hashOf(row: HotRow, writeTimeUs: bigint): Record<string, string> {
  return {
    ...(row.material === null ? {} : { material_id: `${row.material}` }),
    homogeneity: shortest(row.homogeneity),
    children_mask: `${row.mask}`,
    last_modified: `${row.lastModified}`,
    wts: `${writeTimeUs}`,
  };
}

export function keyOf({ level, code }: HotRow, prefix = "octree:"): string {
  return `${prefix}${level}:${code}`;
}

/** The shortest decimal that reads back as the same float32. */
function shortest(value: number): string {
  const single = Math.fround(value);
  for (let digits = 1; digits < 10; digits++) {
    const text = single.toPrecision(digits);
    if (Math.fround(Number(text)) === single) return `${Number(text)}`;
  }
  return `${single}`;
}
