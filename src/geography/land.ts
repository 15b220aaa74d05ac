import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { feature } from "topojson-client";

/** Natural Earth's scales: 1:10 million is the finest. */
export type LandScale = "10m" | "50m" | "110m";

/** Longitude and latitude in degrees. */
export type Position = readonly number[];

type Topology = Parameters<typeof feature>[0];
type GeometryCollection = Extract<Parameters<typeof feature>[1], { type: "GeometryCollection" }>;
/** What land-*.json holds: arcs that are quantised, and rings made up of them. */
type LandTopology = Topology & {
  readonly objects: { readonly land: GeometryCollection };
  readonly arcs: readonly (readonly Position[])[];
  readonly transform: { readonly scale: Position; readonly translate: Position };
};

/** The rings of Natural Earth's land (world-atlas), the first position again at the end of each. */
export function readLandRings(scale: LandScale): (readonly Position[])[] {
  const topology = readTopology(scale);
  const { features } = feature(topology, topology.objects.land);
  return features.flatMap(({ geometry }): (readonly Position[])[] => {
    if (geometry.type === "Polygon") return geometry.coordinates;
    return geometry.type === "MultiPolygon" ? geometry.coordinates.flat() : [];
  });
}

/** What the rings are made up of: each edge once, in no particular order. Much faster. */
export function readLandArcs(scale: LandScale): Position[][] {
  const { arcs, transform } = readTopology(scale);
  const [scaleLon = 1, scaleLat = 1] = transform.scale;
  const [minLon = 0, minLat = 0] = transform.translate;
  return arcs.map((arc) => {
    let x = 0;
    let y = 0;
    return arc.map(([east = 0, north = 0]) => {
      x += east;
      y += north;
      return [x * scaleLon + minLon, y * scaleLat + minLat];
    });
  });
}

function readTopology(scale: LandScale): LandTopology {
  const require = createRequire(import.meta.url);
  const text = readFileSync(require.resolve(`world-atlas/land-${scale}.json`), "utf8");
  return JSON.parse(text) as LandTopology;
}

/** Edges along the map's border are where polygons were cut, not coasts. */
export function isMapBorder(from: Position, to: Position): boolean {
  const [fromLon = 0, fromLat = 0] = from;
  const [toLon = 0, toLat = 0] = to;
  if (Math.abs(fromLon) > 179.99 && Math.abs(toLon) > 179.99) return true;
  return fromLat < -89.9 && toLat < -89.9;
}
