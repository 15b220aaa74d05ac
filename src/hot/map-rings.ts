import { OctoloadError } from "../errors/octoload-error.js";
import type { GeoPolygon, GeoRing, LonLat } from "./geojson-polygons.js";

/** Once around the Earth, and from pole to pole, in the units of native/hot/fixed_point.h. */
export const WHOLE_TURN = 2 ** 48;

/** x and y in turn: a closed ring on the map. */
export type MapRing = readonly number[];

/**
 * A polygon's rings on the map, whose x goes from 0 to WHOLE_TURN: what crosses the antimeridian is
 * there twice, one part beyond each side.
 *
 * An edge of more than 180 degrees of longitude goes the other way, across the antimeridian, but
 * for one from -180 to 180 or back, which follows the map's border. A ring that goes around the
 * Earth holds the pole that its positions are nearer to.
 *
 * @throws OctoloadError HOT_GEOJSON_INVALID where a ring goes around more than once
 */
export function mapRings(polygon: GeoPolygon): MapRing[] {
  return polygon.flatMap((ring) => copies(closed(ring)));
}

function closed(ring: GeoRing): MapRing {
  const { vertices, turns } = unrolled(ring.positions);
  if (Math.abs(turns) > 1) throw invalid(ring, "goes around the Earth more than once");
  if (turns !== 0) {
    const pole = isNorthern(ring.positions, turns) ? WHOLE_TURN : 0;
    const [x = 0, y = 0] = vertices;
    vertices.push(x + turns * WHOLE_TURN, pole, x, pole, x, y);
    return vertices;
  }
  const { low, high } = extentOf(vertices);
  if (high - low > WHOLE_TURN) throw invalid(ring, "is wider than 360 degrees");
  return vertices;
}

/** The vertices from neighbour to neighbour, and how often that went around the Earth, eastward. */
function unrolled(positions: readonly LonLat[]): { vertices: number[]; turns: number } {
  const vertices: number[] = [];
  let turns = 0;
  let previous: number | undefined;
  for (const [lon, lat] of positions) {
    if (previous !== undefined) turns -= turnsBetween(previous, lon);
    previous = lon;
    const x = Math.round(((lon + 180) / 360) * WHOLE_TURN) + turns * WHOLE_TURN;
    const y = Math.round(((lat + 90) / 180) * WHOLE_TURN);
    // The same place again is no edge.
    if (vertices.at(-2) !== x || vertices.at(-1) !== y) vertices.push(x, y);
  }
  return { vertices, turns };
}

/** Whole turns to be taken off the way from one longitude to another so that it is the short one. */
function turnsBetween(from: number, to: number): number {
  if (Math.abs(from) === 180 && Math.abs(to) === 180) return 0;
  const degrees = to - from;
  return Math.abs(degrees) <= 180 ? 0 : Math.round(degrees / 360);
}

/** At equal distance, where the inside is left of the way, as RFC 7946 wants it. */
function isNorthern(positions: readonly LonLat[], turns: number): boolean {
  const sum = positions.reduce((total, [, lat]) => total + lat, 0);
  return sum === 0 ? turns > 0 : sum > 0;
}

/** The ring as often as it is needed for the map to be whole from side to side. */
function copies(ring: MapRing): MapRing[] {
  const { low, high } = extentOf(ring);
  const found: MapRing[] = [];
  const last = Math.floor((WHOLE_TURN - low) / WHOLE_TURN);
  for (let turn = Math.ceil(-high / WHOLE_TURN); turn <= last; turn++) {
    found.push(ring.map((value, i) => (i % 2 === 0 ? value + turn * WHOLE_TURN : value)));
  }
  return found;
}

function extentOf(ring: MapRing): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < ring.length; i += 2) {
    low = Math.min(low, ring[i] ?? 0);
    high = Math.max(high, ring[i] ?? 0);
  }
  return { low, high };
}

function invalid(ring: GeoRing, fault: string): OctoloadError {
  return new OctoloadError("HOT_GEOJSON_INVALID", `${ring.place} ${fault}`);
}
