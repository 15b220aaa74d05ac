import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** Longitude and latitude in degrees. */
export type LonLat = readonly [lon: number, lat: number];

/** Closed: its last position is its first. */
export interface GeoRing {
  readonly positions: readonly LonLat[];
  /** Where it stands, for messages. */
  readonly place: string;
}

/** The first ring is its outline, the others are holes. */
export type GeoPolygon = readonly GeoRing[];

/** Once more around the Earth is what a ring across the antimeridian may need, and no more. */
const MAX_LONGITUDE = 360;
const MIN_POSITIONS = 4;

/**
 * All polygons of a GeoJSON value (RFC 7946): a Polygon, a MultiPolygon, or those in a Feature, a
 * FeatureCollection or a GeometryCollection.
 *
 * @throws OctoloadError HOT_GEOJSON_INVALID, naming the place in the value
 */
export function polygonsOf(value: unknown): GeoPolygon[] {
  const polygons = collect(value, "");
  if (polygons.length === 0) throw invalid("", "holds no polygon");
  return polygons;
}

function collect(value: unknown, place: string): GeoPolygon[] {
  const { type, ...members } = requireObject(value, place);
  const within = (name: string) => (place === "" ? name : `${place}.${name}`);
  const each = (name: string) => {
    const list = requireArray(members[name], within(name));
    return list.flatMap((item, i) => collect(item, `${within(name)}[${i}]`));
  };
  switch (type) {
    case "FeatureCollection":
      return each("features");
    case "GeometryCollection":
      return each("geometries");
    case "Feature":
      return members.geometry === null ? [] : collect(members.geometry, within("geometry"));
    case "Polygon":
      return [polygonOf(members.coordinates, within("coordinates"))];
    case "MultiPolygon": {
      const list = requireArray(members.coordinates, within("coordinates"));
      return list.map((item, i) => polygonOf(item, `${within("coordinates")}[${i}]`));
    }
    default:
      throw invalid(
        within("type"),
        `must be Polygon, MultiPolygon, Feature, FeatureCollection or GeometryCollection, got ${describeValue(type)}`,
      );
  }
}

function polygonOf(value: unknown, place: string): GeoPolygon {
  const rings = requireArray(value, place);
  if (rings.length === 0) throw invalid(place, "must hold at least one ring, got none");
  return rings.map((ring, i) => ringOf(ring, `${place}[${i}]`));
}

function ringOf(value: unknown, place: string): GeoRing {
  const list = requireArray(value, place);
  if (list.length < MIN_POSITIONS) {
    throw invalid(
      place,
      `must be a ring of at least ${MIN_POSITIONS} positions, got ${list.length}`,
    );
  }
  const positions = list.map((position, i) => positionOf(position, `${place}[${i}]`));
  const [first, last] = [positions[0], positions.at(-1)];
  if (first?.[0] !== last?.[0] || first?.[1] !== last?.[1]) {
    throw invalid(
      place,
      `must end where it begins, at ${first?.join(", ")}, got ${last?.join(", ")}`,
    );
  }
  return { positions, place };
}

function positionOf(value: unknown, place: string): LonLat {
  const numbers = requireArray(value, place);
  if (numbers.length < 2) {
    throw invalid(place, `must be longitude and latitude, got ${describeValue(value)}`);
  }
  return [
    degreesOf(numbers[0], MAX_LONGITUDE, `${place}: longitude`),
    degreesOf(numbers[1], 90, `${place}: latitude`),
  ];
}

function degreesOf(value: unknown, limit: number, place: string): number {
  if (typeof value === "number" && Math.abs(value) <= limit) return value;
  throw invalid(
    place,
    `must be a number of degrees from -${limit} to ${limit}, got ${describeValue(value)}`,
  );
}

function requireObject(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw invalid(place, `must be a GeoJSON object, got ${describeValue(value)}`);
}

function requireArray(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(place, `must be an array, got ${describeValue(value)}`);
}

function invalid(place: string, fault: string): OctoloadError {
  return new OctoloadError("HOT_GEOJSON_INVALID", place === "" ? fault : `${place} ${fault}`);
}
