import { describe, expect, it } from "vitest";
import { createSink } from "../../src/sink/create-sink.js";
import { parseTargetUrl } from "../../src/sink/target-url.js";
import { refusalOf } from "../support/refusal-of.js";

describe("parseTargetUrl", () => {
  it.each([
    ["sqlite:earth.db", { kind: "sqlite", path: "earth.db", layout: null }],
    ["SQLite:/data/a b%20.db", { kind: "sqlite", path: "/data/a b%20.db", layout: null }],
    ["sqlite:e.db?layout=tile", { kind: "sqlite", path: "e.db", layout: "tile" }],
    ["sqlite:e.db?", { kind: "sqlite", path: "e.db", layout: null }],
    ["null:", { kind: "null", layout: null }],
    ["null:?layout=node", { kind: "null", layout: "node" }],
  ])("takes %s", (url, target) => {
    expect(parseTargetUrl(url)).toEqual(target);
  });

  it.each([
    ["earth.db", /begins with a scheme/],
    ["sqlite:", /needs the path of a file/],
    ["sqlite:?layout=node", /needs the path of a file/],
    ["sqlite::memory:", /needs the path of a file, got ":memory:"/],
    ["sqlite://earth.db", /without leading "\/\/"/],
    ["sqlite:e.db?layout=cell", /layout must be node or tile, got "cell"/],
    ["sqlite:e.db?layout=node&layout=tile", /layout is given twice/],
    ["sqlite:e.db?mode=ro", /takes no parameter "mode", only layout/],
    ["null:x", /takes no path, got "x"/],
    [
      "mysql:x",
      /no target has the scheme "mysql"; known are cassandra:.*, sqlite:<path> and null:/,
    ],
    ["cassandra:h/ks", /begins with cassandra:\/\//],
    ["cassandra://h/ks?mode=ro", /takes no parameter "mode", only dc, layout/],
  ])("refuses %s", (url, message) => {
    const { code, fault } = refusalOf(() => parseTargetUrl(url));
    expect(code).toBe("TARGET_URL");
    expect(fault).toMatch(message);
  });

  it("takes a Cassandra target", () => {
    expect(parseTargetUrl("CASSANDRA://h/ks?layout=tile&dc=dc1")).toMatchObject({
      kind: "cassandra",
      contactPoints: ["h:9042"],
      keyspace: "ks",
      layout: "tile",
      datacenter: "dc1",
    });
  });

  it("does not repeat a password", () => {
    const inUrl = refusalOf(() => parseTargetUrl("cassandra://me:hunter2@host/db"));
    expect(inUrl.message).not.toContain("hunter2");
    const { message } = refusalOf(() => parseTargetUrl("mysql://me:hunter2@host/db?key=hunter2"));
    expect(message).not.toContain("hunter2");
    expect(refusalOf(() => parseTargetUrl("//me:hunter2@host")).message).not.toContain("hunter2");
  });
});

describe("createSink", () => {
  it.each([
    ["sqlite:x.db", "node", 21],
    ["sqlite:x.db?layout=tile", "tile", 26],
    ["null:", "node", 21],
    ["null:?layout=tile", "tile", 26],
  ])("knows order and deepest level of %s", async (url, order, maxLevel) => {
    const sink = await createSink(url);
    expect([sink.url, sink.order, sink.maxLevel]).toEqual([url, order, maxLevel]);
    expect(sink.inFlightRows).toBeGreaterThan(0);
  });
});
