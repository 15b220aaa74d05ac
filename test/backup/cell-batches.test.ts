import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cutBatches,
  type PlacesOf,
  placesByReplicas,
  placesByTile,
} from "../../src/backup/cell-batches.js";
import type { CellRow } from "../../src/backup/cell-row.js";
import { CellStatements } from "../../src/backup/cell-statements.js";
import type { Ring } from "../../src/cassandra/ring.js";
import { token } from "../../src/encoding/token.js";
import { anyCellRow, plainCellRow } from "../support/cell-rows.js";
import { runs } from "../support/seed.js";

const statements = new CellStatements("bluemarble", "node");
const statementsOf = (row: CellRow) => statements.of(row);
const limits = { maxRows: 8, maxMutationBytes: 5120 };
/** Two sets of replicas, in turn. */
const ring: Ring = {
  boundaries: BigInt64Array.of(-(2n ** 62n), 0n, 2n ** 62n, 2n ** 63n - 1n),
  replicaSetOf: Uint32Array.of(0, 1, 0, 1),
  replicaSets: [["a"], ["b"]],
};

const cut = (rows: readonly CellRow[], placesOf: PlacesOf = placesByReplicas(ring)) => [
  ...cutBatches(rows, statementsOf, placesOf, limits),
];

describe("batches of restored rows", () => {
  it("hold every statement once, in order, and never more rows than they may", () => {
    fc.assert(
      fc.property(fc.array(anyCellRow, { maxLength: 60 }), (rows) => {
        // Made once: what is left of a time to live changes by the second.
        const made = new Map(rows.map((row) => [row, statementsOf(row)]));
        const places = placesByReplicas(ring);
        const batches = [...cutBatches(rows, (row) => made.get(row) ?? [], places, limits)];
        expect(batches.flat()).toEqual(rows.flatMap((row) => made.get(row) ?? []));
        expect(batches.every(([first]) => first !== undefined && isInsert(first))).toBe(true);
        const inserts = batches.map((batch) => batch.filter(isInsert).length);
        expect(inserts.every((count) => count >= 1 && count <= limits.maxRows)).toBe(true);
      }),
      runs(60),
    );
  });

  it("hold rows of one set of replicas only, in layout node", () => {
    const rows = Array.from({ length: 200 }, (_, i) => plainCellRow(i, 40));
    const batches = cut(rows);
    const setsOf = (codes: readonly unknown[]) => codes.map((code) => setOf(code as bigint));
    for (const batch of batches) {
      const sets = setsOf(batch.map(({ params }) => params[0]));
      expect(new Set(sets).size).toBe(1);
    }
    expect(batches.some((batch) => batch.length > 1)).toBe(true);
    const all = setsOf(rows.map(({ tile, cell }) => tile * 32768n + BigInt(cell)));
    expect(new Set(all).size).toBe(2);
  });

  it("hold rows of one partition only, in layout tile", () => {
    const rows = [1n, 1n, 2n, 2n, 2n, 1n].map((tile, i) => ({ ...plainCellRow(i, 10), tile }));
    expect(cut(rows, placesByTile).map((batch) => batch.length)).toEqual([2, 3, 1]);
  });

  it("end before the server's limit; what is larger travels alone", () => {
    const sizes = [1000, 1000, 1000, 1000, 1000, 9000, 10, 10];
    const rows = sizes.map((size, i) => plainCellRow(i, size));
    expect(cut(rows, () => rows.map(() => 0)).map((batch) => batch.length)).toEqual([4, 1, 1, 2]);
  });
});

function isInsert({ query }: { readonly query: string }): boolean {
  return query.startsWith("INSERT");
}

/** Which of the two sets has a code. */
function setOf(code: bigint): number {
  const its = token(code);
  if (its <= -(2n ** 62n)) return 0;
  if (its <= 0n) return 1;
  return its <= 2n ** 62n ? 0 : 1;
}
