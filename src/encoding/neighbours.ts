import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { requireObject } from "./arrays.js";
import { indicesOf, interleave } from "./cell.js";

/** Which cells count as neighbours: those that share a face; a face or an edge; any corner. */
export type Connectivity = 6 | 18 | 26;

export interface NeighbourOptions {
  /** 26 unless given. */
  readonly connectivity?: Connectivity;
}

/** On how many axes at most a neighbour's index differs. */
const differingAxes: ReadonlyMap<Connectivity, number> = new Map([
  [6, 1],
  [18, 2],
  [26, 3],
]);

const steps = [-1, 0, 1] as const;

/**
 * The cell of the same level that lies `dx`, `dy`, `dz` cells away (any
 * integers), or undefined where that is outside the frame: frames have edges
 * and nothing wraps around.
 *
 * @throws OctoloadError ARG_TYPE, ARG_RANGE, CODE_OUT_OF_RANGE, LEVEL_INVALID
 */
export function neighbour(
  code: bigint,
  level: number,
  dx: number,
  dy: number,
  dz: number,
): bigint | undefined {
  const [ix, iy, iz] = indicesOf(code, level);
  requireStep("dx", dx);
  requireStep("dy", dy);
  requireStep("dz", dz);
  return codeInside(ix + dx, iy + dy, iz + dz, level);
}

/**
 * The codes of all cells next to one, at the same level and within the frame,
 * ascending; 26 of them away from the frame's faces, fewer there.
 *
 * @throws OctoloadError ARG_RANGE, ARG_TYPE, CODE_OUT_OF_RANGE, LEVEL_INVALID
 */
export function neighbours(code: bigint, level: number, options: NeighbourOptions = {}): bigint[] {
  requireObject("options", options);
  const { connectivity = 26 } = options;
  const [ix, iy, iz] = indicesOf(code, level);
  return offsetsWithin(connectivity)
    .map(([dx, dy, dz]) => codeInside(ix + dx, iy + dy, iz + dz, level))
    .filter((other) => other !== undefined)
    .sort((a, b) => (a < b ? -1 : 1));
}

function offsetsWithin(connectivity: Connectivity): (readonly [number, number, number])[] {
  const most = differingAxes.get(connectivity);
  if (most === undefined) {
    throw new OctoloadError(
      "ARG_RANGE",
      `connectivity must be 6, 18 or 26, got ${describeValue(connectivity)}`,
    );
  }
  return steps
    .flatMap((dz) => steps.flatMap((dy) => steps.map((dx) => [dx, dy, dz] as const)))
    .filter((offset) => {
      const differing = offset.filter((step) => step !== 0).length;
      return differing > 0 && differing <= most;
    });
}

function codeInside(ix: number, iy: number, iz: number, level: number): bigint | undefined {
  const inside = [ix, iy, iz].every((index) => index >= 0 && index < 2 ** level);
  return inside ? interleave(ix, iy, iz) : undefined;
}

function requireStep(parameter: string, step: unknown): void {
  if (Number.isSafeInteger(step)) return;
  const code = typeof step === "number" ? "ARG_RANGE" : "ARG_TYPE";
  throw new OctoloadError(code, `${parameter} must be an integer, got ${describeValue(step)}`);
}
