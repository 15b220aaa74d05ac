import { setImmediate } from "node:timers/promises";
import { GeopackageFile } from "./geopackage-file.js";
import { type OpenTargetOptions, openTarget } from "./open-target.js";
import { type SourceTable, SourceTables } from "./source-tables.js";
import type { ScanOptions, Target } from "./target.js";

export interface ExportOptions extends OpenTargetOptions {
  /** Replaces the file if it is there. */
  readonly force?: boolean;
  /** Whether the target's rows are counted when the file is written; true unless given. */
  readonly recount?: boolean;
  readonly signal?: AbortSignal;
  /**
   * Called now and then.
   *
   * @param rows written, or counted
   * @param share of the target that has been read, 0 to 1
   */
  readonly onProgress?: (step: "export" | "recount", rows: number, share: number) => void;
}

export interface ExportedTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: number;
}

export interface ExportResult {
  readonly path: string;
  readonly rows: number;
  /** Rows of the target as counted afterwards; null: they were not. */
  readonly countedRows: number | null;
  readonly tables: readonly ExportedTable[];
}

/**
 * Rebuilds the source's table from a target as a GeoPackage: its rows equal the loaded ones by
 * storage class and bytes of every value. Rows that differ in their columns get a table each.
 *
 * Rows are read in short reads, so that a load may go on; what it writes meanwhile may be in the
 * export or not, and then `countedRows` may differ from `rows`.
 *
 * @throws OctoloadError TARGET_*, CASSANDRA_*; OUTPUT_EXISTS, OUTPUT_FAILED; ENVELOPE_*,
 *   ROW_INCOMPLETE where the target is damaged. No file is then left, and one that was to be
 *   replaced stays.
 */
export async function exportTarget(
  url: string,
  path: string,
  options: ExportOptions = {},
): Promise<ExportResult> {
  const target = await openTarget(url, options);
  try {
    const tables = await writeFile(target, path, options);
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    const countedRows = options.recount === false ? null : await recount(target, rows, options);
    return { path, rows, countedRows, tables };
  } finally {
    await target.close();
  }
}

async function writeFile(
  target: Target,
  path: string,
  options: ExportOptions,
): Promise<ExportedTable[]> {
  const file = GeopackageFile.create(path, options.force === true, target.path);
  try {
    const tables = await copyRows(target, file, options);
    file.finish();
    return tables;
  } finally {
    file.discard();
  }
}

async function copyRows(
  target: Target,
  file: GeopackageFile,
  { signal, onProgress }: ExportOptions,
): Promise<ExportedTable[]> {
  const tables = new SourceTables(target.meta);
  const counts = new Map<SourceTable, number>();
  let written = 0;
  const scan = scanOptions(signal, onProgress && ((share) => onProgress("export", written, share)));
  for await (const batch of target.scan(scan)) {
    for (const row of batch) {
      const table = tables.tableOf(row);
      file.insert(table, row);
      counts.set(table, (counts.get(table) ?? 0) + 1);
    }
    written += batch.length;
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

function recount(
  target: Target,
  rows: number,
  { signal, onProgress }: ExportOptions,
): Promise<number> {
  const tell = onProgress && ((share: number) => onProgress("recount", rows, share));
  return target.countRows(scanOptions(signal, tell));
}

function scanOptions(
  signal: AbortSignal | undefined,
  onProgress: ((share: number) => void) | undefined,
): ScanOptions {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
}
