import { takeCityEntries } from "../geography/city-entries.js";
import { isMapBorder, type Position, readLandRings } from "../geography/land.js";

/** Mean radius of the Earth in kilometres (IUGG). */
export const EARTH_RADIUS_KM = 6371.0088;

/** Smaller places are left out: they would not show beside the coasts. */
const MIN_POPULATION = 15_000;
/** Longer pieces of coast are divided, so that chords stay close to the sphere. */
const MAX_SEGMENT_DEGREES = 0.5;
const NUMBERS_PER_SEGMENT = 6;

/** The land's outline and the cities as points on the unit sphere (x at 0N 0E, z at the pole). */
export interface Earth {
  /** From and to of each segment, x y z each; land lies to the right of the way. */
  readonly coast: Float32Array;
  readonly cities: Cities;
}

export interface Cities {
  readonly count: number;
  /** x y z of each. */
  readonly points: Float32Array;
  readonly populations: Int32Array;
  /** `"name":…,"country":…` of each, as JSON. */
  readonly labels: readonly string[];
}

let earth: Earth | undefined;

/** Natural Earth's land at 1:50 million (world-atlas) and GeoNames' cities; loaded once. */
export function loadEarth(): Earth {
  earth ??= { coast: loadCoast(), cities: loadCities() };
  return earth;
}

function loadCoast(): Float32Array {
  const numbers: number[] = [];
  for (const ring of readLandRings("50m")) {
    for (let n = 1; n < ring.length; n++) addEdge(numbers, ring[n - 1] ?? [], ring[n] ?? []);
  }
  return Float32Array.from(numbers);
}

function addEdge(numbers: number[], from: Position, to: Position): void {
  if (isMapBorder(from, to)) return;
  const [fromLon = 0, fromLat = 0] = from;
  const [toLon = 0, toLat = 0] = to;
  // The short way: some edges cross the border.
  const eastward = toLon - fromLon - 360 * Math.round((toLon - fromLon) / 360);
  const span = Math.max(Math.abs(eastward), Math.abs(toLat - fromLat));
  const pieces = Math.max(1, Math.ceil(span / MAX_SEGMENT_DEGREES));
  const along = (n: number): Position => {
    if (n === pieces) return to;
    const share = n / pieces;
    return [fromLon + eastward * share, fromLat + (toLat - fromLat) * share];
  };
  for (let n = 0; n < pieces; n++) {
    numbers.push(...onSphere(along(n)), ...onSphere(along(n + 1)));
  }
}

function loadCities(): Cities {
  const entries = takeCityEntries().filter(({ population }) => population >= MIN_POPULATION);
  const points = new Float32Array(entries.length * 3);
  const populations = new Int32Array(entries.length);
  const labels = entries.map(({ name, country, population, loc }, n) => {
    points.set(onSphere(loc.coordinates), n * 3);
    populations[n] = population;
    return `"name":${JSON.stringify(name)},"country":${JSON.stringify(country)}`;
  });
  return { count: entries.length, points, populations, labels };
}

/**
 * The single precision these are stored in (0.4 m) swallows what sine and cosine
 * may differ in by machine.
 */
function onSphere([lon = 0, lat = 0]: Position): [number, number, number] {
  const lambda = (lon * Math.PI) / 180;
  const phi = (lat * Math.PI) / 180;
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
}

export function segmentCount(coast: Float32Array): number {
  return coast.length / NUMBERS_PER_SEGMENT;
}
