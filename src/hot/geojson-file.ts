import { readFileSync, statSync } from "node:fs";
import { OctoloadError } from "../errors/octoload-error.js";
import { polygonsOf } from "./geojson-polygons.js";
import { type MapRing, mapRings } from "./map-rings.js";

/** JSON.parse needs several times as much. */
const MAX_BYTES = 256 * 2 ** 20;

/**
 * The polygons of a GeoJSON file on the map, each as its rings.
 *
 * @throws OctoloadError HOT_GEOJSON_UNREADABLE, HOT_GEOJSON_INVALID, naming the file
 */
export function readGeojsonFile(path: string): MapRing[][] {
  const place = `GeoJSON file ${JSON.stringify(path)}`;
  const value = parse(readText(path, place), place);
  try {
    return polygonsOf(value).map(mapRings);
  } catch (error) {
    throw error instanceof OctoloadError ? error.within(place) : error;
  }
}

function readText(path: string, place: string): string {
  try {
    const { size } = statSync(path);
    if (size > MAX_BYTES) {
      throw new OctoloadError(
        "HOT_GEOJSON_UNREADABLE",
        `${place} has ${size} bytes, and at most ${MAX_BYTES} are read`,
      );
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof OctoloadError) throw error;
    const fault = `${place} cannot be read: ${reasonOf(error)}`;
    throw new OctoloadError("HOT_GEOJSON_UNREADABLE", fault, { cause: error });
  }
}

function parse(text: string, place: string): unknown {
  try {
    // Some editors put a byte order mark in front, which JSON does not know.
    return JSON.parse(text.replace(/^\uFEFF/, "")) as unknown;
  } catch (error) {
    const fault = `${place} is not JSON: ${reasonOf(error)}`;
    throw new OctoloadError("HOT_GEOJSON_INVALID", fault, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
