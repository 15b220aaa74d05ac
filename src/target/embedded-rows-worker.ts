import type Database from "better-sqlite3";
import type { Layout } from "../encoding/layout.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { targetFailure } from "../sink/sqlite/failure.js";
import { openExisting } from "../sink/sqlite/open-existing.js";
import { readLastRun } from "../sink/sqlite/state.js";
import { loadSqliteExtension } from "../sqlite/extension.js";
import { serveWorker, transferring } from "../worker/serve-worker.js";
import type { StoredCell } from "./row-reader.js";
import { StoredBlocks } from "./stored-blocks.js";
import type { CellKey } from "./stored-rows.js";

/** One target a thread. */
let open: { readonly path: string; readonly database: Database.Database } | undefined;
let blocks: StoredBlocks | undefined;

function reading<Result>(read: (from: StoredBlocks) => Result): Result {
  if (blocks === undefined || open === undefined) {
    throw new OctoloadError("INTERNAL", "rows are read of a target that is not open");
  }
  try {
    return read(blocks);
  } catch (error) {
    throw targetFailure(open.path, error);
  }
}

const api = {
  open(path: string, layout: Layout): void {
    try {
      const database = openExisting(path);
      open = { path, database };
      loadSqliteExtension(database);
      blocks = new StoredBlocks(database, layout);
    } catch (error) {
      throw targetFailure(path, error);
    }
  },
  begin(): void {
    reading((from) => from.begin());
  },
  next(): ArrayBuffer | null {
    const block = reading((from) => from.next());
    return block === null ? null : transferring(block.buffer, [block.buffer]);
  },
  count(): number {
    return reading((from) => from.count());
  },
  cell(key: CellKey): StoredCell | undefined {
    return reading((from) => from.cell(key));
  },
  lastRunId(): string | null {
    if (open === undefined) throw new OctoloadError("INTERNAL", "no target is open");
    return readLastRun(open.database)?.runId ?? null;
  },
  foreignKeys(): readonly string[] {
    return reading((from) => from.foreignKeys());
  },
  close(): void {
    open?.database.close();
    open = undefined;
    blocks = undefined;
  },
};

export type EmbeddedRowsApi = typeof api;

serveWorker(api);
