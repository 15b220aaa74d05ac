import fc from "fast-check";
import type { Ring } from "../../src/cassandra/ring.js";
import type { Layout } from "../../src/encoding/layout.js";
import { makeSinkBatch, type SinkBatch } from "../../src/sink/sink-batch.js";
import { driverTileToken, driverToken } from "../support/driver-token.js";

/** What a row of a target holds, as a client reads it. */
export interface Row {
  readonly level: number;
  readonly code: bigint;
  /** undefined: the column was left as it is. */
  readonly material: number | null | undefined;
  readonly homogeneity: number;
  readonly mask: number;
  readonly envelope: Uint8Array;
  readonly lastModified: bigint;
}

export const deepest = { node: 21, tile: 26 } as const;

export function tileOf({ code }: Row): bigint {
  return code >> 15n;
}

export function tokenOf(row: Row, layout: Layout): bigint {
  return layout === "node" ? driverToken(row.code) : driverTileToken(row.level, tileOf(row));
}

/** A block as the loader's native side makes it. */
export function batchOf(rows: readonly Row[]): SinkBatch {
  const batch = makeSinkBatch(
    rows.length,
    rows.reduce((sum, { envelope }) => sum + envelope.length, 0),
  );
  for (const [i, row] of rows.entries()) {
    const at = batch.offsets[i] ?? 0;
    batch.bytes.set(row.envelope, at);
    batch.offsets[i + 1] = at + row.envelope.length;
    batch.tiles[i] = tileOf(row);
    batch.cells[i] = Number(row.code & 0x7fffn);
    batch.levels[i] = row.level;
    batch.materials[i] = row.material ?? 0;
    batch.noMaterials[i] = row.material === null ? 1 : 0;
    batch.homogeneities[i] = row.homogeneity;
    batch.masks[i] = row.mask;
    batch.lastModified[i] = row.lastModified;
  }
  return batch;
}

const anyInt64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

function anyRow(layout: Layout): fc.Arbitrary<Row> {
  return fc.integer({ min: 0, max: deepest[layout] }).chain((level) =>
    fc.record({
      level: fc.constant(level),
      code: fc.bigInt({ min: 0n, max: 8n ** BigInt(level) - 1n }),
      material: fc.option(fc.integer(), { freq: 3, nil: null }),
      homogeneity: fc.float({ min: 0, max: 1, noNaN: true }),
      mask: fc.nat({ max: 255 }),
      envelope: fc.uint8Array({ maxLength: 200 }),
      lastModified: anyInt64,
    }),
  );
}

/** Some rows with neighbours in their tile, all in the order of their tokens. */
export function anyRows(layout: Layout): fc.Arbitrary<Row[]> {
  const family = fc.tuple(anyRow(layout), fc.nat({ max: 12 })).map(([row, neighbours]) =>
    Array.from({ length: row.level >= 5 ? 1 + neighbours : 1 }, (_, i) => ({
      ...row,
      code: (tileOf(row) << 15n) | BigInt((Number(row.code & 0x7fffn) + i) & 0x7fff),
    })),
  );
  return fc
    .array(family, { maxLength: 20 })
    .map((families) => inTokenOrder(families.flat(), layout));
}

function inTokenOrder(rows: readonly Row[], layout: Layout): Row[] {
  const keyed = rows.map((row) => ({ row, token: tokenOf(row, layout), tile: tileOf(row) }));
  keyed.sort((a, b) => {
    if (a.token !== b.token) return a.token < b.token ? -1 : 1;
    if (a.row.level !== b.row.level) return a.row.level - b.row.level;
    return Number(a.row.code - b.row.code);
  });
  return keyed.map(({ row }) => row);
}

export const anyRing: fc.Arbitrary<Ring> = fc
  .uniqueArray(anyInt64, { minLength: 1, maxLength: 12 })
  .chain((tokens) =>
    fc.record({
      boundaries: fc.constant(BigInt64Array.from(tokens).sort()),
      replicaSetOf: fc
        .array(fc.nat({ max: 2 }), { minLength: tokens.length, maxLength: tokens.length })
        .map((sets) => Uint32Array.from(sets)),
      replicaSets: fc.constant([["one"], ["two"], ["three"]]),
    }),
  );
