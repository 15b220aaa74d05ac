import { type CandidateList, CandidateStack } from "./candidate-stack.js";
import { type Cities, EARTH_RADIUS_KM } from "./earth.js";

/** Which city marks a point most, and how. */
export interface CityMeasure {
  candidates: CandidateList;
  /** Number of the city, or -1 where none matters. */
  city: number;
  distanceKm: number;
}

/**
 * Which size of cell the cities ask for: `finest` within a city's core, growing
 * in proportion to the distance outside. Candidates are narrowed as in CoastField.
 */
export class CityField {
  readonly cities: Cities;
  readonly #finest: Float64Array;
  readonly #coreKm: Float64Array;
  readonly #lowerBounds: Float64Array;
  readonly #stack = new CandidateStack();

  constructor(cities: Cities) {
    this.cities = cities;
    this.#finest = Float64Array.from(cities.populations, finestSize);
    this.#coreKm = Float64Array.from(cities.populations, coreRadiusKm);
    this.#lowerBounds = new Float64Array(cities.count);
  }

  get stack(): CandidateStack {
    return this.#stack;
  }

  everything(): CandidateList {
    return this.#stack.allOf(this.cities.count);
  }

  /** Relative size of a cell at a distance from a city; 1 is a coast's. */
  sizeAt(city: number, distanceKm: number): number {
    const core = this.#coreKm[city] ?? 1;
    return (this.#finest[city] ?? 1) * Math.max(1, distanceKm / core);
  }

  /**
   * As CoastField.narrow(): by the size asked for, not by the distance.
   *
   * @param coarsest a city that asks for coarser cells than this is none
   */
  narrow(
    list: CandidateList,
    px: number,
    py: number,
    pz: number,
    radiusKm: number,
    coarsest: number,
    out: CityMeasure,
  ): void {
    const { points } = this.cities;
    const { items, start, end } = list;
    let least = coarsest;
    let limit = coarsest;
    out.city = -1;
    out.distanceKm = 0;
    for (let n = start; n < end; n++) {
      const city = items[n] ?? 0;
      const dx = px - (points[city * 3] ?? 0);
      const dy = py - (points[city * 3 + 1] ?? 0);
      const dz = pz - (points[city * 3 + 2] ?? 0);
      const distanceKm = EARTH_RADIUS_KM * Math.sqrt(dx * dx + dy * dy + dz * dz);
      this.#lowerBounds[n - start] = this.sizeAt(city, distanceKm - radiusKm);
      limit = Math.min(limit, this.sizeAt(city, distanceKm + radiusKm));
      const size = this.sizeAt(city, distanceKm);
      if (size >= least) continue;
      least = size;
      out.city = city;
      out.distanceKm = distanceKm;
    }
    out.candidates = this.#stack.keep(list, this.#lowerBounds, limit);
  }
}

/** Ten million inhabitants ask for three levels more than a coast, fifteen thousand for none. */
function finestSize(population: number): number {
  return 1 / (0.75 + Math.sqrt(population / 200_000));
}

/** Also where a city's concrete ends: about 6 km at ten million inhabitants. */
export function coreRadiusKm(population: number): number {
  return 0.002 * Math.sqrt(population);
}
