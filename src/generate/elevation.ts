import { mix } from "./hash.js";

/**
 * A made-up relief, in metres: land rises inland and in ranges, the sea has a
 * shelf and basins. Only the coastline of it is real.
 *
 * @param coastKm distance to the coast, above 0 on land
 * @param x y z the place on the unit sphere
 */
export function elevationAt(coastKm: number, x: number, y: number, z: number): number {
  const roughness = 0.7 * noiseAt(x * 9, y * 9, z * 9) + 0.3 * noiseAt(x * 45, y * 45, z * 45);
  if (coastKm >= 0) {
    const rise = (4500 * coastKm) / (coastKm + 700);
    return 3 + rise * roughness * roughness + 60 * roughness * Math.min(1, coastKm / 4);
  }
  const shelf = Math.min(130, -6 * coastKm);
  const beyond = Math.max(0, -coastKm - 40);
  return -1 - shelf - ((5500 * beyond) / (beyond + 250)) * (0.5 + 0.5 * roughness);
}

/** Value noise on the integer lattice, in [0, 1]. */
function noiseAt(x: number, y: number, z: number): number {
  const i = Math.floor(x);
  const j = Math.floor(y);
  const k = Math.floor(z);
  const u = smooth(x - i);
  const v = smooth(y - j);
  const low = between(row(i, j, k, u), row(i, j + 1, k, u), v);
  const high = between(row(i, j, k + 1, u), row(i, j + 1, k + 1, u), v);
  return between(low, high, smooth(z - k));
}

function row(i: number, j: number, k: number, u: number): number {
  return between(lattice(i, j, k), lattice(i + 1, j, k), u);
}

function lattice(i: number, j: number, k: number): number {
  return (
    mix(Math.imul(i, 73_856_093) ^ Math.imul(j, 19_349_663) ^ Math.imul(k, 83_492_791)) / 2 ** 32
  );
}

function between(low: number, high: number, share: number): number {
  return low + (high - low) * share;
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
