import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { backfill } from "../../src/backfill/backfill.js";
import type { BackfillHooks } from "../../src/backfill/hooks.js";
import { rowTables } from "../../src/cassandra/tables.js";
import { type BackfillOptions, MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import type { RunReport } from "../../src/load/run-report.js";
import type { Layout } from "../../src/sink/sink.js";
import type { TargetCell } from "../support/run-samples.js";
import type { CassandraAddress } from "../support/servers.js";
import { openSchemaKeyspace, type SchemaKeyspace } from "./schema-keyspace.js";

/** A keyspace that loads of one layout go to. */
export interface LoadKeyspace extends SchemaKeyspace {
  readonly layout: Layout;
  /** All it holds, by level and code. */
  cells(): Promise<TargetCell[]>;
  /** Of every cell of every row, those that are NULL left out: distinct, ascending. */
  writeTimes(): Promise<bigint[]>;
}

/** @param made the keyspace is there when it is returned, but no table */
export async function openLoadKeyspace(
  cassandra: CassandraAddress,
  layout: Layout,
): Promise<LoadKeyspace> {
  const keyspace = await openSchemaKeyspace(cassandra);
  const { name, columns, partitionKey, clusteringKey } = rowTables[layout];
  const isKey = (column: string) => [...partitionKey, ...clusteringKey].includes(column);
  const values = columns.map((column) => column.name).filter((column) => !isKey(column));
  const select = async (what: string) => {
    const { client } = keyspace.session;
    const query = `SELECT ${what} FROM "${keyspace.keyspace}".${name}`;
    const rows: Record<string, unknown>[] = [];
    const result = await client.execute(query, [], { prepare: true, fetchSize: 5000 });
    for await (const row of result) rows.push({ ...row });
    return rows;
  };
  return {
    ...keyspace,
    url: `${keyspace.url}?dc=${cassandra.dc}&layout=${layout}`,
    layout,
    cells: async () => (await select("*")).map(cellOf).sort(byLevelAndCode),
    writeTimes: async () => {
      const rows = await select(
        values.map((value) => `WRITETIME(${value}) AS ${value}`).join(", "),
      );
      const times = new Set(rows.flatMap((row) => Object.values(row)).filter((t) => t !== null));
      return [...times].map((time) => BigInt(String(time))).sort((a, b) => Number(a - b));
    },
  };
}

/** A run into some targets, in a folder of its own unless `runDir` is given. */
export async function loadInto(
  to: readonly string[],
  folder: string,
  options: BackfillOptions,
  hooks: BackfillHooks = {},
): Promise<{ readonly report: RunReport; readonly runDir: string }> {
  const runDir = options.runDir ?? join(mkdtempSync(join(folder, "run-")), "run");
  const memoryBytes = MIN_MEMORY_BYTES * to.length;
  const { report } = await backfill({ to, runDir, memoryBytes, ...options }, hooks);
  return { report, runDir };
}

function cellOf(row: Readonly<Record<string, unknown>>): TargetCell {
  const code =
    row.morton_code === undefined
      ? BigInt(String(row.tile)) * 32_768n + BigInt(Number(row.cell))
      : BigInt(String(row.morton_code));
  const material = row.material_id;
  return {
    level: Number(row.level),
    code,
    materialId: material === null ? null : Number(material),
    homogeneity: Number(row.homogeneity),
    childrenMask: Number(row.children_mask) & 0xff,
    lastModified: BigInt(String(row.last_modified)),
    envelope: (row.compressed_data as Buffer).toString("hex").toUpperCase(),
  };
}

function byLevelAndCode(a: TargetCell, b: TargetCell): number {
  if (a.level !== b.level) return a.level - b.level;
  return a.code < b.code ? -1 : Number(a.code > b.code);
}
