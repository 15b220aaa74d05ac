import type { SinkOrder } from "../../sink/sink.js";
import { type SinkBatch, viewSinkBatch } from "../../sink/sink-batch.js";
import type { RowAddress } from "../../source/source-options.js";
import type { CellKey } from "../../target/stored-rows.js";
import type { ExpectedRow } from "../findings-file.js";
import type { SourceSide } from "../source-side.js";

const ROWS_A_CHUNK = 1024;
const CHUNK_BYTES = 2 ** 20;

/** Rows as a load would write them. */
export interface DeliveredBatch {
  readonly batch: SinkBatch;
  readonly keys: readonly CellKey[];
  readonly addresses: readonly RowAddress[];
  /** Its envelope lies in the batch's memory. */
  expected(row: number): ExpectedRow;
}

/** A batch is the caller's until the next one is asked for. */
export async function* deliveredRows(
  side: SourceSide,
  order: SinkOrder,
): AsyncGenerator<DeliveredBatch, void> {
  const delivery = await side.sorted.openDelivery(order);
  let memory = new SharedArrayBuffer(CHUNK_BYTES);
  for (let isEnd = false; !isEnd; ) {
    const chunk = await delivery.next(ROWS_A_CHUNK, memory);
    isEnd = chunk.isEnd;
    if (chunk.block === undefined) continue;
    memory = chunk.block;
    yield describe(viewSinkBatch(chunk.block));
  }
}

function describe(batch: SinkBatch): DeliveredBatch {
  const { levels, tiles, cells, files, rowids } = batch;
  const each = Array.from({ length: batch.rows }, (_, i) => i);
  return {
    batch,
    keys: each.map((i) => ({ level: levels[i] ?? 0, tile: tiles[i] ?? 0n, cell: cells[i] ?? 0 })),
    addresses: each.map((i) => ({ file: files[i] ?? 0, rowid: rowids[i] ?? 0n })),
    expected: (row) => expectedRow(batch, row),
  };
}

function expectedRow(batch: SinkBatch, row: number): ExpectedRow {
  const { materials, noMaterials, homogeneities, masks, lastModified, files, rowids } = batch;
  return {
    materialId: noMaterials[row] === 1 ? null : (materials[row] ?? 0),
    homogeneity: homogeneities[row] ?? 0,
    childrenMask: masks[row] ?? 0,
    lastModified: lastModified[row] ?? 0n,
    envelope: batch.bytes.subarray(batch.offsets[row], batch.offsets[row + 1]),
    file: files[row] ?? 0,
    rowid: rowids[row] ?? 0n,
  };
}
