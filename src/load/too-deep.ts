import type { RefusedRow } from "../sink/sink.js";
import { makeSinkBatch, type SinkBatch, sliceSinkBatch } from "../sink/sink-batch.js";

/** A batch without the rows below a level, and which rows those were. */
export function withoutDeeperRows(
  batch: SinkBatch,
  maxLevel: number,
): {
  readonly batch: SinkBatch;
  readonly kept: readonly number[] | null;
  readonly refused: RefusedRow[];
} {
  const kept: number[] = [];
  const refused: RefusedRow[] = [];
  if (!hasDeeperRow(batch.levels, maxLevel)) return { batch, kept: null, refused };
  for (const [index, level] of batch.levels.entries()) {
    if (level <= maxLevel) {
      kept.push(index);
      continue;
    }
    const message = `Level ${level} is below ${maxLevel}, the deepest of the target's layout.`;
    refused.push({ index, code: "LEVEL_TOO_DEEP", message });
  }
  return { batch: pickRows(batch, kept), kept, refused };
}

/** A loop, for every batch of a load comes by here: a callback a row takes over twice as long. */
function hasDeeperRow(levels: Uint8Array, maxLevel: number): boolean {
  for (const level of levels) {
    if (level > maxLevel) return true;
  }
  return false;
}

function pickRows(batch: SinkBatch, rows: readonly number[]): SinkBatch {
  const bytes = rows.reduce((sum, row) => sum + envelopeBytes(batch, row), 0);
  const picked = makeSinkBatch(rows.length, bytes);
  let end = 0;
  for (const [i, row] of rows.entries()) {
    const one = sliceSinkBatch(batch, row, row + 1);
    picked.tiles.set(one.tiles, i);
    picked.rowids.set(one.rowids, i);
    picked.lastModified.set(one.lastModified, i);
    picked.materials.set(one.materials, i);
    picked.homogeneities.set(one.homogeneities, i);
    picked.files.set(one.files, i);
    picked.cells.set(one.cells, i);
    picked.levels.set(one.levels, i);
    picked.masks.set(one.masks, i);
    picked.noMaterials.set(one.noMaterials, i);
    picked.bytes.set(one.bytes, end);
    end += one.bytes.length;
    picked.offsets[i + 1] = end;
  }
  return picked;
}

function envelopeBytes({ offsets }: SinkBatch, row: number): number {
  return (offsets[row + 1] ?? 0) - (offsets[row] ?? 0);
}
