import { describe, expect, it } from "vitest";
import { polygonsOf } from "../../src/hot/geojson-polygons.js";
import { mapRings, WHOLE_TURN } from "../../src/hot/map-rings.js";
import { refusalOf } from "../support/refusal-of.js";

const ring = [
  [0, 0],
  [10, 0],
  [10, 10],
  [0, 0],
];
const polygon = { type: "Polygon", coordinates: [ring] };
const feature = { type: "Feature", properties: null, geometry: polygon };

describe("polygonsOf", () => {
  it("finds polygons wherever GeoJSON has them", () => {
    const count = (value: unknown) => polygonsOf(value).length;
    expect(count(polygon)).toBe(1);
    expect(count({ type: "MultiPolygon", coordinates: [[ring], [ring, ring]] })).toBe(2);
    expect(count(feature)).toBe(1);
    const empty = { type: "Feature", geometry: null };
    expect(count({ type: "FeatureCollection", features: [feature, empty, feature] })).toBe(2);
    expect(count({ type: "GeometryCollection", geometries: [polygon, polygon] })).toBe(2);
  });

  it("takes longitude and latitude, and leaves heights out", () => {
    const high = [
      [1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
      [1, 2],
    ];
    const [found] = polygonsOf({ type: "Polygon", coordinates: [high] });
    expect(found?.[0]?.positions).toEqual([
      [1, 2],
      [4, 5],
      [8, 9],
      [1, 2],
    ]);
  });

  const atRing = (value: unknown) => ({ type: "Polygon", coordinates: [value] });
  const atPosition = (value: unknown) => atRing([[0, 0], value, [10, 10], [0, 0]]);
  it.each<[string, unknown, string]>([
    ["null", null, "must be a GeoJSON object, got null"],
    ["a list", [], "must be a GeoJSON object, got an array of 0"],
    ["no type", {}, "type must be Polygon, MultiPolygon, Feature"],
    ["a point", { type: "Point", coordinates: [0, 0] }, 'got "Point"'],
    [
      "a line within",
      {
        type: "FeatureCollection",
        features: [feature, { type: "Feature", geometry: { type: "LineString" } }],
      },
      'features[1].geometry.type must be Polygon, MultiPolygon, Feature, FeatureCollection or GeometryCollection, got "LineString"',
    ],
    ["no features", { type: "FeatureCollection" }, "features must be an array, got undefined"],
    ["nothing in it", { type: "FeatureCollection", features: [] }, "holds no polygon"],
    ["no geometry", { type: "Feature" }, "geometry must be a GeoJSON object, got undefined"],
    ["no coordinates", { type: "Polygon" }, "coordinates must be an array, got undefined"],
    ["no rings", { type: "Polygon", coordinates: [] }, "coordinates must hold at least one ring"],
    ["a flat ring", atRing([1, 2, 3, 4]), "coordinates[0][0] must be an array, got 1"],
    [
      "three positions",
      atRing([
        [0, 0],
        [1, 1],
        [0, 0],
      ]),
      "coordinates[0] must be a ring of at least 4 positions, got 3",
    ],
    [
      "an open ring",
      atRing([
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ]),
      "coordinates[0] must end where it begins, at 0, 0, got 0, 1",
    ],
    [
      "one number",
      atPosition([1]),
      "coordinates[0][1] must be longitude and latitude, got an array of 1",
    ],
    [
      "text",
      atPosition(["1", 2]),
      'coordinates[0][1]: longitude must be a number of degrees from -360 to 360, got "1"',
    ],
    ["null in it", atPosition([null, 2]), "got null"],
    [
      "metres",
      atPosition([400_000, 2]),
      "longitude must be a number of degrees from -360 to 360, got 400000",
    ],
    [
      "beyond a pole",
      atPosition([1, 90.5]),
      "coordinates[0][1]: latitude must be a number of degrees from -90 to 90, got 90.5",
    ],
    [
      "a bad ring of many",
      { type: "MultiPolygon", coordinates: [[ring], [ring, [[0, 0]]]] },
      "coordinates[1][1] must be a ring",
    ],
  ])("refuses %s", (_, value, fault) => {
    const refusal = refusalOf(() => polygonsOf(value));
    expect(refusal.code).toBe("HOT_GEOJSON_INVALID");
    expect(refusal.fault).toContain(fault);
  });
});

describe("mapRings", () => {
  const ringsOf = (positions: readonly (readonly [number, number])[]) =>
    mapRings([{ positions, place: "coordinates[0]" }]);
  const degreesOf = (rings: readonly (readonly number[])[]) =>
    rings.map((values) =>
      values.map((value, i) =>
        i % 2 === 0 ? (value / WHOLE_TURN) * 360 - 180 : (value / WHOLE_TURN) * 180 - 90,
      ),
    );

  it("leaves alone what lies within the map", () => {
    expect(
      degreesOf(
        ringsOf([
          [0, 0],
          [90, 0],
          [90, 45],
          [0, 0],
        ]),
      ),
    ).toEqual([[0, 0, 90, 0, 90, 45, 0, 0]]);
  });

  it("draws twice what crosses the antimeridian", () => {
    const expected = [
      [-225, 0, -135, 0, -135, 45, -225, 0],
      [135, 0, 225, 0, 225, 45, 135, 0],
    ];
    expect(
      degreesOf(
        ringsOf([
          [135, 0],
          [-135, 0],
          [-135, 45],
          [135, 0],
        ]),
      ),
    ).toEqual(expected);
    expect(
      degreesOf(
        ringsOf([
          [135, 0],
          [225, 0],
          [225, 45],
          [135, 0],
        ]),
      ),
    ).toEqual(expected);
  });

  it("lets an edge from side to side follow the border", () => {
    const world = [
      [-180, -90],
      [180, -90],
      [180, 90],
      [-180, 90],
      [-180, -90],
    ] as const;
    const [first] = degreesOf(ringsOf(world)).filter((values) => values[0] === -180);
    expect(first).toEqual(world.flat());
  });

  it("closes a ring around a pole over it", () => {
    const [south] = degreesOf(
      ringsOf([
        [-180, -45],
        [-90, -45],
        [0, -45],
        [90, -45],
        [-180, -45],
      ]),
    ).filter((values) => values[0] === -180);
    expect(south).toEqual([
      -180, -45, -90, -45, 0, -45, 90, -45, 180, -45, 180, -90, -180, -90, -180, -45,
    ]);
  });

  it("refuses what goes around twice or is too wide", () => {
    const twice = Array.from({ length: 9 }, (_, i) => [((i * 90) % 360) - 180, 10] as const);
    expect(refusalOf(() => ringsOf(twice)).fault).toBe(
      "coordinates[0] goes around the Earth more than once",
    );
    const wide = [
      [-300, 0],
      [-150, 0],
      [0, 0],
      [150, 0],
      [300, 0],
      [150, 5],
      [0, 5],
      [-150, 5],
      [-300, 0],
    ] as const;
    expect(refusalOf(() => ringsOf(wide)).fault).toBe("coordinates[0] is wider than 360 degrees");
  });
});
