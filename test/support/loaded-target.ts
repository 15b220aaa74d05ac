import type { Layout, TargetFacts } from "../../src/sink/sink.js";
import { SqliteWriter } from "../../src/sink/sqlite/sqlite-writer.js";
import { type SinkRow, sinkBatch, sorted, targetFacts } from "./sink-blocks.js";

/** Loads rows into the embedded target at `path`, as one whole run in this thread. */
export function loadTarget(
  path: string,
  rows: readonly SinkRow[],
  layout: Layout = "node",
  facts: Partial<TargetFacts> = {},
): void {
  const all = targetFacts(facts);
  const writer = SqliteWriter.open(path, layout, all);
  writer.write(sinkBatch(sorted(rows, layout), all.frame).block);
  writer.finish();
  writer.close();
}
