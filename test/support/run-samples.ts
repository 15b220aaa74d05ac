import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { BackfillOptions } from "../../src/load/load-settings.js";
import { MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import type { SourceTable, TableValue } from "./source-tables.js";
import { usualColumns } from "./source-tables.js";

export interface DeadLetterRow {
  readonly file: string;
  readonly rowid: bigint;
  readonly sink: string;
  readonly stage: string;
  readonly code: string;
  readonly message: string;
  readonly row: string | null;
}

/** Of a run directory, in the order of files and rowids. */
export function deadLettersOf(runDir: string): DeadLetterRow[] {
  const database = new Database(join(runDir, "dead-letters.sqlite"));
  const letters = database
    .prepare<[], DeadLetterRow>(
      `SELECT file, source_rowid AS rowid, sink, stage, code, message, row FROM dead_letters
       ORDER BY file, source_rowid, sink`,
    )
    .safeIntegers()
    .all();
  database.close();
  return letters;
}

/** How many dead letters of each code. */
export function lettersByCode(runDir: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of deadLettersOf(runDir)) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/** The events that a run wrote, each line parsed. */
export function eventsOf(runDir: string): Record<string, unknown>[] {
  const lines = readFileSync(join(runDir, "events.ndjson"), "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);
}

export function readJson(runDir: string, name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(runDir, name), "utf8")) as Record<string, unknown>;
}

export interface TargetCell {
  readonly level: number;
  readonly code: bigint;
  readonly materialId: number | null;
  readonly homogeneity: number;
  /** 0..255 */
  readonly childrenMask: number;
  readonly lastModified: bigint;
  /** Hexadecimal. */
  readonly envelope: string;
}

interface StoredCell {
  readonly level: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly material_id: bigint | null;
  readonly homogeneity: number;
  readonly children_mask: bigint;
  readonly last_modified: bigint;
  readonly envelope: string;
}

/** What an embedded target of either layout holds, by level and code. */
export function targetCells(path: string): TargetCell[] {
  const database = new Database(path, { readonly: true });
  const isTile = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'octree_tiles'").get();
  const [table, high, low] = isTile
    ? ["octree_tiles", "tile", "cell"]
    : ["octree_nodes", "morton_code >> 15", "morton_code & 32767"];
  const rows = database
    .prepare<[], StoredCell>(
      `SELECT level, ${high} AS high, ${low} AS low, material_id, homogeneity, children_mask,
         last_modified, hex(compressed_data) AS envelope
       FROM ${table} WHERE deleted = 0 ORDER BY level, high, low`,
    )
    .safeIntegers()
    .all();
  database.close();
  return rows.map((row) => ({
    level: Number(row.level),
    code: row.high * 32_768n + row.low,
    materialId: row.material_id === null ? null : Number(row.material_id),
    homogeneity: row.homogeneity,
    childrenMask: Number(row.children_mask & 0xffn),
    lastModified: row.last_modified,
    envelope: row.envelope,
  }));
}

export type NodeValues = Partial<
  Record<
    "Id" | "X" | "Y" | "Z" | "Level" | "MaterialId" | "Density" | "Metadata" | "Created",
    TableValue
  >
>;

/** A row that is good but for what `changes` say. Each `index` is a cell of its own. */
export function nodeValues(index: number, changes: NodeValues = {}): TableValue[] {
  const values: Required<NodeValues> = {
    Id: BigInt(index + 1),
    X: (index % 1000) * 20_000 - 9_990_000.5,
    Y: Math.floor(index / 1000) * 20_000 - 9_990_000.25,
    Z: 1234.5,
    Level: 12n,
    MaterialId: BigInt(index % 5),
    Density: index / 7,
    Metadata: `{"n":${index}}`,
    Created: "2024-05-01T12:00:00Z",
    ...changes,
  };
  return usualColumns.map(({ name }) => values[name as keyof NodeValues] ?? null);
}

/** A table of `count` good rows, changed where `changes` has an entry. */
export function nodeTable(
  count: number,
  changes: Readonly<Record<number, NodeValues>> = {},
): SourceTable {
  const rows = Array.from({ length: count }, (_, i) => ({ values: nodeValues(i, changes[i]) }));
  return { columns: usualColumns, rows };
}

/** The least memory a run takes. */
export const smallMemory: Pick<BackfillOptions, "memoryBytes"> = { memoryBytes: MIN_MEMORY_BYTES };
