import { DigestSet } from "../encoding/digest-set.js";
import type { RowDigester } from "../encoding/row-digester.js";
import { viewSinkBatch } from "../sink/sink-batch.js";
import { sendableRows } from "./sendable-rows.js";
import type { Delivery } from "./sorted-run.js";

const ROWS_A_CHUNK = 8192;
const CHUNK_BYTES = 2 ** 20;

export interface DigestDeliveryOptions {
  /** Rows below it are left out. */
  readonly maxLevel?: number;
  /** Used again, where several deliveries are digested one after another. */
  readonly memory?: { block: SharedArrayBuffer; free: SharedArrayBuffer };
  /** Called with the rows of each chunk; what it throws ends the reading. */
  readonly onRows?: (rows: number) => void;
}

/** The digests of all rows of a delivery: the next chunk is read while one is being digested. */
export async function digestDelivery(
  delivery: Delivery,
  digester: RowDigester,
  {
    maxLevel = Number.POSITIVE_INFINITY,
    onRows = () => undefined,
    memory,
  }: DigestDeliveryOptions = {},
): Promise<DigestSet> {
  let [filled, free] = [memory?.block ?? newChunk(), memory?.free ?? newChunk()];
  let sum = DigestSet.empty;
  for (let next = delivery.next(ROWS_A_CHUNK, filled); ; ) {
    const { block, rows, isEnd } = await next;
    if (isEnd) return sum;
    onRows(rows);
    [filled, free] = [free, filled];
    next = delivery.next(ROWS_A_CHUNK, filled);
    // Handled where it is awaited; until then another failure may come first.
    next.catch(() => undefined);
    if (block === undefined) continue;
    const batch = viewSinkBatch(block);
    const leftOut = sendableRows(batch, maxLevel).refused.map(({ index }) => index);
    sum = sum.plus(await digester.digestBatchAsync(batch, { leftOut }));
  }
}

function newChunk(): SharedArrayBuffer {
  return new SharedArrayBuffer(CHUNK_BYTES);
}
