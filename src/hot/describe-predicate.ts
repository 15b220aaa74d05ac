import type { DegreeBox, HotPredicate } from "./hot-regions.js";

/** A predicate in words, as reports show it. */
export function describePredicate(predicate: HotPredicate): string {
  switch (predicate.kind) {
    case "coastal":
      return `within ${predicate.km} km of a coast`;
    case "urban":
      return `within ${predicate.km} km of a city of at least ${predicate.population.toLocaleString("en")} inhabitants`;
    case "level":
      return `level ${predicate.minLevel} and deeper`;
    case "bbox":
      return describeBox(predicate);
    case "geojson":
      return `in a polygon of ${predicate.path}`;
  }
}

function describeBox({ west, south, east, north }: DegreeBox): string {
  const across = west > east ? " across the antimeridian" : "";
  return `longitude ${west} to ${east}${across}, latitude ${south} to ${north}`;
}
