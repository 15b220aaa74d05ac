import { describe, expect, it } from "vitest";
import { requireOwnTables, requireTables } from "../../src/cassandra/fitness.js";
import type { FoundKeyspace, FoundTable } from "../../src/cassandra/inspect.js";
import type { SchemaSpec } from "../../src/cassandra/schema.js";
import { findDrift } from "../../src/cassandra/schema-check.js";
import { defaultTableOptions } from "../../src/cassandra/schema-options.js";
import type { Layout } from "../../src/encoding/layout.js";
import { refusalOf } from "../support/refusal-of.js";
import { foundKeyspace, withColumn, withTable } from "./found-keyspace.js";

const layouts: readonly Layout[] = ["node", "tile"];
const specOf = (layout: Layout): SchemaSpec => ({
  keyspace: "ks",
  layout,
  replication: { dc1: 3 },
  tableOptions: defaultTableOptions,
});

/** Its differences from what it should be, layout node, as text. */
function driftOf(found: FoundKeyspace | undefined, spec = specOf("node")): string[] {
  return findDrift(spec, found).map(
    ({ object, item, expected, found: got, isFatal }) =>
      `${object}: ${item}: ${expected} -> ${got}${isFatal ? " (fatal)" : ""}`,
  );
}

const nodes = (change: (table: FoundTable) => FoundTable | undefined) =>
  withTable(foundKeyspace("node"), "octree_nodes", change);
const column = (name: string, change: Parameters<typeof withColumn>[2]) =>
  nodes((table) => withColumn(table, name, change));

describe("findDrift", () => {
  it.each(layouts)("finds nothing where all is as it should be, layout %s", (layout) => {
    expect(findDrift(specOf(layout), foundKeyspace(layout))).toEqual([]);
  });

  it("does not mind tables of others, nor those of the other layout", () => {
    const { replication, tables } = foundKeyspace("node");
    const both = new Map([...tables, ...foundKeyspace("tile").tables]);
    both.set("users", { ...(tables.get("octree_nodes") as FoundTable), columns: [] });
    expect(driftOf({ replication, tables: both })).toEqual([]);
  });

  it.each<[what: string, found: FoundKeyspace | undefined, drift: string]>([
    ["no keyspace", undefined, "ks: keyspace: present -> missing (fatal)"],
    ["no table", nodes(() => undefined), "ks.octree_nodes: table: present -> missing (fatal)"],
    [
      "another type",
      column("material_id", { type: "bigint" }),
      "ks.octree_nodes: column material_id: int -> bigint (fatal)",
    ],
    [
      "a missing column",
      nodes((table) => ({
        ...table,
        columns: table.columns.filter(({ name }) => name !== "homogeneity"),
      })),
      "ks.octree_nodes: column homogeneity: float -> missing (fatal)",
    ],
    [
      "one column more",
      nodes((table) => ({
        ...table,
        columns: [
          ...table.columns,
          { name: "x", type: "int", kind: "regular", position: -1, clusteringOrder: "none" },
        ],
      })),
      "ks.octree_nodes: column x: none -> int",
    ],
    [
      "another key",
      column("level", { kind: "partition_key", position: 1, clusteringOrder: "none" }),
      "ks.octree_nodes: primary key: morton_code, level -> (morton_code, level) (fatal)",
    ],
    [
      "descending order",
      column("level", { clusteringOrder: "desc" }),
      "ks.octree_nodes: order of level: ascending -> descending (fatal)",
    ],
    [
      "a static column",
      column("last_modified", { kind: "static" }),
      "ks.octree_nodes: column last_modified: bigint -> static (fatal)",
    ],
    [
      "other compaction",
      nodes((table) => ({ ...table, compaction: { class: "UnifiedCompactionStrategy" } })),
      "ks.octree_nodes: compaction: LeveledCompactionStrategy -> UnifiedCompactionStrategy",
    ],
    [
      "no compression",
      nodes((table) => ({ ...table, compression: { enabled: "false" } })),
      "ks.octree_nodes: compression: LZ4Compressor, chunks of 16 KiB -> none",
    ],
    [
      "other chunks",
      nodes((table) => ({
        ...table,
        compression: { ...table.compression, chunk_length_in_kb: "64" },
      })),
      "ks.octree_nodes: compression: LZ4Compressor, chunks of 16 KiB -> LZ4Compressor, chunks of 64 KiB",
    ],
    [
      "another gc_grace",
      nodes((table) => ({ ...table, gcGraceSeconds: 864_000 })),
      "ks.octree_nodes: gc_grace_seconds: 7776000 -> 864000",
    ],
    [
      "rows that expire",
      nodes((table) => ({ ...table, ttlSeconds: 60 })),
      "ks.octree_nodes: default_time_to_live: 0 -> 60",
    ],
    [
      "other copies",
      {
        ...foundKeyspace("node"),
        replication: { class: "NetworkTopologyStrategy", dc2: "1", dc1: "2" },
      },
      "ks: replication: dc1:3 -> dc1:2,dc2:1",
    ],
    [
      "another strategy",
      {
        ...foundKeyspace("node"),
        replication: {
          class: "org.apache.cassandra.locator.SimpleStrategy",
          replication_factor: "3",
        },
      },
      'ks: replication: dc1:3 -> SimpleStrategy {"replication_factor":"3"}',
    ],
  ])("finds %s, and nothing else", (_what, found, drift) => {
    expect(driftOf(found)).toEqual([drift]);
  });

  it("compares with what was asked for", () => {
    const tableOptions = { ...defaultTableOptions, compression: "none" as const };
    const bare = nodes((table) => ({ ...table, compression: { enabled: "false" } }));
    expect(driftOf(bare, { ...specOf("node"), tableOptions })).toEqual([]);
  });

  it("sees a partition key in another order", () => {
    const swapped = withTable(foundKeyspace("tile"), "octree_tiles", (table) =>
      withColumn(withColumn(table, "level", { position: 1 }), "tile", { position: 0 }),
    );
    expect(driftOf(swapped, specOf("tile"))).toEqual([
      "ks.octree_tiles: primary key: (level, tile), cell -> (tile, level), cell (fatal)",
    ]);
  });
});

describe("what may be loaded into", () => {
  const refusal = (found: FoundKeyspace | undefined) => {
    const { code, fault } = refusalOf(() => requireTables("ks", "node", found));
    return `${code}: ${fault}`;
  };

  it("is a keyspace with the layout's tables, whatever its options", () => {
    const found = nodes((table) => ({ ...table, ttlSeconds: 60, gcGraceSeconds: 1 }));
    expect(requireTables("ks", "node", found)).toBe(undefined);
  });

  it("is no keyspace that is missing", () => {
    expect(refusal(undefined)).toBe("CASSANDRA_KEYSPACE: there is no keyspace ks");
  });

  it("is no keyspace without the tables", () => {
    const empty = { ...foundKeyspace("node"), tables: new Map() };
    expect(refusal(empty)).toMatch(
      /^TARGET_MISSING: the keyspace ks has no octoload_meta, octoload_state, octree_nodes$/,
    );
    expect(refusal(foundKeyspace("tile"))).toMatch(/^TARGET_MISSING: .* has no octree_nodes$/);
  });

  it("is no table of our name in a keyspace that is not ours", () => {
    const found = withTable(foundKeyspace("node"), "octoload_meta", () => undefined);
    expect(refusal(found)).toMatch(/^TARGET_FOREIGN: ks has a table octree_nodes, but no octoload/);
  });

  it("is no meta table that is somebody else's", () => {
    const found = withTable(foundKeyspace("node"), "octoload_meta", (table) =>
      withColumn(table, "value", { type: "blob" }),
    );
    expect(refusal(found)).toBe(
      "TARGET_FOREIGN: ks.octoload_meta: column value is blob, expected text",
    );
  });

  it("is no table of ours that was changed, of the other layout either", () => {
    expect(refusal(column("level", { type: "int" }))).toBe(
      "TARGET_SCHEMA: ks.octree_nodes: column level is int, expected tinyint",
    );
    const tile = withTable(foundKeyspace("tile"), "octree_tiles", (table) =>
      withColumn(table, "cell", { type: "int" }),
    );
    expect(refusalOf(() => requireOwnTables("ks", tile)).code).toBe("TARGET_SCHEMA");
  });

  it("has what a keyspace of others has, besides", () => {
    expect(requireOwnTables("ks", { replication: {}, tables: new Map() })).toBe(undefined);
  });
});
