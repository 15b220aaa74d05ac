import { describe, expect, it } from "vitest";
import { type SinkBatch, sliceSinkBatch, viewSinkBatch } from "../../src/sink/sink-batch.js";
import { type SinkRow, sinkBatch } from "../support/sink-blocks.js";

const rows: SinkRow[] = Array.from({ length: 11 }, (_, i) => ({
  ...{ level: 20, code: BigInt(i) * 999_999_999_999_999n, material: i % 3 === 0 ? null : -i },
  ...{ homogeneity: 1 / (i + 1), mask: i * 20, lastModified: BigInt(-i) },
  metadata: "m".repeat(i * 3),
}));

function contentOf(batch: SinkBatch): unknown[] {
  return Array.from({ length: batch.rows }, (_, i) => [
    ...[batch.tiles[i], batch.cells[i], batch.rowids[i], batch.lastModified[i], batch.materials[i]],
    ...[batch.homogeneities[i], batch.files[i], batch.levels[i], batch.masks[i]],
    batch.noMaterials[i],
    Buffer.from(batch.bytes.subarray(batch.offsets[i], batch.offsets[i + 1])).toString("hex"),
  ]);
}

describe("sliceSinkBatch", () => {
  it("gives a block of its own with just these rows", () => {
    const whole = sinkBatch(rows);
    whole.files.set(rows.map((_, i) => i * 7));
    const all = contentOf(whole);
    for (const [begin, end] of [
      [0, 11],
      [0, 5],
      [5, 11],
      [3, 4],
      [4, 4],
      [11, 11],
    ] as const) {
      const slice = viewSinkBatch(sliceSinkBatch(whole, begin, end).block);
      expect(contentOf(slice)).toEqual(all.slice(begin, end));
      expect(slice.bytes.length).toBe(slice.offsets[slice.rows]);
    }
    expect(contentOf(whole)).toEqual(all);
  });

  it("refuses rows that are not there", () => {
    const batch = sinkBatch(rows);
    expect(() => sliceSinkBatch(batch, 5, 4)).toThrow(RangeError);
    expect(() => sliceSinkBatch(batch, 0, 12)).toThrow(/\[0, 12\) of a batch of 11/);
    expect(() => sliceSinkBatch(batch, -1, 2)).toThrow(RangeError);
  });
});
