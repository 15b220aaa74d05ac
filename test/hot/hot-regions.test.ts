import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describePredicate } from "../../src/hot/describe-predicate.js";
import { type HotPredicate, parseHotRegions } from "../../src/hot/hot-regions.js";
import { refusalOf } from "../support/refusal-of.js";
import { runs } from "../support/seed.js";

function write(predicate: HotPredicate): string {
  switch (predicate.kind) {
    case "coastal":
      return `coastal:${predicate.km}`;
    case "urban":
      return `urban:${predicate.km}:${predicate.population}`;
    case "level":
      return `level>=${predicate.minLevel}`;
    case "bbox":
      return `bbox:${predicate.west},${predicate.south},${predicate.east},${predicate.north}`;
    case "geojson":
      return `geojson:${predicate.path}`;
  }
}

const hundredths = (min: number, max: number) =>
  fc.integer({ min: min * 100, max: max * 100 }).map((value) => value / 100);
const km = fc.integer({ min: 1, max: 500_000 }).map((value) => value / 100);
const path = fc.stringMatching(/^[a-zA-Z0-9_./:,=-]{1,20}$/);
const predicates: fc.Arbitrary<HotPredicate> = fc.oneof(
  fc.record({ kind: fc.constant("coastal" as const), km }),
  fc.record({ kind: fc.constant("urban" as const), km, population: fc.nat(1e9) }),
  fc.record({ kind: fc.constant("level" as const), minLevel: fc.nat(26) }),
  fc
    .tuple(hundredths(-180, 180), hundredths(-180, 180), hundredths(-90, 90), hundredths(-90, 90))
    .map(([west, east, a, b]): HotPredicate => {
      return { kind: "bbox", west, east, south: Math.min(a, b), north: Math.max(a, b) };
    }),
  fc.record({ kind: fc.constant("geojson" as const), path }),
);

describe("parseHotRegions", () => {
  it("reads the example", () => {
    expect(parseHotRegions("coastal:10;urban:5;level>=12").predicates).toEqual([
      { kind: "coastal", km: 10 },
      { kind: "urban", km: 5, population: 15_000 },
      { kind: "level", minLevel: 12 },
    ]);
  });

  it("reads back what is written", () => {
    fc.assert(
      fc.property(fc.array(predicates, { minLength: 1, maxLength: 8 }), (list) => {
        const text = list.map(write).join(";");
        expect(parseHotRegions(text)).toEqual({ text, predicates: list });
      }),
      runs(200),
    );
  });

  it("bears blanks", () => {
    const text = " coastal: 2.5 ; urban: 5 : 100000;level >= 3; bbox: 170, -10 ,-170,.5";
    expect(parseHotRegions(text).predicates).toEqual([
      { kind: "coastal", km: 2.5 },
      { kind: "urban", km: 5, population: 100_000 },
      { kind: "level", minLevel: 3 },
      { kind: "bbox", west: 170, south: -10, east: -170, north: 0.5 },
    ]);
  });

  it.each([
    ["", "holds no predicate"],
    [" ; ", "holds no predicate"],
    ["coastal:10;", 'predicate 2, "": there is no such predicate'],
    ["coast:10", 'predicate 1, "coast:10": there is no such predicate'],
    ["toString:1", "there is no such predicate"],
    ["Coastal:10", "there is no such predicate"],
    ["coastal", '"coastal" stands alone'],
    ["coastal:", 'a number of km above 0 and at most 5000, got ""'],
    ["coastal:ten", 'got "ten"'],
    ["coastal:0", 'above 0 and at most 5000, got "0"'],
    ["coastal:-1", 'got "-1"'],
    ["coastal:5000.1", 'got "5000.1"'],
    ["coastal:1e3", 'got "1e3"'],
    ["coastal:Infinity", 'got "Infinity"'],
    ["coastal:10:2", 'got "10:2"'],
    ["urban:5:", 'the population must be an integer from 0 to 1000000000, got ""'],
    ["urban:5:1.5", 'got "1.5"'],
    ["urban:5:1:1", "all that it takes"],
    ["urban:5;urban:x", 'predicate 2, "urban:x"'],
    ["level>=27", 'the level must be an integer from 0 to 26, got "27"'],
    ["level>=1.5", 'got "1.5"'],
    ["level>=", 'got ""'],
    ["level>12", "there is no such predicate"],
    ["bbox:1,2,3", "four numbers (west, south, east, north), got 3"],
    ["bbox:1,2,3,4,5", "got 5"],
    ["bbox:181,0,0,1", 'west must be a number of degrees from -180 to 180, got "181"'],
    ["bbox:0,-91,0,1", 'south must be a number of degrees from -90 to 90, got "-91"'],
    ["bbox:0,0,x,1", 'east must be a number of degrees from -180 to 180, got "x"'],
    ["bbox:0,0,1,", 'north must be a number of degrees from -90 to 90, got ""'],
    ["bbox:0,2,1,1", "south, 2, is above north, 1"],
    ["geojson:", "the path of a file is missing"],
    [Array.from({ length: 65 }, () => "level>=1").join(";"), "65 predicates, but at most 64 fit"],
  ])("refuses %j", (text, fault) => {
    const refusal = refusalOf(() => parseHotRegions(text));
    expect(refusal.code).toBe("HOT_REGIONS_INVALID");
    expect(refusal.fault).toContain(fault);
  });
});

describe("describePredicate", () => {
  it("says each in words", () => {
    const text = "coastal:10;urban:5;level>=12;bbox:170,-10,-170,10;bbox:1,2,3,4;geojson:a.json";
    expect(parseHotRegions(text).predicates.map(describePredicate)).toEqual([
      "within 10 km of a coast",
      "within 5 km of a city of at least 15,000 inhabitants",
      "level 12 and deeper",
      "longitude 170 to -170 across the antimeridian, latitude -10 to 10",
      "longitude 1 to 3, latitude 2 to 4",
      "in a polygon of a.json",
    ]);
  });
});
