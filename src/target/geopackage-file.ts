import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";
import type { SourceTable } from "./source-tables.js";
import { RawText, type SourceValue, type TargetRow } from "./target-row.js";

/** "GPKG" and version 1.4.0, clause 1.1.1.1.1 of the GeoPackage standard (OGC 12-128r19). */
const APPLICATION_ID = 0x47504b47;
const USER_VERSION = 10_400;

/**
 * The tables that every GeoPackage has and the three reference systems it must list (clauses
 * 1.1.2.1 and 1.1.3.1). Attributes have no place, so none of the three is referred to, and the list
 of geometry columns (2.1.5) stays empty: GDAL opens no GeoPackage without it.
 */
const requiredTables = `
  CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
  INSERT INTO gpkg_spatial_ref_sys VALUES
    ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', NULL),
    ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', NULL),
    ('WGS 84 geodetic', 4326, 'EPSG', 4326,
     'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],' ||
     'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]', NULL);
  CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
    description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
  CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
    CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents (table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));`;

type Insert = (row: TargetRow) => void;

/**
 * A GeoPackage of attributes tables that appears under its name when it is complete: it is written
 * beside it, synced and renamed.
 */
export class GeopackageFile {
  readonly #path: string;
  readonly #partialPath: string;
  readonly #database: Database.Database;
  readonly #inserts = new Map<SourceTable, Insert>();

  private constructor(path: string) {
    this.#path = path;
    this.#partialPath = `${path}.partial-${process.pid}`;
    rmSync(this.#partialPath, { force: true });
    this.#database = new Database(this.#partialPath);
    // Nobody reads it before it is complete, and then it is synced as a whole.
    for (const pragma of ["journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE"]) {
      this.#database.pragma(pragma);
    }
    this.#database.pragma(`application_id = ${APPLICATION_ID}`);
    this.#database.pragma(`user_version = ${USER_VERSION}`);
    this.#database.exec(`BEGIN;${requiredTables}`);
  }

  /**
   * @param replace a file of that name
   * @param notOver a file that may not be replaced in any case; null: there is none
   * @throws OctoloadError OUTPUT_EXISTS, OUTPUT_FAILED
   */
  static create(path: string, replace: boolean, notOver: string | null): GeopackageFile {
    requireFree(path, replace, notOver);
    try {
      return new GeopackageFile(path);
    } catch (error) {
      throw exportFailure(path, error);
    }
  }

  /**
   * Adds a table; columns have no types, because an affinity would change values: -0.0 to 0.
   *
   * @throws OctoloadError OUTPUT_FAILED
   */
  addTable(table: SourceTable): void {
    try {
      this.#createTable(table);
    } catch (error) {
      throw exportFailure(this.#path, error);
    }
  }

  #createTable(table: SourceTable): void {
    const columns = table.columns.map(({ name }) => quoted(name)).join(", ");
    this.#database.exec(`CREATE TABLE ${quoted(table.name)} (${columns})`);
    this.#database
      .prepare(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?, 'attributes', ?)",
      )
      .run(table.name, table.name);
    this.#inserts.set(table, this.#prepareInsert(table));
  }

  /** @throws OctoloadError OUTPUT_FAILED */
  insert(table: SourceTable, row: TargetRow): void {
    try {
      if (!this.#inserts.has(table)) this.#createTable(table);
      this.#inserts.get(table)?.(row);
    } catch (error) {
      throw exportFailure(this.#path, error);
    }
  }

  /** @throws OctoloadError OUTPUT_FAILED */
  finish(): void {
    try {
      this.#database.exec("COMMIT");
      this.#database.close();
      syncPath(this.#partialPath);
      renameSync(this.#partialPath, this.#path);
      syncPath(dirname(this.#path));
    } catch (error) {
      throw exportFailure(this.#path, error);
    }
  }

  /** Leaves nothing behind; after finish() there is nothing to leave. */
  discard(): void {
    if (this.#database.open) this.#database.close();
    rmSync(this.#partialPath, { force: true });
  }

  #prepareInsert({ name, columns }: SourceTable): Insert {
    const prepare = (values: readonly SourceValue[]) => {
      const marks = values.map(markOf).join(", ");
      return this.#database.prepare(`INSERT INTO ${quoted(name)} VALUES (${marks})`);
    };
    const usual = prepare(columns.map(() => null));
    return (row) => {
      const values = columns.map(({ read }) => read(row) ?? null);
      if (values.some((value) => value instanceof RawText)) {
        prepare(values).run(values.map(bytesOfRawText));
      } else {
        usual.run(values);
      }
    };
  }
}

/** No string can be bound that has a raw text's bytes: they are bound as BLOB and cast. */
function markOf(value: SourceValue): string {
  return value instanceof RawText ? "CAST(? AS TEXT)" : "?";
}

function bytesOfRawText(value: SourceValue): unknown {
  return value instanceof RawText ? value.bytes : value;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function requireFree(path: string, replace: boolean, notOver: string | null): void {
  const journal = [`${path}-journal`, `${path}-wal`].find((name) => existsSync(name));
  if (journal !== undefined) {
    throw new OctoloadError("OUTPUT_EXISTS", `${journal} is there: SQLite would apply it`, {
      remedy: "Name another file, or open the database once that the journal belongs to.",
    });
  }
  if (!existsSync(path)) return;
  if (notOver !== null && realpathSync(path) === realpathSync(notOver)) {
    throw new OctoloadError("OUTPUT_EXISTS", `${path} is the target that is being exported`, {
      remedy: "Name another file.",
    });
  }
  if (!replace) throw new OctoloadError("OUTPUT_EXISTS", `${path} exists`);
}

function exportFailure(path: string, error: unknown): unknown {
  if (error instanceof OctoloadError || !(error instanceof Error)) return error;
  const code = "code" in error ? ` (${String(error.code)})` : "";
  return new OctoloadError("OUTPUT_FAILED", `${path} cannot be written: ${error.message}${code}`, {
    cause: error,
  });
}

function syncPath(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
