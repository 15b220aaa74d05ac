import { describe, expect, it } from "vitest";
import { hasFunctions, parseInfo, requireMode } from "../../src/redis/server-info.js";
import { refusalOf } from "../support/refusal-of.js";

const info = (text: string) => parseInfo(text.replaceAll("\n", "\r\n"));

describe("what INFO says", () => {
  it("is taken apart by its fields", () => {
    const fields = info("# Server\nredis_version:7.0.15\n\n# Keyspace\ndb0:keys=1,expires=0\n");
    expect([...fields]).toEqual([
      ["redis_version", "7.0.15"],
      ["db0", "keys=1,expires=0"],
    ]);
  });

  it.each([
    ["5.0.0", false],
    ["6.2.14", false],
    ["7.0.15", true],
    ["255.255.255", true],
  ])("tells whether Redis %s has Functions", (version, expected) => {
    expect(hasFunctions("a:1", version)).toBe(expected);
  });

  it.each(["4.0.14", "3.2.1", "", "unstable"])("refuses version %j", (version) => {
    expect(refusalOf(() => hasFunctions("a:1", version)).code).toBe("REDIS_VERSION");
  });

  it("tells a server that is still loading, and for how long", () => {
    const fields = info("redis_mode:standalone\nloading:1\nloading_eta_seconds:42\n");
    const refused = refusalOf(() => requireMode("a:1", fields, "standalone"));
    expect(refused.code).toBe("REDIS_LOADING");
    expect(refused.fault).toContain("about 42 s");
  });

  it.each([
    ["redis_mode:cluster\nrole:master", "standalone", "is a node of a cluster"],
    ["redis_mode:standalone\nrole:master", "cluster", "is no node of a cluster"],
    [
      "redis_mode:standalone\nrole:slave\nmaster_host:m\nmaster_port:7",
      "standalone",
      "is a replica of m:7",
    ],
  ] as const)("refuses %j for a URL of mode %s", (text, mode, fault) => {
    const refused = refusalOf(() => requireMode("a:1", info(text), mode));
    expect(refused.code).toBe("REDIS_MODE");
    expect(refused.fault).toContain(fault);
  });

  it("accepts a cluster's replica, which knows its masters", () => {
    const fields = info("redis_mode:cluster\nrole:slave");
    expect(() => requireMode("a:1", fields, "cluster")).not.toThrow();
  });
});
