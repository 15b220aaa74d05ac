import { MAX_LEVEL } from "../encoding/level.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** One condition on a row; a row is hot where any of an expression's holds. */
export type HotPredicate =
  /** At most so far from a coast. */
  | { readonly kind: "coastal"; readonly km: number }
  /** At most so far from a city of at least so many inhabitants. */
  | { readonly kind: "urban"; readonly km: number; readonly population: number }
  | { readonly kind: "level"; readonly minLevel: number }
  /** Degrees, all four sides included; west > east: across the antimeridian. */
  | ({ readonly kind: "bbox" } & DegreeBox)
  /** The polygons of a file. */
  | { readonly kind: "geojson"; readonly path: string };

export interface DegreeBox {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

export interface HotRegions {
  /** As it was given. */
  readonly text: string;
  /** 1 to 64. */
  readonly predicates: readonly HotPredicate[];
}

/** GeoNames' own cut for its lists of cities, and about what stands on a world map. */
export const DEFAULT_POPULATION = 15_000;
/** No place on Earth is farther from a coast than 2700 km. */
export const MAX_DISTANCE_KM = 5000;
/** kMaxPredicates of native/hot/heat.h. */
const MAX_PREDICATES = 64;
const MAX_POPULATION = 1e9;

type Parse = (argument: string) => HotPredicate;

const parsers: Readonly<Record<string, Parse>> = {
  coastal: (argument) => ({ kind: "coastal", km: parseDistance(argument) }),
  urban: parseUrban,
  bbox: parseBox,
  geojson: (path) => ({ kind: "geojson", path: requirePath(path) }),
};

/**
 * The predicates of an expression such as `coastal:10;urban:5;level>=12`.
 *
 * A geojson file is not looked at yet. Its path ends at the next ";".
 *
 * @throws OctoloadError HOT_REGIONS_INVALID, naming the predicate and what is wrong with it
 */
export function parseHotRegions(text: string): HotRegions {
  const parts = text.split(";").map((part) => part.trim());
  if (parts.every((part) => part === "")) throw invalid("the expression holds no predicate");
  if (parts.length > MAX_PREDICATES) {
    throw invalid(`${parts.length} predicates, but at most ${MAX_PREDICATES} fit`);
  }
  return { text, predicates: parts.map(parsePredicate) };
}

function parsePredicate(part: string, index: number): HotPredicate {
  try {
    const level = /^level\s*>=(.*)$/s.exec(part);
    if (level !== null) return { kind: "level", minLevel: parseLevel(level[1] ?? "") };
    const colon = part.indexOf(":");
    const name = colon < 0 ? part : part.slice(0, colon);
    const parse = Object.hasOwn(parsers, name) ? parsers[name] : undefined;
    if (parse === undefined) throw invalid("there is no such predicate");
    if (colon < 0) throw invalid(`"${name}" stands alone; something has to follow a colon`);
    return parse(part.slice(colon + 1).trim());
  } catch (error) {
    const place = `predicate ${index + 1}, ${describeValue(part)}`;
    throw error instanceof OctoloadError ? error.within(place) : error;
  }
}

function parseUrban(argument: string): HotPredicate {
  const [km = "", population, ...more] = argument.split(":");
  if (more.length > 0) throw invalid("a distance and a population are all that it takes");
  return {
    kind: "urban",
    km: parseDistance(km),
    population: population === undefined ? DEFAULT_POPULATION : parsePopulation(population),
  };
}

function parseDistance(text: string): number {
  const km = numberOf(text);
  if (km !== undefined && km > 0 && km <= MAX_DISTANCE_KM) return km;
  throw invalid(
    `the distance must be a number of km above 0 and at most ${MAX_DISTANCE_KM}, got ${describeValue(text)}`,
  );
}

function parsePopulation(text: string): number {
  const population = numberOf(text);
  if (population !== undefined && Number.isInteger(population)) {
    if (population >= 0 && population <= MAX_POPULATION) return population;
  }
  throw invalid(
    `the population must be an integer from 0 to ${MAX_POPULATION}, got ${describeValue(text)}`,
  );
}

function parseLevel(text: string): number {
  const level = numberOf(text);
  if (level !== undefined && Number.isInteger(level) && level >= 0 && level <= MAX_LEVEL) {
    return level;
  }
  throw invalid(
    `the level must be an integer from 0 to ${MAX_LEVEL}, got ${describeValue(text.trim())}`,
  );
}

function parseBox(argument: string): HotPredicate {
  const parts = argument.split(",");
  if (parts.length !== 4) {
    throw invalid(`a box has four numbers (west, south, east, north), got ${parts.length}`);
  }
  const at = (index: number, name: string, limit: number): number => {
    const text = parts[index] ?? "";
    const degrees = numberOf(text);
    if (degrees !== undefined && Math.abs(degrees) <= limit) return degrees;
    throw invalid(
      `${name} must be a number of degrees from -${limit} to ${limit}, got ${describeValue(text)}`,
    );
  };
  const [west, east] = [at(0, "west", 180), at(2, "east", 180)];
  const [south, north] = [at(1, "south", 90), at(3, "north", 90)];
  if (south > north) throw invalid(`south, ${south}, is above north, ${north}`);
  return { kind: "bbox", west, south, east, north };
}

function requirePath(path: string): string {
  if (path !== "") return path;
  throw invalid("the path of a file is missing");
}

/** A decimal number as people write it; undefined for anything else. */
function numberOf(text: string): number | undefined {
  const trimmed = text.trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(trimmed) ? Number(trimmed) : undefined;
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("HOT_REGIONS_INVALID", fault);
}
