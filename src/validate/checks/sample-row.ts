import { decodeCode } from "../../encoding/point.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { StoredCell } from "../../target/row-reader.js";
import type { CellKey } from "../../target/stored-rows.js";
import { cellName } from "../findings-file.js";
import { holdsValues } from "../present-source.js";
import { openEnvelope } from "../row-differences.js";
import type { CheckContext } from "./check-context.js";
import type { SourceRow } from "./source-rows.js";

/** Coordinates by cell and by envelope may be so far apart, metres. */
export const COORDINATE_TOLERANCE_M = 0.001;

/** What a sample's rows came to beside being equal. */
export interface SampleFigures {
  /** Greatest distance of an envelope's point from its row's cell, metres. */
  farthestOutsideCellM: number;
  /** Greatest distance of an envelope's point from the source's X, Y, Z, metres. */
  farthestFromSourceM: number;
}

/**
 * What is wrong with a row that holds what a load would write: the load itself would be at fault. So
 * the envelope is opened and compared with what SQL gives, value by value, and its point with the cell.
 *
 * @returns in words; undefined: nothing
 */
export function faultOfSampleRow(
  { target }: CheckContext,
  row: SourceRow,
  { key, cell }: { readonly key: CellKey; readonly cell: StoredCell },
  figures: SampleFigures,
): string | undefined {
  if (cell.envelope === null) return undefined;
  const opened = openEnvelope(key, cell.envelope, cell.materialId, target.frame);
  if (opened instanceof OctoloadError) return undefined;
  const outsideM = distanceOutside(opened.point, key, target.frame);
  figures.farthestOutsideCellM = Math.max(figures.farthestOutsideCellM, outsideM);
  if (row.point !== undefined) {
    const { x, y, z } = row.point;
    const apart = [x, y, z].map((value, axis) => Math.abs(value - (opened.point[axis] ?? 0)));
    figures.farthestFromSourceM = Math.max(figures.farthestFromSourceM, ...apart);
  }
  if (outsideM > COORDINATE_TOLERANCE_M) return `its point lies ${outsideM} m outside its cell`;
  if (holdsValues(row.of, opened, row.values)) return undefined;
  return "the envelope does not hold the values that SQL gives for the source's row";
}

/** Metres along the axis on which a point is farthest outside a cell; 0: it is inside. */
export function distanceOutside(
  point: readonly number[],
  key: CellKey,
  frame: Parameters<typeof decodeCode>[2],
): number {
  const { level, code } = cellName(key);
  const { min, max } = decodeCode(BigInt(code), level, frame);
  const apart = point.map((value, axis) => {
    return Math.max((min[axis] ?? 0) - value, value - (max[axis] ?? 0), 0);
  });
  return Math.max(...apart);
}
