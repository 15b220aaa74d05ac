import { describe, expect, it } from "vitest";
import { chooseDatacenter } from "../../src/cassandra/local-dc-policy.js";
import { chooseReplication } from "../../src/cassandra/replication.js";
import { defaultTableOptions } from "../../src/cassandra/schema-options.js";
import { requireKnownOptions, requireServerVersions } from "../../src/cassandra/server-version.js";
import { refusalOf } from "../support/refusal-of.js";

describe("chooseDatacenter", () => {
  it("takes the one that is wanted, or the only one", () => {
    expect(chooseDatacenter("b", ["a", "b"])).toBe("b");
    expect(chooseDatacenter(null, ["a"])).toBe("a");
  });

  it.each([
    ["c", /no data centre "c", it has a, b/],
    ["A", /no data centre "A"/],
    [null, /several data centres: a, b/],
  ])("refuses %s of a and b", (wanted, message) => {
    const { code, fault } = refusalOf(() => chooseDatacenter(wanted, ["a", "b"]));
    expect(code).toBe("CASSANDRA_DC");
    expect(fault).toMatch(message);
  });
});

describe("requireServerVersions", () => {
  it("takes 4.0 and newer ones", () => {
    expect(requireServerVersions(["4.0.0", "4.1.3", "5.0-beta1", "5.0.6", "10.0.1"])).toBe(
      undefined,
    );
  });

  it.each([
    [["3.11.19"], /a node runs Cassandra 3\.11\.19, but 4\.0 is the oldest/],
    [["4.0.1", "3.0.8"], /Cassandra 3\.0\.8/],
    [["4.0.1", null], /of an unknown version/],
    [[""], /the oldest/],
  ])("refuses %o", (versions, message) => {
    const { code, fault } = refusalOf(() => requireServerVersions(versions));
    expect(code).toBe("CASSANDRA_VERSION");
    expect(fault).toMatch(message);
  });
});

describe("requireKnownOptions", () => {
  const unified = { ...defaultTableOptions, compaction: "unified" as const };

  it("takes unified compaction from 5.0 on, all else from any", () => {
    expect(requireKnownOptions(unified, ["5.0.6", "5.0-beta1"])).toBe(undefined);
    expect(requireKnownOptions(defaultTableOptions, ["4.0.1"])).toBe(undefined);
  });

  it("refuses unified compaction where one node is older", () => {
    const { code, fault } = refusalOf(() => requireKnownOptions(unified, ["5.0.6", "4.1.3"]));
    expect(code).toBe("SCHEMA_OPTION");
    expect(fault).toMatch(/needs Cassandra 5\.0, but a node runs 4\.1\.3/);
  });
});

describe("chooseReplication", () => {
  const shape = (nodes: Readonly<Record<string, number>>) => ({
    local: "a",
    nodes: new Map(Object.entries(nodes)),
  });

  it.each<[nodes: Readonly<Record<string, number>>, rf: number, notes: readonly string[]]>([
    [{ a: 1 }, 1, ["one copy of each row: the cluster has one node"]],
    [{ a: 2 }, 3, ["a has 2 nodes, too few for 3 copies on different ones"]],
    [{ a: 3 }, 3, []],
    [{ a: 1, b: 3 }, 3, ["a has 1 node, too few for 3 copies on different ones"]],
    [{ a: 3, b: 3 }, 3, []],
  ])("of %o is by default %i copies in the local data centre", (nodes, rf, notes) => {
    expect(chooseReplication(shape(nodes), undefined)).toEqual({ replication: { a: rf }, notes });
  });

  it("is what is wanted, where the cluster has it", () => {
    const wanted = { b: 2, a: 3 };
    expect(chooseReplication(shape({ a: 3, b: 3 }), wanted)).toEqual({
      replication: wanted,
      notes: [],
    });
    const { notes } = chooseReplication(shape({ a: 3, b: 1 }), wanted);
    expect(notes).toEqual(["b has 1 node, too few for 2 copies on different ones"]);
  });

  it.each([
    [{ c: 3, a: 1 }, /data centre c, but there are a, b/],
    [{ b: 3 }, /leaves out a, the data centre that requests go to/],
  ])("refuses %o", (wanted, message) => {
    const { code, fault } = refusalOf(() => chooseReplication(shape({ a: 3, b: 3 }), wanted));
    expect(code).toBe("SCHEMA_OPTION");
    expect(fault).toMatch(message);
  });
});
