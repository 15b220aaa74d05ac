import { closeSync, openSync, readSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { EarthFiles, query } from "./earth-files.js";

const files = new EarthFiles();
afterAll(() => files.remove());

const { path, bytes } = files.build({ nodes: 2000, seed: 9 });

describe("a generated GeoPackage", () => {
  it("names itself one in the file's header", () => {
    const header = Buffer.alloc(100);
    const fd = openSync(path, "r");
    readSync(fd, header, 0, 100, 0);
    closeSync(fd);
    expect(header.toString("latin1", 0, 16)).toBe("SQLite format 3\0");
    expect(header.toString("latin1", 68, 72)).toBe("GPKG");
    expect(header.readUInt32BE(60)).toBe(10_300);
    expect(header.readUInt16BE(16) * header.readUInt32BE(28)).toBe(bytes);
  });

  it("is a sound database without dangling references", () => {
    expect(query(path, "PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    expect(query(path, "PRAGMA foreign_key_check")).toEqual([]);
  });

  it("has the reference systems every GeoPackage has", () => {
    const systems = query(
      path,
      "SELECT srs_id, organization, organization_coordsys_id AS number FROM gpkg_spatial_ref_sys ORDER BY srs_id",
    );
    expect(systems).toEqual([
      { srs_id: -1, organization: "NONE", number: -1 },
      { srs_id: 0, organization: "NONE", number: 0 },
      { srs_id: 4326, organization: "EPSG", number: 4326 },
    ]);
  });

  it("lists its one table as attributes", () => {
    const contents = query(
      path,
      "SELECT table_name, data_type, identifier, last_change, srs_id FROM gpkg_contents",
    );
    expect(contents).toEqual([
      {
        table_name: "octree_nodes",
        data_type: "attributes",
        identifier: "octree_nodes",
        last_change: "2024-01-01T00:00:00.000Z",
        srs_id: null,
      },
    ]);
  });

  it("gives the table a primary key and the columns octoload reads", () => {
    const columns = query(path, "SELECT name, type, pk FROM pragma_table_info('octree_nodes')");
    expect(columns).toEqual([
      { name: "fid", type: "INTEGER", pk: 1 },
      { name: "Id", type: "INTEGER", pk: 0 },
      { name: "X", type: "REAL", pk: 0 },
      { name: "Y", type: "REAL", pk: 0 },
      { name: "Z", type: "REAL", pk: 0 },
      { name: "Level", type: "INTEGER", pk: 0 },
      { name: "MaterialId", type: "INTEGER", pk: 0 },
      { name: "Density", type: "REAL", pk: 0 },
      { name: "Metadata", type: "TEXT", pk: 0 },
      { name: "Created", type: "TEXT", pk: 0 },
    ]);
  });

  it("stores each value in its column's class", () => {
    const classes = query(
      path,
      `SELECT DISTINCT typeof(Id) || ' ' || typeof(X) || ' ' || typeof(Y) || ' ' || typeof(Z)
         || ' ' || typeof(Level) || ' ' || typeof(Density) || ' ' || typeof(Created) AS row
       FROM octree_nodes`,
    );
    expect(classes).toEqual([{ row: "integer real real real integer real text" }]);
  });
});
