import { OctoloadError } from "../errors/octoload-error.js";
import type { RefusedRow, Sink } from "../sink/sink.js";
import { type SinkBatch, sliceSinkBatch } from "../sink/sink-batch.js";

/**
 * Writes a batch; one that the sink refuses for a row's sake is halved until
 * each bad row stands alone. Everything else is written and acknowledged.
 *
 * @returns the refused rows by their index in `batch`
 */
export async function writeBisecting(
  sink: Sink,
  batch: SinkBatch,
  firstIndex = 0,
): Promise<RefusedRow[]> {
  try {
    const { refused } = await sink.write(batch);
    return refused.map((row) => ({ ...row, index: row.index + firstIndex }));
  } catch (error) {
    if (!(error instanceof OctoloadError) || error.code !== "SINK_BATCH_FAILED") throw error;
    if (batch.rows <= 1) {
      return [{ index: firstIndex, code: "ROW_REFUSED", message: error.fault }];
    }
  }
  const middle = batch.rows >> 1;
  return [
    ...(await writeBisecting(sink, sliceSinkBatch(batch, 0, middle), firstIndex)),
    ...(await writeBisecting(sink, sliceSinkBatch(batch, middle, batch.rows), firstIndex + middle)),
  ];
}
