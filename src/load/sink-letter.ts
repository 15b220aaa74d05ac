import type { Frame } from "../encoding/frame.js";
import type { RefusedRow } from "../sink/sink.js";
import type { SinkBatch } from "../sink/sink-batch.js";
import type { DeadLetter } from "./checkpoint.js";
import { describeSentRow } from "./dead-letter-row.js";
import type { RunSourceFile } from "./run-file.js";

/** The dead letter of a row of `batch` that the sink at `url` refused. */
export function sinkLetter(
  { index, code, message }: RefusedRow,
  batch: SinkBatch,
  url: string,
  files: readonly RunSourceFile[],
  frame: Frame,
): DeadLetter {
  const file = files[batch.files[index] ?? 0];
  return {
    file: file?.path ?? "",
    rowid: batch.rowids[index] ?? 0n,
    sink: url,
    stage: "sink",
    code,
    message,
    row: file === undefined ? null : describeSentRow(batch, index, file, frame),
  };
}
