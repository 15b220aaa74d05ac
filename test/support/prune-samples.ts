import { join } from "node:path";
import Database from "better-sqlite3";
import { type NodeValues, nodeValues } from "./run-samples.js";
import { cellOf } from "./sink-blocks.js";
import { type SourceTable, usualColumns } from "./source-tables.js";

/** "level code" of the row that nodeTable() has at an index. */
export function keyOfRow(index: number): string {
  const [, x, y, z, level] = nodeValues(index);
  const cell = cellOf([Number(x), Number(y), Number(z)], Number(level));
  return `${cell.level} ${cell.code}`;
}

/** As nodeTable(), without the rows of some indexes; the others keep their rowids. */
export function tableWithout(
  count: number,
  gone: ReadonlySet<number>,
  changes: Readonly<Record<number, NodeValues>> = {},
): SourceTable {
  const rows = Array.from({ length: count }, (_, i) => i)
    .filter((i) => !gone.has(i))
    .map((i) => ({ rowid: BigInt(i + 1), values: nodeValues(i, changes[i]) }));
  return { columns: usualColumns, rows };
}

/** `some` of the indexes below `count`, scattered; `count` is a power of ten times a power of two. */
export function scattered(count: number, some: number): Set<number> {
  const all = Array.from({ length: count }, (_, i) => i);
  return new Set(all.filter((i) => (i * 7919) % count < some));
}

export interface PrunedKey {
  readonly sink: string;
  /** "level code" */
  readonly key: string;
  readonly writeTime: bigint | null;
}

/** What a run lists as pruned, by keys. */
export function prunedKeysOf(runDir: string): PrunedKey[] {
  const database = new Database(join(runDir, "dead-letters.sqlite"), { readonly: true });
  const keys = database
    .prepare<[], PrunedKey>(
      `SELECT sink, level || ' ' || code AS key, write_time AS writeTime FROM pruned_keys
       ORDER BY sink, key`,
    )
    .safeIntegers()
    .all();
  database.close();
  return keys;
}
