import { OctoloadError } from "../../errors/octoload-error.js";
import { serveWorker } from "../../worker/serve-worker.js";
import type { KeyPage } from "../key-page.js";
import type { Layout } from "../sink.js";
import type { TopmostCells } from "../topmost-cells.js";
import type { SqlitePrune, StoredKeys } from "./sqlite-prune.js";
import { type PlainFacts, SqliteWriter } from "./sqlite-writer.js";

/** One writer a thread. */
let writer: SqliteWriter | undefined;
let prune: SqlitePrune | undefined;

function pruning<Result>(action: (begun: SqlitePrune) => Result): Result {
  const begun = prune;
  if (writer === undefined || begun === undefined) {
    throw new OctoloadError("INTERNAL", "a prune goes on that was not begun");
  }
  return writer.attempt(() => action(begun));
}

const api = {
  open(path: string, layout: Layout, facts: PlainFacts): void {
    writer = SqliteWriter.open(path, layout, facts);
  },
  requireApart(topmost: TopmostCells): void {
    writer?.requireApart(topmost);
  },
  begin(topmost: TopmostCells): void {
    writer?.begin(topmost);
  },
  write(block: ArrayBufferLike): void {
    writer?.write(block);
  },
  finish(): void {
    writer?.finish();
  },
  beginPrune(): void {
    prune = writer?.beginPrune();
  },
  pruneNext(): StoredKeys {
    return pruning((begun) => begun.next());
  },
  pruneDelete(page: KeyPage, indexes: readonly number[]): void {
    pruning((begun) => begun.delete(page, indexes));
  },
  close(): void {
    writer?.close();
    writer = undefined;
  },
};

export type SqliteWorkerApi = typeof api;

serveWorker(api);
