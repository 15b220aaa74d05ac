import { join } from "node:path";
import Database from "better-sqlite3";
import { createSink } from "../../src/sink/create-sink.js";
import type { Layout, Sink, TargetFacts } from "../../src/sink/sink.js";
import { SqliteWriter } from "../../src/sink/sqlite/sqlite-writer.js";
import type { TopmostCells } from "../../src/sink/topmost-cells.js";
import { type SinkRow, sinkBatch, sorted, targetFacts } from "./sink-blocks.js";
import { tempFolder } from "./temp-folder.js";

/** Paths for targets in a folder that is removed when the test file's tests have ended. */
export function targetPaths(): { readonly folder: string; readonly newPath: () => string } {
  const folder = tempFolder();
  let targets = 0;
  return { folder, newPath: () => join(folder, `target-${targets++}.db`) };
}

export function urlOf(path: string, layout: Layout = "node"): string {
  return `sqlite:${path}?layout=${layout}`;
}

/** A sink in its worker thread, open. */
export async function openedSink(url: string, facts: Partial<TargetFacts> = {}): Promise<Sink> {
  const sink = await createSink(url);
  await sink.open(targetFacts(facts));
  return sink;
}

/** Loads rows into the embedded target at `path`, as one whole run in this thread. */
export function loadTarget(
  path: string,
  rows: readonly SinkRow[],
  layout: Layout = "node",
  facts: Partial<TargetFacts> = {},
): void {
  const all = targetFacts(facts);
  const writer = SqliteWriter.open(path, layout, all);
  writer.begin(nowhere);
  writer.write(sinkBatch(sorted(rows, layout), all.frame).block);
  writer.finish();
  writer.close();
}

/** Topmost cells of a source that is in nobody's way. */
export const nowhere: TopmostCells = { cells: [], coarsenedTo: null };

/** Rows of a database as arrays, integers as bigint. */
export function query(path: string, sql: string): unknown[] {
  const database = new Database(path, { readonly: true });
  database.defaultSafeIntegers();
  const rows = database.prepare(sql).raw().all();
  database.close();
  return rows;
}

/** Changes a database behind octoload's back. */
export function change(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}
