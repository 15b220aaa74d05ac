import { encodeTiles } from "../../src/encoding/morton.js";
import type { HotCells, HotIndex } from "../../src/hot/hot-index.js";

/** Metres, so that the Earth's mean radius is what distances are measured with. */
const RADIUS_M = 6_371_008.8;

/** Longitude and latitude in degrees. */
export type Place = readonly [lon: number, lat: number];

export interface PlacedCells extends HotCells {
  /** Of the cells' centres. */
  readonly centers: readonly Place[];
}

/** The cells of a level around places, at the height where the frame is halved. */
export function cellsAt(places: readonly Place[], level: number): PlacedCells {
  const size = 2 ** level;
  const indexOf = (t: number) => Math.min(Math.floor(t * size), size - 1);
  const indices = places.map(([lon, lat]) => [
    indexOf((lon + 180) / 360),
    indexOf((lat + 90) / 180),
  ]);
  const center = (i: number | undefined) => (2 * (i ?? 0) + 1) / (2 * size);
  const centers = indices.map(([x, y]): Place => [360 * center(x) - 180, 180 * center(y) - 90]);
  // Any frame will do: this one's metres are the map's turns.
  const frame = { name: "turns", min: [0, 0, 0], size: [1, 1, 1] } as const;
  const { tiles, cells } = encodeTiles(
    {
      x: Float64Array.from(indices, ([x]) => center(x)),
      y: Float64Array.from(indices, ([, y]) => center(y)),
      z: new Float64Array(places.length).fill(0.5),
    },
    level,
    { frame },
  );
  return { tiles, cells, levels: new Uint8Array(places.length).fill(level), centers };
}

/** Priorities of the cells around places. */
export function prioritiesAt(index: HotIndex, places: readonly Place[], level = 20): number[] {
  const priorities = new Uint8Array(places.length);
  index.classifyCells(cellsAt(places, level), priorities);
  return [...priorities];
}

/** Metres, by haversine. */
export function distanceOf([aLon, aLat]: Place, [bLon, bLat]: Place): number {
  const radians = Math.PI / 180;
  const north = Math.sin(((bLat - aLat) * radians) / 2);
  const east = Math.sin(((bLon - aLon) * radians) / 2);
  const h = north * north + Math.cos(aLat * radians) * Math.cos(bLat * radians) * east * east;
  return 2 * RADIUS_M * Math.asin(Math.sqrt(Math.min(1, h)));
}

/** Metres to the great-circle arc from a to b, by its bearing: cross-track and along-track. */
export function distanceToArc(p: Place, a: Place, b: Place): number {
  const [toA, toB, arc] = [distanceOf(a, p), distanceOf(b, p), distanceOf(a, b)];
  const turn = bearing(a, p) - bearing(a, b);
  if (Math.cos(turn) <= 0 || arc === 0) return Math.min(toA, toB);
  const across = Math.asin(Math.sin(toA / RADIUS_M) * Math.sin(turn));
  const along = Math.atan2(Math.sin(toA / RADIUS_M) * Math.cos(turn), Math.cos(toA / RADIUS_M));
  return along * RADIUS_M <= arc ? Math.abs(across) * RADIUS_M : Math.min(toA, toB);
}

function bearing([aLon, aLat]: Place, [bLon, bLat]: Place): number {
  const radians = Math.PI / 180;
  const east = (bLon - aLon) * radians;
  const y = Math.sin(east) * Math.cos(bLat * radians);
  const x =
    Math.cos(aLat * radians) * Math.sin(bLat * radians) -
    Math.sin(aLat * radians) * Math.cos(bLat * radians) * Math.cos(east);
  return Math.atan2(y, x);
}
