import { existsSync, realpathSync, statSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { openConnection } from "./connection.js";
import { sourceError } from "./source-error.js";

/** What a file of a source is besides its rows. */
export interface FileFindings {
  readonly bytes: number;
  /** delete, wal, truncate ... */
  readonly journalMode: string;
  /** Of a write-ahead log that lies beside it; 0: there is none. */
  readonly walBytes: number;
  /** A write was interrupted or goes on. */
  readonly hasHotJournal: boolean;
  /** Of its pages those that hold nothing. */
  readonly pages: number;
  readonly freePages: number;
  /** null: no GeoPackage. */
  readonly geoPackage: GeoPackageFindings | null;
}

export interface GeoPackageFindings {
  /** user_version: 10300 is 1.3. */
  readonly version: number;
  /** The table's row in gpkg_geometry_columns; null: it has none. */
  readonly geometry: {
    readonly column: string;
    readonly type: string;
    readonly srsId: number;
    /** 0 prohibited, 1 mandatory, 2 optional. */
    readonly z: number;
  } | null;
  /** Of gpkg_contents: the extent it claims; null: none. */
  readonly extent: readonly number[] | null;
}

const BUSY_TIMEOUT_MS = 5000;

/**
 * Looks at a source's file and its table, without reading rows.
 *
 * @throws OctoloadError SOURCE_*
 */
export function findFileFacts(path: string, table: string): FileFindings {
  const real = realpathSync(path);
  const database = openConnection(real, BUSY_TIMEOUT_MS);
  try {
    const read = (name: string) => Number(database.pragma(name, { simple: true }));
    return {
      bytes: sizeOf(real),
      journalMode: String(database.pragma("journal_mode", { simple: true })),
      walBytes: sizeOf(`${real}-wal`),
      hasHotJournal: existsSync(`${real}-journal`) && sizeOf(`${real}-journal`) > 0,
      pages: read("page_count"),
      freePages: read("freelist_count"),
      geoPackage: geoPackageOf(database, table),
    };
  } catch (error) {
    throw sourceError(path, error);
  } finally {
    database.close();
  }
}

function geoPackageOf(database: Database, table: string): GeoPackageFindings | null {
  const has = (name: string) =>
    database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(name) !== undefined;
  if (!has("gpkg_contents")) return null;
  return {
    version: Number(database.pragma("user_version", { simple: true })),
    geometry: has("gpkg_geometry_columns") ? geometryOf(database, table) : null,
    extent: extentOf(database, table),
  };
}

function geometryOf(database: Database, table: string): GeoPackageFindings["geometry"] {
  const row = database
    .prepare<[string], { column: string; type: string; srsId: number; z: number }>(
      `SELECT column_name AS "column", geometry_type_name AS type, srs_id AS srsId, z
       FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)`,
    )
    .get(table);
  return row ?? null;
}

function extentOf(database: Database, table: string): readonly number[] | null {
  const row = database
    .prepare<[string], unknown[]>(
      "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE lower(table_name) = lower(?)",
    )
    .raw()
    .get(table);
  return row?.every((value) => typeof value === "number") === true ? (row as number[]) : null;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
