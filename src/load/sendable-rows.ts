import { rangeOf } from "../encoding/digest-set.js";
import type { RefusedRow } from "../sink/sink.js";
import { makeSinkBatch, type SinkBatch, sliceSinkBatch } from "../sink/sink-batch.js";

/** Rows of a batch that a sink gets, and what becomes of the others. */
export interface SendableRows {
  readonly batch: SinkBatch;
  /** Their indexes in the whole batch; null: it is the whole batch. */
  readonly kept: readonly number[] | null;
  readonly refused: readonly RefusedRow[];
  /** Indexes of rows that the target has already. */
  readonly skipped: readonly number[];
}

/**
 * A batch without the rows below a level and those outside the Morton ranges that are to be sent.
 *
 * @param ranges undefined: all are
 */
export function sendableRows(
  batch: SinkBatch,
  maxLevel: number,
  ranges?: ReadonlySet<number>,
): SendableRows {
  const whole = { batch, kept: null, refused: [], skipped: [] };
  if (ranges === undefined && !hasDeeperRow(batch.levels, maxLevel)) return whole;
  const kept: number[] = [];
  const skipped: number[] = [];
  const refused: RefusedRow[] = [];
  for (const [index, level] of batch.levels.entries()) {
    if (level > maxLevel) refused.push(tooDeep(index, level, maxLevel));
    else if (ranges === undefined || ranges.has(rangeOfRow(batch, index))) kept.push(index);
    else skipped.push(index);
  }
  if (kept.length === batch.rows) return whole;
  return { batch: pickRows(batch, kept), kept, refused, skipped };
}

function tooDeep(index: number, level: number, maxLevel: number): RefusedRow {
  const message = `Level ${level} is below ${maxLevel}, the deepest of the target's layout.`;
  return { index, code: "LEVEL_TOO_DEEP", message };
}

function rangeOfRow({ levels, tiles, cells }: SinkBatch, index: number): number {
  const code = ((tiles[index] ?? 0n) << 15n) | BigInt(cells[index] ?? 0);
  return rangeOf(code, levels[index] ?? 0);
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
