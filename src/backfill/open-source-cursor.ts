import { OctoloadError } from "../errors/octoload-error.js";
import type { CursorCheckpoint } from "../load/checkpoint.js";
import type { SinkCursor } from "../load/deliver.js";
import { columnsOfFiles } from "../load/scan.js";
import type { SortedRun } from "../load/sorted-run.js";
import { SourceDelivery } from "../load/source-delivery.js";
import type { Sink } from "../sink/sink.js";
import type { Source } from "../source/source.js";

export interface SourceReading {
  readonly source: Source | undefined;
  /** Number of each file's set of unmapped columns. */
  readonly columnSets: readonly number[];
}

/** A sink's only cursor where rows come in the order of the source: what is behind its checkpoint. */
export async function openSourceCursor(
  sorted: SortedRun,
  { source, columnSets }: SourceReading,
  checkpoint: CursorCheckpoint,
): Promise<SinkCursor> {
  if (source === undefined) throw new OctoloadError("INTERNAL", "the source was not opened again");
  const position = checkpoint.position ?? undefined;
  const handle = await sorted.openSourceDelivery(position);
  const columns = columnsOfFiles(source, columnSets);
  return { checkpoint, delivery: new SourceDelivery(source, columns, handle, position) };
}

/**
 * Without it the sorted rows are the source: an empty folder in their place must not be one.
 *
 * @throws OctoloadError SPILL_DAMAGED
 */
export function requireSource(source: Source | undefined): Source {
  if (source !== undefined) return source;
  throw new OctoloadError(
    "SPILL_DAMAGED",
    "the run had sorted every row, but the sorted files are incomplete or gone",
  );
}

/**
 * Rows in the order of the source go to tables whose key is the code, in one pass: other targets
 * are written in the order of their key.
 *
 * @throws OctoloadError USAGE
 */
export function requireSourceOrder(sinks: readonly Sink[], isSharded: boolean): void {
  if (isSharded) {
    throw new OctoloadError(
      "USAGE",
      "--order source takes no --shard: a shard is a part of the order of keys",
    );
  }
  const other = sinks.find(({ order }) => order !== "node");
  if (other === undefined) return;
  throw new OctoloadError(
    "USAGE",
    `--order source takes embedded targets of layout node, not ${other.url}`,
  );
}
