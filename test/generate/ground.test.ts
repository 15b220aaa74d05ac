import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import fc from "fast-check";
import { feature } from "topojson-client";
import { describe, expect, it } from "vitest";
import { EARTH_RADIUS_KM, loadEarth } from "../../src/generate/earth.js";
import { type Ground, GroundMap } from "../../src/generate/ground.js";
import { runs } from "../support/seed.js";

type Ring = readonly (readonly number[])[];

const rings = landRings();
const earth = loadEarth();
const map = new GroundMap(earth);

/** The column of a level that holds a place. */
function groundAt(lon: number, lat: number, level: number): Ground {
  const descend = (ground: Ground): Ground => {
    if (ground.level === level) return ground;
    const cells = 2 ** (ground.level + 1);
    const east = Math.floor(((lon + 180) / 360) * cells) & 1;
    const north = Math.floor(((lat + 90) / 180) * cells) & 1;
    let found: Ground | undefined;
    map.withQuarters(ground, (quarters) => {
      const quarter = quarters[(east + 2 * north) as 0 | 1 | 2 | 3];
      found = descend(quarter);
    });
    return found ?? ground;
  };
  return descend(map.root());
}

function onSphere(lon: number, lat: number): [number, number, number] {
  const [lambda, phi] = [(lon * Math.PI) / 180, (lat * Math.PI) / 180];
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
}

function centerOf({ level, i, j }: Ground): [number, number, number] {
  return onSphere((360 * (i + 0.5)) / 2 ** level - 180, (180 * (j + 0.5)) / 2 ** level - 90);
}

/** Every piece of coast measured, one after the other. */
function oracleDistanceKm(point: readonly [number, number, number]): number {
  const { coast } = earth;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < coast.length; at += 6) {
    const a = coast.subarray(at, at + 3);
    const b = coast.subarray(at + 3, at + 6);
    least = Math.min(least, distanceToSegment(point, [...a], [...b]));
  }
  return least * EARTH_RADIUS_KM;
}

function distanceToSegment(
  p: readonly number[],
  a: readonly number[],
  b: readonly number[],
): number {
  const way = b.map((value, n) => value - (a[n] ?? 0));
  const dot = (u: readonly number[], v: readonly number[]) =>
    u.reduce((sum, value, n) => sum + value * (v[n] ?? 0), 0);
  const from = p.map((value, n) => value - (a[n] ?? 0));
  const t = Math.min(1, Math.max(0, dot(from, way) / (dot(way, way) || 1)));
  return Math.hypot(...from.map((value, n) => value - t * (way[n] ?? 0)));
}

function landRings(): Ring[] {
  const require = createRequire(import.meta.url);
  const text = readFileSync(require.resolve("world-atlas/land-50m.json"), "utf8");
  const topology = JSON.parse(text) as Parameters<typeof feature>[0];
  const land = topology.objects.land;
  if (land?.type !== "GeometryCollection") throw new Error("land-50m.json holds no collection");
  return feature(topology, land).features.flatMap(({ geometry }) =>
    geometry.type === "MultiPolygon" ? geometry.coordinates.flat() : [],
  );
}

/** A ray to the south crosses the outlines an odd number of times; Antarctica's go to the pole. */
function isInLand(lon: number, lat: number): boolean {
  let crossings = 0;
  for (const ring of rings) {
    for (let n = 1; n < ring.length; n++) {
      const [ax = 0, ay = 0] = ring[n - 1] ?? [];
      const [bx = 0, by = 0] = ring[n] ?? [];
      if (ax > lon === bx > lon || Math.abs(bx - ax) > 180) continue;
      if (ay + ((lon - ax) / (bx - ax)) * (by - ay) < lat) crossings++;
    }
  }
  return crossings % 2 === 1;
}

const place = fc.record({
  lon: fc.double({ min: -180, max: 179.9, noNaN: true }),
  lat: fc.double({ min: -89, max: 89, noNaN: true }),
});

describe("the ground under a column", () => {
  it.each([
    ["Paris", 2.35, 48.85, "land"],
    ["Ulan Bator", 106.9, 47.9, "land"],
    ["Alice Springs", 133.9, -23.7, "land"],
    ["South Pole", 10, -89.9, "land"],
    ["Greenland", -42, 72, "land"],
    ["South Pacific", -120, -30, "sea"],
    ["Atlantic", -30, 30, "sea"],
    ["Gulf of Guinea", 0, 0, "sea"],
    ["Bering Sea", -179.5, 58, "sea"],
    ["North Pole", 10, 89.9, "sea"],
    ["Lisbon's coast, inland", -8.5, 38.9, "land"],
    ["Lisbon's coast, at sea", -9.8, 38.7, "sea"],
  ])("%s is %s %s: %s", (_name, lon, lat, side) => {
    expect(groundAt(lon, lat, 14).coastKm >= 0 ? "land" : "sea").toBe(side);
  });

  it("is land exactly where a polygon's outline goes around it, but for what is close to it", () => {
    fc.assert(
      fc.property(place, ({ lon, lat }) => {
        const ground = groundAt(lon, lat, 14);
        // Outlines that are cut at or cross the antimeridian are more than the dull test can.
        fc.pre(Math.abs(ground.coastKm) > 2 && Math.abs(lon) < 177);
        const centerLon = (360 * (ground.i + 0.5)) / 2 ** 14 - 180;
        const centerLat = (180 * (ground.j + 0.5)) / 2 ** 14 - 90;
        expect(ground.coastKm > 0).toBe(isInLand(centerLon, centerLat));
      }),
      runs(400),
    );
  });

  it("has its center where the frame's formula puts it", () => {
    fc.assert(
      fc.property(place, fc.integer({ min: 0, max: 26 }), ({ lon, lat }, level) => {
        const ground = groundAt(lon, lat, level);
        const { cosLon, sinLon, cosLat, sinLat } = ground.position;
        const [x, y, z] = centerOf(ground);
        expect(Math.hypot(cosLat * cosLon - x, cosLat * sinLon - y, sinLat - z)).toBeLessThan(
          1e-12,
        );
      }),
      runs(200),
    );
  });

  it("knows the distance to the coast exactly near it and about anywhere", () => {
    fc.assert(
      fc.property(place, fc.integer({ min: 3, max: 12 }), ({ lon, lat }, level) => {
        const ground = groundAt(lon, lat, level);
        const expected = oracleDistanceKm(centerOf(ground));
        const found = Math.abs(ground.coastKm);
        expect(found).toBeGreaterThan(expected - 1e-3);
        const isNear = expected < ground.radiusKm;
        expect(found).toBeLessThan(isNear ? expected + 1e-3 : expected * 1.25 + 1e-3);
      }),
      runs(60),
    );
  });
});
