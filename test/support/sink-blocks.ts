import { encodeEnvelopes } from "../../src/encoding/envelope.js";
import type { EnvelopeRows } from "../../src/encoding/envelope-rows.js";
import { Frame, type FrameSpec, frames } from "../../src/encoding/frame.js";
import { decodeTiles, encodeTiles } from "../../src/encoding/morton.js";
import type { ColumnNames } from "../../src/encoding/source-columns.js";
import { storageClass, ValuePacker } from "../../src/encoding/value-column.js";
import type { Layout, TargetFacts } from "../../src/sink/sink.js";
import { makeSinkBatch, type SinkBatch } from "../../src/sink/sink-batch.js";
import { RawText, type SourceValue } from "../../src/target/target-row.js";

/** A finished row: what the loader knows of it when it reaches a sink. */
export interface SinkRow {
  readonly level: number;
  readonly code: bigint;
  /** Metres; the cell's centre unless given. */
  readonly point?: readonly [number, number, number];
  readonly material?: number | null;
  readonly homogeneity?: number;
  readonly mask?: number;
  readonly lastModified?: bigint;
  readonly id?: SourceValue;
  readonly density?: SourceValue;
  readonly created?: SourceValue;
  readonly metadata?: SourceValue;
  /** As the source held them, where it was not REAL (x, y, z) or INTEGER. */
  readonly originals?: Partial<Record<"x" | "y" | "z" | "level" | "material", SourceValue>>;
  readonly columnSet?: number;
  readonly extras?: readonly SourceValue[];
}

/** Rows in a sink's order, as it wants them. */
export function sorted(rows: readonly SinkRow[], layout: Layout): SinkRow[] {
  const key = ({ level, code }: SinkRow): [bigint, bigint] =>
    layout === "node" ? [code, BigInt(level)] : [BigInt(level), code];
  return rows.toSorted((a, b) => {
    const [[a1, a2], [b1, b2]] = [key(a), key(b)];
    if (a1 !== b1) return a1 < b1 ? -1 : 1;
    return a2 < b2 ? -1 : Number(a2 > b2);
  });
}

/** A block as the loader's native side makes it, with real envelopes. */
export function sinkBatch(rows: readonly SinkRow[], frame: FrameSpec = frames.centred): SinkBatch {
  const envelopes = rows.map((row) => envelopeOf(row, frame));
  const byteLength = envelopes.reduce((sum, { length }) => sum + length, 0);
  const batch = makeSinkBatch(rows.length, byteLength);
  let at = 0;
  for (const [i, row] of rows.entries()) {
    const bytes = envelopes[i] ?? new Uint8Array(0);
    batch.bytes.set(bytes, at);
    at += bytes.length;
    batch.offsets[i + 1] = at;
    batch.tiles[i] = row.code >> 15n;
    batch.cells[i] = Number(row.code & 0x7fffn);
    batch.levels[i] = row.level;
    batch.rowids[i] = BigInt(i + 1);
    batch.lastModified[i] = row.lastModified ?? 0n;
    batch.materials[i] = row.material ?? 0;
    batch.noMaterials[i] = row.material === null ? 1 : 0;
    batch.homogeneities[i] = row.homogeneity ?? 1;
    batch.masks[i] = row.mask ?? 0;
  }
  return batch;
}

function envelopeOf(row: SinkRow, frame: FrameSpec): Uint8Array {
  const packer = new ValuePacker();
  const column = (value: SourceValue) => {
    if (!(value instanceof RawText)) return packer.column([value]);
    const { kinds, slots } = packer.column([value.bytes]);
    return { kinds: kinds.fill(storageClass.text), slots };
  };
  const { level, code } = row;
  const keys = {
    tiles: BigUint64Array.of(code >> 15n),
    cells: Uint16Array.of(Number(code & 0x7fffn)),
  };
  const center = decodeTiles(keys.tiles, keys.cells, level, { frame, corner: "center" });
  const points =
    row.point === undefined ? { x: center.x, y: center.y, z: center.z } : pointArrays(row.point);
  const held = Object.entries(row.originals ?? {});
  const rows: EnvelopeRows = {
    ...points,
    ...keys,
    level,
    id: column(row.id),
    density: column(row.density),
    created: column(row.created),
    metadata: column(row.metadata),
    originals: Object.fromEntries(held.map(([name, value]) => [name, column(value)])),
    columnSet: row.columnSet ?? 0,
    extras: (row.extras ?? []).map(column),
    bytes: packer.bytes(),
  };
  const { bytes, offsets, status } = encodeEnvelopes(rows, { frame });
  if (status[0] !== 0) throw new Error(`row of status ${status[0]}`);
  return bytes.slice(0, offsets[1]);
}

function pointArrays([x, y, z]: readonly [number, number, number]) {
  return { x: Float64Array.of(x), y: Float64Array.of(y), z: Float64Array.of(z) };
}

/** The key of the cell that holds a point. */
export function cellOf(
  point: readonly [number, number, number],
  level: number,
  frame: FrameSpec = frames.centred,
): { readonly level: number; readonly code: bigint } {
  const { tiles, cells } = encodeTiles(pointArrays(point), level, { frame });
  return { level, code: ((tiles[0] ?? 0n) << 15n) | BigInt(cells[0] ?? 0) };
}

export const usualColumnNames: ColumnNames = {
  ...{ id: "Id", x: "X", y: "Y", z: "Z", level: "Level", materialId: "MaterialId" },
  ...{ density: "Density", metadata: "Metadata", created: "Created" },
};

export function targetFacts(facts: Partial<TargetFacts> = {}): TargetFacts {
  return {
    frame: Frame.from(frames.centred),
    sourceName: "earth.gpkg",
    sourceFingerprint: "f1",
    table: "octree",
    columnNames: usualColumnNames,
    columnSets: [],
    runId: "run-1",
    writeTimeUs: 1_700_000_000_000_000n,
    addSource: false,
    ...facts,
  };
}
