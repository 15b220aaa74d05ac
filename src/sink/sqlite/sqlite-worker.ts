import { serveWorker } from "../../worker/serve-worker.js";
import type { Layout } from "../sink.js";
import type { TopmostCells } from "../topmost-cells.js";
import { type PlainFacts, SqliteWriter } from "./sqlite-writer.js";

/** One writer a thread. */
let writer: SqliteWriter | undefined;

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
  close(): void {
    writer?.close();
    writer = undefined;
  },
};

export type SqliteWorkerApi = typeof api;

serveWorker(api);
