import Database from "better-sqlite3";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Layout } from "../../src/encoding/layout.js";
import { keysOf, tableOf } from "../../src/sink/sqlite/schema.js";
import { backfillCase, load } from "../support/backfill-case.js";
import { nastyTable } from "../support/nasty-tables.js";
import { lettersByCode } from "../support/run-samples.js";
import { runs } from "../support/seed.js";
import { tempFolder } from "../support/temp-folder.js";
import { validateCase } from "../support/validation-case.js";

const folder = tempFolder();

/** What is done to a stored row behind octoload's back. */
const harms = {
  material_id: "material_id = coalesce(material_id, 0) + 1",
  homogeneity: "homogeneity = homogeneity / 2",
  children_mask: "children_mask = (children_mask + 129) % 256 - 128",
  last_modified: "last_modified = last_modified - 1",
  compressed_data: "compressed_data = zeroblob(9)",
} as const;
const harm = fc.constantFrom(...(Object.keys(harms) as (keyof typeof harms)[]), "missing" as const);

it("finds exactly the rows that were harmed, whatever the source holds", async () => {
  await fc.assert(
    fc.asyncProperty(
      nastyTable,
      fc.constantFrom<Layout>("node", "tile"),
      fc.array(fc.tuple(fc.nat(), harm), { maxLength: 4 }),
      async (table, layout, planned) => {
        const made = backfillCase(folder, table);
        const to = [`sqlite:${made.target}?layout=${layout}`];
        await load(made, { to, maxErrors: "100%" });
        const clean = await validateCase(made);
        expect(clean).toMatchObject({ exitCode: 0, rows: { refused: 0, excused: 0, settled: 0 } });
        expect(clean.rows?.rejected).toEqual(lettersByCode(made.runDir));
        const harmed = harmRows(made.target, layout, planned);
        const result = await validateCase(made);
        const found = result.findings.map((finding) => {
          const what = finding.class === "missing" ? "missing" : finding.columns.join();
          return `${finding.level} ${finding.code} ${what}`;
        });
        expect(found.sort()).toEqual(harmed.sort());
      },
    ),
    runs(25),
  );
}, 120_000);

/** @returns "level code column" of each, as findings are told; of one row the first harm counts */
function harmRows(
  path: string,
  layout: Layout,
  planned: readonly (readonly [number, keyof typeof harms | "missing"])[],
): string[] {
  const database = new Database(path);
  database.defaultSafeIntegers();
  const table = tableOf[layout];
  const keys = keysOf[layout];
  const rows = database
    .prepare<[], Record<string, bigint>>(`SELECT ${keys.join(", ")} FROM ${table}`)
    .all();
  const done = new Map<string, string>();
  for (const [at, what] of planned) {
    const row = rows[at % Math.max(1, rows.length)];
    if (row === undefined) continue;
    const { level = 0n, tile = 0n, cell = 0n, morton_code = (tile << 15n) | cell } = row;
    const name = `${level} ${morton_code}`;
    if (done.has(name)) continue;
    done.set(name, what);
    const where = `WHERE ${keys.map((key) => `${key} = ${row[key]}`).join(" AND ")}`;
    const change =
      what === "missing" ? `DELETE FROM ${table}` : `UPDATE ${table} SET ${harms[what]}`;
    database.exec(`${change} ${where}`);
  }
  database.close();
  return [...done].map(([name, what]) => `${name} ${what}`);
}
