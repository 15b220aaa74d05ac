import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { codeOf, requireCode, tileCellOf } from "./cell.js";
import {
  type Axis,
  axes,
  axisNames,
  describeOutside,
  Frame,
  type FrameSpec,
  frames,
} from "./frame.js";
import { requireLevel } from "./level.js";
import { decodeTiles, encodeTiles } from "./morton.js";

/** Three points of one cell, in metres. */
export interface CellPoints {
  readonly min: [number, number, number];
  readonly max: [number, number, number];
  readonly center: [number, number, number];
}

/**
 * The Morton code of one point, levels 0 to 26, by the same kernel as a batch.
 * For many points use encode() or encodeTiles().
 *
 * @throws OctoloadError OUT_OF_FRAME (naming axis, value and frame), LEVEL_INVALID, ARG_TYPE.
 */
export function encodePoint(
  x: number,
  y: number,
  z: number,
  level: number,
  frame: FrameSpec = frames.centred,
): bigint {
  requireLevel(level);
  const point = [x, y, z] as const;
  for (const axis of axes) requireNumber(axisNames[axis], point[axis]);
  const { tiles, cells, rejected } = encodeTiles({ xyz: Float64Array.of(x, y, z) }, level, {
    frame,
  });
  if (rejected > 0) throw outOfFrame(Frame.from(frame), point);
  return codeOf(tiles[0] ?? 0n, cells[0] ?? 0);
}

/**
 * Lowest corner, centre and highest corner of one code's cell, levels 0 to 26.
 * For many codes use decode() or decodeTiles().
 *
 * @throws OctoloadError CODE_OUT_OF_RANGE, LEVEL_INVALID, ARG_TYPE.
 */
export function decodeCode(
  code: bigint,
  level: number,
  frame: FrameSpec = frames.centred,
): CellPoints {
  requireLevel(level);
  requireCode(code, level);
  const { tile, cell } = tileCellOf(code);
  const tiles = BigUint64Array.of(tile);
  const cells = Uint16Array.of(cell);
  const at = (corner: "min" | "center" | "max"): [number, number, number] => {
    const { x, y, z } = decodeTiles(tiles, cells, level, { frame, corner });
    return [x[0] ?? Number.NaN, y[0] ?? Number.NaN, z[0] ?? Number.NaN];
  };
  return { min: at("min"), max: at("max"), center: at("center") };
}

function requireNumber(parameter: string, value: unknown): void {
  if (typeof value === "number") return;
  throw new OctoloadError("ARG_TYPE", `${parameter} must be a number, got ${describeValue(value)}`);
}

function outOfFrame(frame: Frame, point: readonly [number, number, number]): OctoloadError {
  const isOutside = (axis: Axis) => {
    const t = (point[axis] - frame.min[axis]) / frame.size[axis];
    return !(t >= 0 && t <= 1);
  };
  const faults = axes.filter(isOutside).map((axis) => describeOutside(frame, axis, point[axis]));
  return new OctoloadError("OUT_OF_FRAME", faults.join("; "));
}
