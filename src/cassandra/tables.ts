import type { Layout } from "../encoding/layout.js";

/** The types of CQL that octoload's tables have, as the server's own tables spell them. */
export type CqlType = "bigint" | "blob" | "float" | "int" | "smallint" | "text" | "tinyint";

export interface Column {
  readonly name: string;
  readonly type: CqlType;
}

/** A table of a target. Its name stands without keyspace. */
export interface Table {
  readonly name: string;
  /** As written in CREATE TABLE, and the order of the bind markers of an INSERT. */
  readonly columns: readonly Column[];
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly string[];
}

/** What a row holds besides its key, the same in both layouts. */
export const valueColumns = [
  { name: "material_id", type: "int" },
  { name: "homogeneity", type: "float" },
  { name: "children_mask", type: "tinyint" },
  { name: "compressed_data", type: "blob" },
  { name: "last_modified", type: "bigint" },
] as const satisfies readonly Column[];

/** The table of a layout's rows; its key columns come first. */
export const rowTables: Readonly<Record<Layout, Table>> = {
  node: {
    name: "octree_nodes",
    columns: [
      { name: "morton_code", type: "bigint" },
      { name: "level", type: "tinyint" },
      ...valueColumns,
    ],
    partitionKey: ["morton_code"],
    clusteringKey: ["level"],
  },
  tile: {
    name: "octree_tiles",
    columns: [
      { name: "level", type: "tinyint" },
      { name: "tile", type: "bigint" },
      { name: "cell", type: "smallint" },
      ...valueColumns,
    ],
    partitionKey: ["level", "tile"],
    clusteringKey: ["cell"],
  },
};

/** What a target records of itself: schema version, frame, layout, sources, dictionaries. */
export const metaTable: Table = {
  name: "octoload_meta",
  columns: [
    { name: "key", type: "text" },
    { name: "value", type: "text" },
  ],
  partitionKey: ["key"],
  clusteringKey: [],
};

/** Run counter, last run's write time, T0, toggles: changed by lightweight transaction only. */
export const stateTable: Table = {
  name: "octoload_state",
  columns: [
    { name: "scope", type: "text" },
    { name: "key", type: "text" },
    { name: "value", type: "text" },
    { name: "changed_at", type: "bigint" },
    { name: "changed_by", type: "text" },
  ],
  partitionKey: ["scope"],
  clusteringKey: ["key"],
};

/** The tables of a target of this layout, in the order they are created. */
export function tablesOf(layout: Layout): readonly Table[] {
  return [metaTable, stateTable, rowTables[layout]];
}
