import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Layout, TargetFacts } from "../../src/sink/sink.js";
import { exportTarget } from "../../src/target/export.js";
import { anyRow, expectedContent, set, tableContent } from "../support/exported-table.js";
import { loadTarget } from "../support/loaded-target.js";
import { rejectionOf } from "../support/rejection-of.js";
import { runs } from "../support/seed.js";
import { type SinkRow, usualColumnNames } from "../support/sink-blocks.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
let files = 0;
const newPath = (suffix: string) => join(folder, `file-${files++}${suffix}`);

/** Loads rows and exports them again. */
async function roundTrip(
  rows: readonly SinkRow[],
  layout: Layout = "node",
  facts: Partial<TargetFacts> = {},
) {
  const path = newPath(".db");
  loadTarget(path, rows, layout, facts);
  const out = newPath(".gpkg");
  const result = await exportTarget(`sqlite:${path}`, out);
  return { ...result, path, out };
}

describe("exportTarget", () => {
  it("gives nasty rows back bit for bit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRow, { maxLength: 30, size: "max" }),
        fc.constantFrom<Layout>("node", "tile"),
        async (all, layout) => {
          const rows = [...new Map(all.map((row) => [`${row.level}:${row.code}`, row])).values()];
          const { out, tables } = await roundTrip(rows, layout, { columnSets: [set] });
          const columns = set.columns.map(({ name }) => name);
          expect(tables.map(({ name }) => name)).toEqual(["octree"]);
          expect(tableContent(out, "octree")).toEqual(expectedContent(rows, columns));
        },
      ),
      runs(40),
    );
  });

  it("keeps names and order of the source's columns", async () => {
    const columnNames = { ...usualColumnNames, id: "ID", materialId: "Stoff" };
    const columnOrder = ["created", 'own "er', "Stoff", "ID", "X", "Y", "Z", "Level"];
    const row: SinkRow = {
      level: 1,
      code: 1n,
      id: 1n,
      created: null,
      columnSet: 3,
      extras: [1n, 2n],
    };
    const facts = { columnNames, columnOrder, columnSets: [set], table: "Mein Baum" };
    const { tables } = await roundTrip([row], "node", facts);
    expect(tables).toEqual([
      {
        name: "Mein Baum",
        columns: ["Created", 'own "er', "Stoff", "ID", "X", "Y", "Z", "Level", "Größe"],
        rows: 1,
      },
    ]);
  });

  it("gives rows with other columns a table of their own", async () => {
    const rows: SinkRow[] = [
      { level: 1, code: 1n, id: 1n },
      { level: 1, code: 2n, id: 2n, density: null },
      { level: 1, code: 3n, id: 3n },
    ];
    const { out, tables } = await roundTrip(rows);
    const own = ["Id", "X", "Y", "Z", "Level", "MaterialId"];
    expect(tables).toEqual([
      { name: "octree", columns: own, rows: 2 },
      { name: "octree_2", columns: [...own, "Density"], rows: 1 },
    ]);
    expect(tableContent(out, "octree_2")).toHaveLength(1);
  });

  it("leaves deleted rows out", async () => {
    const path = newPath(".db");
    loadTarget(path, [
      { level: 1, code: 1n },
      { level: 1, code: 2n },
    ]);
    const database = new Database(path);
    database.exec("UPDATE octree_nodes SET deleted = 1 WHERE morton_code = 1");
    database.close();
    const { rows } = await exportTarget(`sqlite:${path}`, newPath(".gpkg"));
    expect(rows).toBe(1);
  });

  it("makes the source's table of a target without rows", async () => {
    const columnNames = { ...usualColumnNames, metadata: null };
    const { tables, rows } = await roundTrip([], "node", { columnNames, columnSets: [set] });
    expect(rows).toBe(0);
    const own = ["Id", "X", "Y", "Z", "Level", "MaterialId", "Density", "Created"];
    expect(tables).toEqual([{ name: "octree", columns: [...own, 'own "er', "Größe"], rows: 0 }]);
  });

  it("takes more rows than a batch, and rows larger than one", async () => {
    const large = Uint8Array.from(
      { length: 3 << 20 },
      (_, i) => Math.imul(i, i ^ 0x9e3779b1) >>> 13,
    );
    const rows = Array.from({ length: 2500 }, (_, i): SinkRow => {
      return { level: 7, code: BigInt(i) * 3n, id: BigInt(i), metadata: i % 900 === 5 ? large : i };
    });
    for (const layout of ["node", "tile"] as const) {
      const progress: number[] = [];
      const path = newPath(".db");
      loadTarget(path, rows, layout);
      const out = newPath(".gpkg");
      await exportTarget(`sqlite:${path}`, out, {
        onProgress: (step, done) => step === "export" && progress.push(done),
      });
      const database = new Database(out, { readonly: true });
      const found = database.prepare("SELECT count(*), sum(Id), sum(length(Metadata)) FROM octree");
      const source = rows.reduce((sum, { metadata }) => {
        return sum + (typeof metadata === "number" ? `${metadata}.0`.length : large.length);
      }, 0);
      expect(found.raw().get()).toEqual([2500, (2499 * 2500) / 2, source]);
      database.close();
      expect(progress.length).toBeGreaterThanOrEqual(3);
      expect(progress.at(-1)).toBe(2500);
    }
  });

  it("writes what the GeoPackage standard asks for", async () => {
    const { out } = await roundTrip([{ level: 1, code: 1n }]);
    const database = new Database(out, { readonly: true });
    expect(database.pragma("application_id", { simple: true })).toBe(0x47504b47);
    expect(database.pragma("user_version", { simple: true })).toBe(10_400);
    expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
    expect(database.pragma("foreign_key_check")).toEqual([]);
    const ids = database
      .prepare("SELECT srs_id FROM gpkg_spatial_ref_sys ORDER BY 1")
      .pluck()
      .all();
    expect(ids).toEqual([-1, 0, 4326]);
    const contents = database
      .prepare("SELECT table_name, data_type FROM gpkg_contents")
      .raw()
      .all();
    expect(contents).toEqual([["octree", "attributes"]]);
    database.close();
  });
});

describe("the file of an export", () => {
  it("is not replaced unless told to", async () => {
    const path = newPath(".db");
    loadTarget(path, [{ level: 1, code: 1n }]);
    const out = newPath(".gpkg");
    writeFileSync(out, "mine");
    const error = await rejectionOf(exportTarget(`sqlite:${path}`, out));
    expect([error.code, readFileSync(out, "utf8")]).toEqual(["OUTPUT_EXISTS", "mine"]);
    await exportTarget(`sqlite:${path}`, out, { force: true });
    expect(tableContent(out, "octree")).toHaveLength(1);
  });

  it("is not put beside a journal, which SQLite would apply to it", async () => {
    const path = newPath(".db");
    loadTarget(path, [{ level: 1, code: 1n }]);
    const out = newPath(".gpkg");
    writeFileSync(`${out}-wal`, "of another database");
    const error = await rejectionOf(exportTarget(`sqlite:${path}`, out, { force: true }));
    expect([error.code, existsSync(out)]).toEqual(["OUTPUT_EXISTS", false]);
  });

  it("is never the target itself", async () => {
    const path = newPath(".db");
    loadTarget(path, [{ level: 1, code: 1n }]);
    const before = readFileSync(path);
    const error = await rejectionOf(exportTarget(`sqlite:${path}`, path, { force: true }));
    expect(error.fault).toContain("is the target that is being exported");
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("is not there when an export fails or is cancelled", async () => {
    const path = newPath(".db");
    loadTarget(path, [
      { level: 1, code: 1n },
      { level: 1, code: 2n },
    ]);
    const cancelled = newPath(".gpkg");
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(exportTarget(`sqlite:${path}`, cancelled, { signal })).rejects.toThrow("enough");
    const database = new Database(path);
    database.exec("UPDATE octree_nodes SET compressed_data = zeroblob(30) WHERE morton_code = 2");
    database.close();
    const failed = newPath(".gpkg");
    const error = await rejectionOf(exportTarget(`sqlite:${path}`, failed));
    expect(error.code).toBe("ENVELOPE_VERSION");
    expect([existsSync(cancelled), existsSync(failed)]).toEqual([false, false]);
    expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
  });

  it("is refused in a folder that is not there", async () => {
    const path = newPath(".db");
    loadTarget(path, []);
    const out = join(folder, "nowhere", "out.gpkg");
    expect((await rejectionOf(exportTarget(`sqlite:${path}`, out))).code).toBe("OUTPUT_FAILED");
  });
});
