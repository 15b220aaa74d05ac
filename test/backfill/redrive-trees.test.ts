import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  freshLoad,
  loadTree,
  type Place,
  redriven,
  sentBy,
  shownLetters,
} from "../support/redrive-case.js";
import { deadLettersOf, targetCells } from "../support/run-samples.js";
import { runs } from "../support/seed.js";
import {
  areRelated,
  editRow,
  hasCell,
  type Path,
  type RowFault,
  treeValues,
} from "../support/small-trees.js";

// Many small regions, so that most are none of a redrive's; within one, rows often lie in each other.
const anyPath = fc
  .tuple(fc.nat(7), fc.constantFrom(2, 5), fc.array(fc.constantFrom(0, 1), { maxLength: 3 }))
  .map(([first, second, rest]): Path => [first, second, ...rest])
  .chain((path) => fc.constantFrom(path, path, path, path.slice(0, 1)));
const anyFault = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom<RowFault>("x", "level", "material", "outside") },
  { weight: 1, arbitrary: fc.constant<RowFault>("material") },
);

/** And what becomes of the row when it is a dead letter. */
const mendedRow = fc.record({
  path: anyPath,
  material: fc.option(fc.nat(3)),
  created: fc.nat(3),
  fault: anyFault,
  mend: fc.constantFrom("keep", "fix", "move", "delete"),
  elsewhere: anyPath,
});
type MendedRow = typeof mendedRow extends fc.Arbitrary<infer Row> ? Row : never;

/** Edits the rows that the first run rejected; the cells that have or had one of them. */
function mendDeadRows({ source, first }: Place, rows: readonly MendedRow[]) {
  const named: Path[] = [];
  let deleted = 0;
  for (const { rowid } of deadLettersOf(first)) {
    const row = rows[Number(rowid) - 1];
    if (row === undefined) throw new Error(`no row ${rowid}`);
    if (hasCell(row.fault)) named.push(row.path);
    if (row.mend === "keep") continue;
    const path = row.mend === "move" ? row.elsewhere : row.path;
    const isDeleted = row.mend === "delete";
    editRow(source, rowid, isDeleted ? null : treeValues({ ...row, path }));
    if (isDeleted) deleted += 1;
    else named.push(path);
  }
  return { named, deleted };
}

describe("a redrive", () => {
  it("makes of any target what a load of the corrected source makes", async () => {
    const rows = fc.array(mendedRow, { minLength: 20, maxLength: 50, size: "max" });
    await fc.assert(
      fc.asyncProperty(rows, async (tree) => {
        const place = await loadTree(tree);
        const { named, deleted } = mendDeadRows(place, tree);
        if (deadLettersOf(place.first).length === 0) return;
        const report = await redriven(place);
        const fresh = await freshLoad(place);
        expect(targetCells(place.target)).toEqual(fresh.cells);
        expect(shownLetters(place.second)).toEqual(shownLetters(place.fresh));
        expect(report.outcome).toBe(fresh.report.outcome);
        const sent = fresh.cells
          .filter(({ level, code }) => named.some((other) => isRelated(level, code, other)))
          .map(({ level, code }) => `${level} ${code}`);
        expect(sentBy(place.second, place.target)).toEqual(sent.sort());
        expect(report.sinks[0]?.loaded).toBe(sent.length);
        expect(report.total).toBe(sent.length + deadLettersOf(place.second).length);
        const gone = report.warnings.find(({ code }) => code === "REDRIVE_ROW_GONE");
        expect(gone?.rows ?? 0).toBe(deleted);
      }),
      // Smaller cases would take many more loads to find.
      { ...runs(8), endOnFailure: true },
    );
  }, 300_000);
});

function isRelated(level: number, code: bigint, path: Path): boolean {
  const own = Array.from({ length: level }, (_, i) =>
    Number((code >> BigInt(3 * (level - 1 - i))) & 7n),
  );
  return areRelated(own, path);
}
