import { type CandidateList, CandidateStack } from "./candidate-stack.js";
import { segmentCount } from "./earth.js";

/** The coast's distance from a point, in units of the radius. */
export interface CoastMeasure {
  candidates: CandidateList;
  distance: number;
  /** Which side the nearest piece of coast says the point is on. */
  onLand: boolean;
  /** All of the cell is on the center's side. */
  isFar: boolean;
}

/** Farther from the coast than this many radii of the cell, a few pieces of it tell the distance. */
const FAR_RADII = 2;
const FAR_CANDIDATES = 10;

/**
 * Distances to the coast, for cells that are halved again and again: a cell
 * keeps only those segments that can be the nearest of any point in it, so the
 * lists get short as the cells get small and no raster is needed.
 */
export class CoastField {
  readonly #coast: Float32Array;
  readonly #distances: Float64Array;
  readonly #stack = new CandidateStack();

  constructor(coast: Float32Array) {
    this.#coast = coast;
    this.#distances = new Float64Array(segmentCount(coast));
  }

  get stack(): CandidateStack {
    return this.#stack;
  }

  everything(): CandidateList {
    return this.#stack.allOf(this.#distances.length);
  }

  /**
   * Measures the point (px, py, pz) on the unit sphere against `list` and
   * narrows the list to what counts within `radius` of the point.
   *
   * A segment at distance d of the point is at least d - radius from any other
   * point there, and the nearest one's distance is at most least + radius. Far
   * from all coasts a sample of them is enough for the distance, which is then
   * not exact; `onLand` counts for the whole cell then, and not in parts of it.
   */
  narrow(
    list: CandidateList,
    px: number,
    py: number,
    pz: number,
    radius: number,
    out: CoastMeasure,
  ): void {
    let leastSquare = Number.POSITIVE_INFINITY;
    let leastSide = 0;
    const coast = this.#coast;
    const { items, start, end } = list;
    for (let n = start; n < end; n++) {
      const at = (items[n] ?? 0) * 6;
      const ax = coast[at] ?? 0;
      const ay = coast[at + 1] ?? 0;
      const az = coast[at + 2] ?? 0;
      const bx = coast[at + 3] ?? 0;
      const by = coast[at + 4] ?? 0;
      const bz = coast[at + 5] ?? 0;
      const square = squareToSegment(px, py, pz, ax, ay, az, bx, by, bz);
      this.#distances[n - start] = square;
      if (square > leastSquare) continue;
      const side = sideOf(px, py, pz, ax, ay, az, bx, by, bz);
      // Two segments that meet in the nearest point: the one seen less edge-on knows the side.
      if (square < leastSquare || Math.abs(side) > Math.abs(leastSide)) leastSide = side;
      leastSquare = square;
    }
    const least = Math.sqrt(leastSquare);
    const reach = least + 2 * radius;
    out.distance = least;
    out.onLand = leastSide <= 0;
    out.candidates = this.#stack.keep(list, this.#distances, reach * reach);
    out.isFar = least > FAR_RADII * radius;
    if (out.isFar) out.candidates = this.#stack.thin(out.candidates, FAR_CANDIDATES);
  }
}

/** Square of a point's distance to a segment in space. */
function squareToSegment(
  px: number,
  py: number,
  pz: number,
  ax: number,
  ay: number,
  az: number,
  bx: number,
  by: number,
  bz: number,
): number {
  const dx = bx - ax;
  const dy = by - ay;
  const dz = bz - az;
  const length = dx * dx + dy * dy + dz * dz;
  const along = (px - ax) * dx + (py - ay) * dy + (pz - az) * dz;
  // Beyond an end the end itself is measured: neighbours then tie to the bit.
  if (along >= length) return squareBetween(px, py, pz, bx, by, bz);
  if (along <= 0) return squareBetween(px, py, pz, ax, ay, az);
  const t = along / length;
  return squareBetween(px, py, pz, ax + t * dx, ay + t * dy, az + t * dz);
}

function squareBetween(
  px: number,
  py: number,
  pz: number,
  qx: number,
  qy: number,
  qz: number,
): number {
  const x = px - qx;
  const y = py - qy;
  const z = pz - qz;
  return x * x + y * y + z * z;
}

/** Sine of the angle between a point and a segment's great circle: above 0 left of the way. */
function sideOf(
  px: number,
  py: number,
  pz: number,
  ax: number,
  ay: number,
  az: number,
  bx: number,
  by: number,
  bz: number,
): number {
  const nx = ay * bz - az * by;
  const ny = az * bx - ax * bz;
  const nz = ax * by - ay * bx;
  const length = Math.sqrt(nx * nx + ny * ny + nz * nz);
  return length === 0 ? 0 : (px * nx + py * ny + pz * nz) / length;
}
