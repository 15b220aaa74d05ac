import { describe, expect, it } from "vitest";
import { absoluteTargetUrl, shortTargetUrl } from "../../src/sink/target-path.js";

const cases = [
  ["sqlite:earth.octree", "sqlite:/data/earth/earth.octree"],
  ["sqlite:a/b.db?layout=tile", "sqlite:/data/earth/a/b.db?layout=tile"],
  ["SQLite:b", "SQLite:/data/earth/b"],
  ["null:?layout=node", "null:?layout=node"],
] as const;

describe("a target's URL", () => {
  it.each(cases)(
    "%s holds in every folder, and is as short as before in its own",
    (short, long) => {
      expect(absoluteTargetUrl(short, "/data/earth")).toBe(long);
      expect(absoluteTargetUrl(long, "/elsewhere")).toBe(long);
      expect(shortTargetUrl(long, "/data/earth")).toBe(short);
    },
  );

  it("stays as it is where another one could not be written, or were longer", () => {
    expect(absoluteTargetUrl("sqlite:a.db", "/what?")).toBe("sqlite:a.db");
    expect(absoluteTargetUrl("sqlite:../b/a.db", "/data/c")).toBe("sqlite:/data/b/a.db");
    expect(shortTargetUrl("sqlite:/data/b/a.db", "/data/c")).toBe("sqlite:/data/b/a.db");
    expect(shortTargetUrl("sqlite:/what?layout=node", "/data")).toBe("sqlite:/what?layout=node");
  });
});
