import type { ErrorEntry } from "./error-entry.js";

/** The part of the error table that is about hot regions. */
export const hotErrors = [
  {
    code: "HOT_REGIONS_INVALID",
    cause: "An expression of hot regions holds a predicate that cannot be understood.",
    remedy:
      'Join predicates by ";": coastal:<km>, urban:<km>[:<population>], level>=<level>, bbox:<west>,<south>,<east>,<north>, geojson:<file>.',
  },
  {
    code: "HOT_GEOJSON_UNREADABLE",
    cause: "The file of a geojson predicate is missing, too large, or cannot be read.",
    remedy: "Check the path, which counts from the current folder, and its permissions.",
  },
  {
    code: "HOT_GEOJSON_INVALID",
    cause: "The file of a geojson predicate is no GeoJSON, or its shapes are no polygons.",
    remedy:
      "Give Polygon or MultiPolygon, alone or in Features: closed rings of longitude and latitude in degrees (RFC 7946).",
  },
] as const satisfies readonly ErrorEntry[];
