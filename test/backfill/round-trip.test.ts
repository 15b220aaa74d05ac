import { mkdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backfill } from "../../src/backfill/backfill.js";
import { frames } from "../../src/encoding/frame.js";
import { exportTarget } from "../../src/target/export.js";
import { expectedLoad, type SourceRow } from "../support/load-oracle.js";
import { nastyTable } from "../support/nasty-tables.js";
import { deadLettersOf, smallMemory, targetCells } from "../support/run-samples.js";
import { runs } from "../support/seed.js";
import {
  exportedRows,
  readTable,
  type SourceTable,
  shownRows,
  writeTable,
} from "../support/source-tables.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();
let made = 0;

function newFolder(): string {
  made += 1;
  const path = join(folder, String(made));
  mkdirSync(path);
  return path;
}

/** Writes tables as files of one source and reads back what SQLite made of them. */
function writeFiles(tables: readonly SourceTable[], at: string) {
  const paths = tables.map((_, i) => join(at, `part-${i}.db`));
  const rows = tables.flatMap((table, file) => {
    const path = paths[file] ?? "";
    writeTable(path, table);
    return readTable(path, table.name ?? "", freeRowidName(table)).map((row): SourceRow => {
      const byName = new Map([...row.values].map(([name, value]) => [name.toLowerCase(), value]));
      return { file, row, column: (key) => byName.get(key) };
    });
  });
  return { paths, rows };
}

function freeRowidName({ columns }: SourceTable): string {
  const taken = columns.map(({ name }) => name.toLowerCase());
  return ["rowid", "_rowid_", "oid"].find((name) => !taken.includes(name)) ?? "";
}

describe("a backfill and an export", () => {
  it("account for every row of nasty tables, and give the loaded ones back bit for bit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(nastyTable, { minLength: 1, maxLength: 2, size: "max" }),
        fc.constantFrom("node", "tile"),
        async (tables, layout) => {
          const at = newFolder();
          const { paths, rows } = writeFiles(tables, at);
          const expected = expectedLoad(rows, frames.centred, layout === "node" ? 21 : 26);
          const target = join(at, "target.octree");
          const runDir = join(at, "run");
          const { report } = await backfill({
            sources: paths,
            to: [`sqlite:${target}?layout=${layout}`],
            runDir,
            maxErrors: "100%",
            ...smallMemory,
          });

          const { loaded, rejected } = expected;
          const letters = deadLettersOf(runDir).map(
            ({ file, rowid, code }) => `${file} ${rowid} ${code}`,
          );
          expect(letters.sort()).toEqual(
            rejected
              .map(({ source, code }) => `${paths[source.file]} ${source.row.rowid} ${code}`)
              .sort(),
          );
          expect(report.total).toBe(rows.length);
          expect(report.sinks[0]).toMatchObject({
            loaded: loaded.length,
            rejected: rejected.length,
            skipped: 0,
          });
          expect(report.outcome).toBe(rejected.length > 0 ? "rejected" : "done");

          const derived = targetCells(target).map(({ envelope: _, ...cell }) => cell);
          const wanted = loaded.map(({ source: _, ...cell }) => cell);
          expect(derived.sort(byKey)).toEqual(wanted.sort(byKey));

          const out = join(at, "out.gpkg");
          await exportTarget(`sqlite:${target}`, out);
          expect(exportedRows(out)).toEqual(shownRows(loaded.map(({ source }) => source.row)));
        },
      ),
      runs(12),
    );
  }, 300_000);
});

function byKey(
  a: { readonly level: number; readonly code: bigint },
  b: { readonly level: number; readonly code: bigint },
): number {
  if (a.level !== b.level) return a.level - b.level;
  return a.code < b.code ? -1 : Number(a.code > b.code);
}
