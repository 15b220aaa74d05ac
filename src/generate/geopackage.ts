import Database from "better-sqlite3";
import { CREATED_END } from "./created.js";
import { type RowValue, rowColumns } from "./node-row.js";

/** Takes the values of all its rows as one array. */
type InsertStatement = Database.Statement<[RowValue[]]>;

/** The table that octrees are generated into. */
export const NODES_TABLE = "octree_nodes";

/** "GPKG" and version 1.3, as the GeoPackage standard (OGC 12-128r18, section 1.1.1) asks for. */
const APPLICATION_ID = 0x47504b47;
const USER_VERSION = 10_300;

const ROWS_PER_INSERT = 32;
const VALUES_PER_INSERT = ROWS_PER_INSERT * rowColumns.length;

const WGS_84 =
  'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,' +
  'AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,' +
  'AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],' +
  'AUTHORITY["EPSG","4326"]]';

/**
 * The tables the standard requires (clauses 1.1.2 and 1.1.3) and one attributes
 * table (2.4). gpkg_geometry_columns stays empty: without it GDAL takes a file
 * for one of tiles only and lists no table.
 */
const SCHEMA = `
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL,
  definition TEXT NOT NULL,
  description TEXT
);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY,
  data_type TEXT NOT NULL,
  identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE,
  min_y DOUBLE,
  max_x DOUBLE,
  max_y DOUBLE,
  srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL,
  m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);
CREATE TABLE ${NODES_TABLE} (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  Id INTEGER NOT NULL,
  X REAL NOT NULL,
  Y REAL NOT NULL,
  Z REAL NOT NULL,
  Level INTEGER NOT NULL,
  MaterialId INTEGER,
  Density REAL,
  Metadata TEXT,
  Created TEXT
);`;

/**
 * A GeoPackage being built. Nothing is journaled or synced before close(): until
 * then the file is worth nothing, and its builder removes it on failure.
 */
export class GeopackageWriter {
  readonly #db: Database.Database;
  readonly #insertMany: InsertStatement;
  readonly #insertOne: InsertStatement;

  /** @param description of the table, in gpkg_contents */
  constructor(path: string, description: string) {
    this.#db = new Database(path);
    this.#db.pragma("journal_mode = OFF");
    this.#db.pragma("synchronous = OFF");
    this.#db.pragma("locking_mode = EXCLUSIVE");
    this.#db.pragma(`application_id = ${APPLICATION_ID}`);
    this.#db.pragma(`user_version = ${USER_VERSION}`);
    this.#db.exec("BEGIN");
    this.#db.exec(SCHEMA);
    this.#describe(description);
    this.#insertMany = this.#db.prepare<[RowValue[]]>(insertSql(ROWS_PER_INSERT));
    this.#insertOne = this.#db.prepare<[RowValue[]]>(insertSql(1));
  }

  /** Takes the rows in `values` and empties it as soon as they fill an insert; called every row. */
  writeFull(values: RowValue[]): void {
    if (values.length < VALUES_PER_INSERT) return;
    this.#insertMany.run(values);
    values.length = 0;
  }

  /** All rows that are left in `values`. */
  writeRest(values: RowValue[]): void {
    for (let at = 0; at < values.length; at += rowColumns.length) {
      this.#insertOne.run(values.slice(at, at + rowColumns.length));
    }
    values.length = 0;
  }

  commit(): void {
    this.#db.exec("COMMIT");
  }

  /** Without commit() before, the file is left unusable. */
  close(): void {
    this.#db.close();
  }

  #describe(description: string): void {
    const srs = this.#db.prepare("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)");
    srs.run("Undefined Cartesian", -1, "NONE", -1, "undefined", "undefined Cartesian system");
    srs.run("Undefined geographic", 0, "NONE", 0, "undefined", "undefined geographic system");
    srs.run("WGS 84 geodetic", 4326, "EPSG", 4326, WGS_84, "longitude and latitude in degrees");
    this.#db
      .prepare(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) " +
          "VALUES (?, 'attributes', ?, ?, ?)",
      )
      .run(NODES_TABLE, NODES_TABLE, description, CREATED_END);
  }
}

function insertSql(rows: number): string {
  const row = `(${rowColumns.map(() => "?").join(", ")})`;
  const all = Array.from({ length: rows }, () => row).join(", ");
  return `INSERT INTO ${NODES_TABLE} (${rowColumns.join(", ")}) VALUES ${all}`;
}
