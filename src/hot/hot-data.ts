import { OctoloadError } from "../errors/octoload-error.js";
import { takeCityEntries } from "../geography/city-entries.js";
import { readCoastline } from "../geography/coastline.js";
import { readGeojsonFile } from "./geojson-file.js";
import type { HotPredicate } from "./hot-regions.js";
import type { MapRing } from "./map-rings.js";

/** What the addon builds an index from: predicates, and what they measure against. */
export interface HotData {
  /** One a predicate: `kindNumbers`. */
  readonly kinds: Uint8Array<ArrayBuffer>;
  /** Four a predicate (native/hot/hot_index.h). */
  readonly values: Float64Array<ArrayBuffer>;
  /** Longitude and latitude in turn. */
  readonly coast: Float64Array<ArrayBuffer>;
  readonly coastLineEnds: Uint32Array<ArrayBuffer>;
  /** Longitude and latitude in turn, the largest city first. */
  readonly cities: Float64Array<ArrayBuffer>;
  /** x and y in turn (native/hot/fixed_point.h). */
  readonly polygonVertices: Float64Array<ArrayBuffer>;
  /** In vertices. */
  readonly ringEnds: Uint32Array<ArrayBuffer>;
  /** In rings. */
  readonly polygonEnds: Uint32Array<ArrayBuffer>;
}

/** hot::Kind of native/hot/hot_index.h. */
export const kindNumbers: Readonly<Record<HotPredicate["kind"], number>> = {
  coastal: 0,
  urban: 1,
  level: 2,
  bbox: 3,
  geojson: 4,
};

/** The finest there is: at 1:50 million islands of some kilometres are missing. */
const COAST_SCALE = "10m";

/**
 * Reads what the predicates need and no more.
 *
 * @throws OctoloadError HOT_GEOJSON_UNREADABLE, HOT_GEOJSON_INVALID; HOT_REGIONS_INVALID where no
 *   city is as large as wanted
 */
export function readHotData(predicates: readonly HotPredicate[]): HotData {
  const cities = new Cities(predicates);
  const polygons = new PolygonTable();
  const values = predicates.flatMap((predicate) => valuesOf(predicate, cities, polygons));
  const needsCoast = predicates.some(({ kind }) => kind === "coastal");
  const coastline = needsCoast ? readCoastline(COAST_SCALE) : undefined;
  return {
    kinds: Uint8Array.from(predicates, ({ kind }) => kindNumbers[kind]),
    values: Float64Array.from(values),
    coast: coastline?.degrees ?? new Float64Array(0),
    coastLineEnds: coastline?.lineEnds ?? new Uint32Array(0),
    cities: cities.degrees,
    polygonVertices: Float64Array.from(polygons.vertices),
    ringEnds: Uint32Array.from(polygons.ringEnds),
    polygonEnds: Uint32Array.from(polygons.polygonEnds),
  };
}

type Four = readonly [number, number, number, number];

function valuesOf(predicate: HotPredicate, cities: Cities, polygons: PolygonTable): Four {
  switch (predicate.kind) {
    case "coastal":
      return [predicate.km * 1000, 0, 0, 0];
    case "urban":
      return [predicate.km * 1000, cities.countOf(predicate.population), 0, 0];
    case "level":
      return [predicate.minLevel, 0, 0, 0];
    case "bbox":
      return [predicate.west, predicate.south, predicate.east, predicate.north];
    case "geojson": {
      const first = polygons.polygonEnds.length;
      for (const rings of readGeojsonFile(predicate.path)) polygons.add(rings);
      return [first, polygons.polygonEnds.length, 0, 0];
    }
  }
}

/** The cities that some predicate asks for, the largest first. */
class Cities {
  readonly degrees: Float64Array<ArrayBuffer>;
  readonly #populations: readonly number[];
  readonly #largest: number;

  constructor(predicates: readonly HotPredicate[]) {
    const wanted = predicates.flatMap((predicate) => {
      return predicate.kind === "urban" ? [predicate.population] : [];
    });
    const least = Math.min(...wanted);
    const entries = wanted.length === 0 ? [] : takeCityEntries();
    this.#largest = entries.reduce((most, { population }) => Math.max(most, population), 0);
    const kept = entries.filter(({ population }) => population >= least);
    kept.sort((a, b) => b.population - a.population);
    this.#populations = kept.map(({ population }) => population);
    this.degrees = Float64Array.from(kept.flatMap(({ loc }) => loc.coordinates));
  }

  /** How many have at least that population. */
  countOf(population: number): number {
    const end = this.#populations.findIndex((other) => other < population);
    const count = end < 0 ? this.#populations.length : end;
    if (count > 0) return count;
    throw new OctoloadError(
      "HOT_REGIONS_INVALID",
      `no city has ${population} inhabitants; the largest has ${this.#largest}`,
    );
  }
}

/** Polygons one after another, as the addon takes them. */
class PolygonTable {
  readonly vertices: number[] = [];
  readonly ringEnds: number[] = [];
  readonly polygonEnds: number[] = [];

  add(rings: readonly MapRing[]): void {
    for (const ring of rings) {
      for (const value of ring) this.vertices.push(value);
      this.ringEnds.push(this.vertices.length / 2);
    }
    this.polygonEnds.push(this.ringEnds.length);
  }
}
