import { type Axis, axes, type Frame } from "../../encoding/frame.js";

/**
 * A cell by its index on each axis, found by plain division: t = (v - min) / size, index =
 * floor(t * 2^level), the last one where t is 1. This shares nothing with the Morton kernels, which
 * is what makes a comparison with their codes worth something.
 */
export interface CellIndices {
  readonly level: number;
  readonly ix: number;
  readonly iy: number;
  readonly iz: number;
}

/** NaN: outside the frame. */
export function indexOn(axis: Axis, value: number, level: number, frame: Frame): number {
  const t = (value - frame.min[axis]) / frame.size[axis];
  if (!(t >= 0 && t <= 1)) return Number.NaN;
  const cells = 2 ** level;
  return t === 1 ? cells - 1 : Math.floor(t * cells);
}

export function indicesOfPoint(
  point: readonly [number, number, number],
  level: number,
  frame: Frame,
): CellIndices | undefined {
  const [ix, iy, iz] = axes.map((axis) => indexOn(axis, point[axis], level, frame));
  if (ix === undefined || iy === undefined || iz === undefined) return undefined;
  return Number.isNaN(ix + iy + iz) ? undefined : { level, ix, iy, iz };
}

/** Bit by bit: x bit k goes to bit 3k of the code, y bit k to 3k + 1, z bit k to 3k + 2. */
export function codeOfCell({ level, ix, iy, iz }: CellIndices): bigint {
  let code = 0n;
  for (let bit = level - 1; bit >= 0; bit -= 1) {
    const octant = ((ix >>> bit) & 1) | (((iy >>> bit) & 1) << 1) | (((iz >>> bit) & 1) << 2);
    code = (code << 3n) | BigInt(octant);
  }
  return code;
}

/** "level code", as keyText(). */
export function cellText(cell: CellIndices): string {
  return `${cell.level} ${codeOfCell(cell)}`;
}
