import { setImmediate } from "node:timers/promises";
import { targetFailure } from "../sink/sqlite/failure.js";
import type { EmbeddedTarget } from "./embedded-target.js";
import { GeopackageFile } from "./geopackage-file.js";
import { openEmbeddedTarget } from "./open-target.js";
import { decodeRows } from "./row-decoder.js";
import { type SourceTable, SourceTables } from "./source-tables.js";

export interface ExportOptions {
  /** Replaces the file if it is there. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  /** Called now and then with the rows written so far. */
  readonly onProgress?: (rows: number, total: number) => void;
}

export interface ExportedTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: number;
}

export interface ExportResult {
  readonly path: string;
  readonly rows: number;
  readonly tables: readonly ExportedTable[];
}

/**
 * Rebuilds the source's table from a target as a GeoPackage: its rows equal the loaded ones by
 * storage class and bytes of every value. Rows that differ in their columns get a table each.
 *
 * Rows are read in short reads, so that a load may go on; what it writes meanwhile may be in the
 * export or not.
 *
 * @throws OctoloadError TARGET_*; OUTPUT_EXISTS, OUTPUT_FAILED; ENVELOPE_* where the target is damaged. No file is
 *   then left, and one that was to be replaced stays.
 */
export async function exportTarget(
  url: string,
  path: string,
  options: ExportOptions = {},
): Promise<ExportResult> {
  const target = openEmbeddedTarget(url);
  try {
    const file = GeopackageFile.create(path, options.force === true, target.path);
    try {
      const tables = await copyRows(target, file, options);
      file.finish();
      const rows = tables.reduce((sum, table) => sum + table.rows, 0);
      return { path, rows, tables };
    } finally {
      file.discard();
    }
  } catch (error) {
    throw targetFailure(target.path, error);
  } finally {
    await target.close();
  }
}

async function copyRows(
  target: EmbeddedTarget,
  file: GeopackageFile,
  { signal, onProgress }: ExportOptions,
): Promise<ExportedTable[]> {
  const tables = new SourceTables(target.meta);
  const counts = new Map<SourceTable, number>();
  const total = onProgress === undefined ? 0 : target.rows.count();
  let written = 0;
  for (const batch of target.rows.all()) {
    signal?.throwIfAborted();
    for (const row of decodeRows(batch, target.frame)) {
      const table = tables.tableOf(row);
      file.insert(table, row);
      counts.set(table, (counts.get(table) ?? 0) + 1);
    }
    written += batch.length;
    onProgress?.(written, total);
    // Lets signals and timers have their turn.
    await setImmediate();
  }
  if (counts.size === 0) {
    const table = tables.emptyTable();
    file.addTable(table);
    counts.set(table, 0);
  }
  return [...counts].map(([{ name, columns }, rows]) => {
    return { name, columns: columns.map((column) => column.name), rows };
  });
}
