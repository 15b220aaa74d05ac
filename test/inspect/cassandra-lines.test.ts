import { describe, expect, it } from "vitest";
import { noWriteTimes } from "../../src/cassandra/write-time.js";
import { OctoloadError } from "../../src/errors/octoload-error.js";
import type { CassandraFacts } from "../../src/inspect/cassandra-facts.js";
import { cassandraLines } from "../../src/inspect/cassandra-lines.js";
import { lineMaker, type Verdict } from "../../src/inspect/lines.js";
import { makePlan, type PlanFacts } from "../../src/inspect/plan.js";
import type { Layout } from "../../src/sink/sink.js";
import { cassandraFacts, nodeFacts } from "./cassandra-samples.js";
import { derivedFacts, sourceFacts } from "./survey-samples.js";

interface Case {
  readonly facts?: Partial<CassandraFacts>;
  readonly source?: PlanFacts["source"];
  readonly layout?: Layout;
  readonly rowsPerSecond?: number | null;
}

function linesOf({ facts = {}, source = sourceFacts(), ...more }: Case) {
  const { layout = "node", rowsPerSecond = 1000 } = more;
  const target = { url: "cassandra://h/k", kind: "cassandra", layout, rowsPerSecond } as const;
  const disk = { folder: "/", neededBytes: 0, freeBytes: 1 };
  const plan = makePlan({
    ...{ source, compression: 1, spill: disk, snapshot: null, rowOrders: 1 },
    targets: [{ ...target, copies: 3, nodes: 3 }],
  });
  const [planned] = plan.targets;
  if (planned === undefined) throw new Error("no target");
  const line = lineMaker("target", target.url);
  return cassandraLines(cassandraFacts(facts), { source, plan, planned, line });
}

function verdict(check: string, one: Case): Verdict | undefined {
  return linesOf(one).find((line) => line.check === check)?.verdict;
}

const nodes = (...changes: Parameters<typeof nodeFacts>[1][]) =>
  changes.map((change, i) => nodeFacts(i + 1, change));

describe("a cluster's lines", () => {
  it("are all go for three empty nodes with room", () => {
    expect(linesOf({}).filter((line) => line.verdict !== "go")).toEqual([]);
  });

  it("warn of mixed versions, and of a node that is down as long as a quorum is left", () => {
    const mixed = nodes({ version: "4.1.0" }, {}, {});
    expect(verdict("version", { facts: { nodes: mixed } })).toBe("warning");
    const down = { isUp: false };
    expect(verdict("nodes", { facts: { nodes: nodes(down, {}, {}) } })).toBe("warning");
    expect(verdict("nodes", { facts: { nodes: nodes(down, down, {}) } })).toBe("no-go");
    const all = { nodes: nodes(down, {}, {}), consistency: "all" } as const;
    expect(verdict("nodes", { facts: all })).toBe("no-go");
    const one = { nodes: nodes(down, down, {}), consistency: "local_one" } as const;
    expect(verdict("nodes", { facts: one })).toBe("warning");
  });

  it("compare copies with nodes", () => {
    const copies = (rf: number, count: number): Partial<CassandraFacts> => ({
      replication: { dc1: rf },
      nodes: Array.from({ length: count }, (_, i) => nodeFacts(i)),
    });
    expect(verdict("copies", { facts: copies(3, 3) })).toBe("go");
    expect(verdict("copies", { facts: copies(3, 2) })).toBe("warning");
    expect(verdict("copies", { facts: copies(3, 1) })).toBe("no-go");
    expect(verdict("copies", { facts: copies(1, 1) })).toBe("warning");
    expect(verdict("copies", { facts: { replication: { dc2: 3 } } })).toBe("no-go");
  });

  it("hold the load's time against gc_grace", () => {
    // 1000 rows at 1 a second: 17 minutes.
    const slow = (gcGraceSeconds: number) => ({ facts: { gcGraceSeconds }, rowsPerSecond: 1 });
    expect(verdict("gc_grace", slow(2100))).toBe("go");
    expect(verdict("gc_grace", slow(1900))).toBe("warning");
    expect(verdict("gc_grace", slow(900))).toBe("no-go");
    const unknown = { facts: { gcGraceSeconds: 1 }, rowsPerSecond: null };
    expect(verdict("gc_grace", unknown)).toBe("go");
    const table = { gcGraceSeconds: 864_000, ttlSeconds: 60 };
    expect(verdict("gc_grace", { facts: { table } })).toBe("warning");
  });

  it("tell tombstones from columns that are left unset", () => {
    const materials = [{ materialId: null, rows: 1000 }];
    const source = sourceFacts({
      derived: derivedFacts({ materials }),
      tiles: { byLevel: [{ level: 12, tiles: 1 }], rowsInLargest: 1001 },
    });
    expect(verdict("tombstones", { source, layout: "tile" })).toBe("go");
    const facts = { writeTimes: { ...noWriteTimes, runs: 1n, lastRunUs: 1n } };
    expect(verdict("tombstones", { source, facts, layout: "tile" })).toBe("warning");
    expect(verdict("tombstones", { source, facts, layout: "node" })).toBe("go");
    expect(verdict("tombstones", { facts })).toBeUndefined();
  });

  it("refuse a clock, and T0 without room for another run", () => {
    const clockFault = new OctoloadError("CLOCK_SKEW", "2 s ahead");
    expect(verdict("clock", { facts: { clockFault } })).toBe("no-go");
    const t0 = (runs: bigint) => ({
      writeTimes: {
        ...noWriteTimes,
        runs,
        lastRunUs: 1n,
        t0: { us: 2_000_000_000_000_000n, runs },
      },
    });
    expect(verdict("write times", { facts: t0(3n) })).toBe("go");
    expect(verdict("write times", { facts: t0(9_999n) })).toBe("no-go");
    const unknownRows = { isTableEmpty: false };
    expect(verdict("existing rows", { facts: unknownRows })).toBe("warning");
  });

  it("say whether the disks suffice, and that those of other machines cannot be seen", () => {
    const free = (freeBytes: number | null) => nodes({ freeBytes }, {}, {});
    expect(verdict("disk", { facts: { nodes: free(1000) } })).toBe("no-go");
    expect(verdict("disk", { facts: { nodes: free(null) } })).toBe("warning");
  });

  it("name keyspaces that a probe left", () => {
    expect(verdict("left over", { facts: { leftProbes: ["octoload_probe_1"] } })).toBe("warning");
  });

  it("warn of tables that are kept otherwise", () => {
    const drift = {
      ...{ object: "k.octree_nodes", item: "compaction", expected: "a", found: "b" },
      isFatal: false,
    };
    const table = { gcGraceSeconds: 864_000, ttlSeconds: 0 };
    expect(verdict("schema", { facts: { table, drift: [drift] } })).toBe("warning");
    expect(verdict("schema", { facts: { table } })).toBe("go");
  });
});

describe("the servers' limits", () => {
  const limited = (settings: Readonly<Record<string, string>>, more: Omit<Case, "facts"> = {}) => ({
    ...more,
    facts: { nodes: nodes({}, { settings: new Map(Object.entries(settings)) }, {}) },
  });

  it("are a warning where no node tells them", () => {
    const silent = nodes({ settings: null }, { settings: null });
    expect(verdict("limits", { facts: { nodes: silent } })).toBe("warning");
  });

  it("bound a batch of layout node, of the strictest node", () => {
    expect(verdict("batches", limited({ batch_size_warn_threshold: "5KiB" }))).toBe("go");
    const strict = { batch_size_warn_threshold: "1KiB" };
    expect(verdict("batches", limited(strict))).toBe("warning");
    expect(verdict("batches", limited(strict, { layout: "tile" }))).toBe("go");
  });

  it("bound a row", () => {
    const long = sourceFacts({
      metadata: {
        ...{ values: 2, bytes: 2_000_100, histogram: [...Array(21).fill(0), 1] },
        longest: { file: 0, rowid: "1", bytes: 2_000_000 },
      },
    });
    expect(verdict("row size", limited({}, { source: long }))).toBe("go");
    const settings = { column_value_size_fail_threshold: "1MiB" };
    const found = linesOf(limited(settings, { source: long }));
    expect(found.find(({ check }) => check === "row size")).toMatchObject({
      verdict: "warning",
      code: "TOO_LARGE",
      finding: expect.stringContaining("1 row may"),
    });
  });

  it("bound partitions, consistency, copies, times and disks", () => {
    const large = sourceFacts({ tiles: { byLevel: [], rowsInLargest: 32_768 } });
    const tile = { source: large, layout: "tile" } as const;
    expect(verdict("partitions", limited({}, tile))).toBe("go");
    const warn = { partition_size_warn_threshold: "1MiB" };
    expect(verdict("partitions", limited(warn, tile))).toBe("warning");
    const fail = { partition_size_fail_threshold: "1MiB" };
    expect(verdict("partitions", limited(fail, tile))).toBe("no-go");
    const disallowed = { write_consistency_levels_disallowed: "[ONE, LOCAL_QUORUM]" };
    expect(verdict("consistency", limited(disallowed))).toBe("no-go");
    const warned = { write_consistency_levels_warned: "LOCAL_QUORUM" };
    expect(verdict("consistency", limited(warned))).toBe("warning");
    const copies = { minimum_replication_factor_fail_threshold: "4" };
    expect(verdict("new keyspace", limited(copies))).toBe("no-go");
    expect(verdict("write timestamps", limited({ user_timestamps_enabled: "true" }))).toBe("go");
    const old = { minimum_timestamp_fail_threshold: "1d" };
    expect(verdict("write timestamps", limited(old))).toBe("warning");
    const usage = { data_disk_usage_percentage_fail_threshold: "80" };
    expect(verdict("disk guardrail", limited(usage))).toBe("warning");
    expect(
      verdict("disk guardrail", limited({ data_disk_usage_percentage_fail_threshold: "-1" })),
    ).toBeUndefined();
  });
});
