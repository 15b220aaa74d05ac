import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { Frame, type FrameSpec } from "../../encoding/frame.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import { loadSqliteExtension } from "../../sqlite/extension.js";
import { requireAgreement } from "../agreement.js";
import type { Layout, TargetFacts } from "../sink.js";
import type { TargetMeta } from "../target-meta.js";
import { requireOnlySource } from "../target-prune.js";
import { requireNoOverlap, type TopmostCells } from "../topmost-cells.js";
import { batchFailure, targetFailure } from "./failure.js";
import { readMeta, recordSource, writeMeta } from "./meta.js";
import { openExisting } from "./open-existing.js";
import { createTables, newFilePragmas, putStatement, writerPragmas } from "./schema.js";
import { SqlitePrune } from "./sqlite-prune.js";
import { recordPrune, recordRun, requireNotPruned } from "./state.js";
import { WriterLock } from "./writer-lock.js";

/** TargetFacts as structured clone carries them. */
export interface PlainFacts extends Omit<TargetFacts, "frame"> {
  readonly frame: FrameSpec;
}

/** How long a commit waits for readers: a load of hours is not to end for somebody's long query. */
const WAIT_MS = 60_000;

/** The embedded target's writing end, all of it synchronous: it lives in a worker thread. */
export class SqliteWriter {
  readonly #path: string;
  readonly #layout: Layout;
  readonly #facts: TargetFacts;
  readonly #lock: WriterLock;
  readonly #database: Database.Database;
  readonly #put: (block: ArrayBufferLike) => void;

  private constructor(path: string, layout: Layout, facts: TargetFacts) {
    this.#path = path;
    this.#layout = layout;
    this.#facts = facts;
    requireUsable(path);
    this.#lock = WriterLock.acquire(path);
    let database: Database.Database | undefined;
    try {
      database = openDatabase(path, layout, facts);
      this.#database = database;
      this.#put = preparePut(database, layout, facts.writeTimeUs);
    } catch (error) {
      database?.close();
      this.#lock.release();
      throw targetFailure(path, error);
    }
  }

  /** @throws OctoloadError TARGET_*, nothing of the target changed */
  static open(path: string, layout: Layout, facts: PlainFacts): SqliteWriter {
    return new SqliteWriter(realPath(path), layout, { ...facts, frame: new Frame(facts.frame) });
  }

  /** @throws OctoloadError SOURCE_OVERLAP, TARGET_* */
  requireApart(topmost: TopmostCells): void {
    try {
      const { sources } = requireMeta(this.#database, this.#path);
      requireNoOverlap(this.#path, sources, { name: this.#facts.sourceName, topmost });
    } catch (error) {
      throw targetFailure(this.#path, error);
    }
  }

  /** @throws OctoloadError TARGET_* */
  begin(topmost: TopmostCells): void {
    const database = this.#database;
    const path = this.#path;
    try {
      database
        .transaction(() => record(database, requireMeta(database, path), this.#facts, topmost))
        .immediate();
    } catch (error) {
      throw targetFailure(path, error);
    }
  }

  /**
   * Writes a batch as one transaction; when it returns the rows are on the disk.
   *
   * @throws OctoloadError SINK_BATCH_FAILED or TARGET_*, nothing of the batch written
   */
  write(block: ArrayBufferLike): void {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      this.#put(block);
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#rollBack();
      throw batchFailure(this.#path, error);
    }
  }

  /** Removes the journal, so that the target is one file again. */
  finish(): void {
    try {
      this.#database.pragma("journal_mode = DELETE");
    } catch (error) {
      throw targetFailure(this.#path, error);
    }
  }

  /** Notes that this run prunes. @throws OctoloadError PRUNE_SOURCES, TARGET_* */
  beginPrune(): SqlitePrune {
    const [database, path, facts] = [this.#database, this.#path, this.#facts];
    const begin = () => {
      requireOnlySource(path, requireMeta(database, path).sources, facts.sourceName);
      recordPrune(database, facts);
      return new SqlitePrune(database, this.#layout, facts.writeTimeUs);
    };
    return this.attempt(() => database.transaction(begin).immediate());
  }

  /** What `action` does to the target. @throws OctoloadError TARGET_* */
  attempt<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      throw targetFailure(this.#path, error);
    }
  }

  close(): void {
    this.#database.close();
    this.#lock.release();
  }

  /** SQLite may have done it already: it does on a full disk. */
  #rollBack(): void {
    if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
  }
}

/** Two paths to one file must lead to one lock. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Not there yet: its folder is, or SQLite will say what is wrong.
  }
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

/** Before the lock is made beside it: nothing is left beside a database of something else. */
function requireUsable(path: string): void {
  if (!existsSync(path)) return;
  let database: Database.Database | undefined;
  try {
    database = openExisting(path);
    readMeta(database, path);
  } catch (error) {
    throw targetFailure(path, error);
  } finally {
    database?.close();
  }
}

function openDatabase(path: string, layout: Layout, facts: TargetFacts): Database.Database {
  const database = new Database(path, { timeout: WAIT_MS });
  try {
    loadSqliteExtension(database);
    for (const pragma of newFilePragmas) database.pragma(pragma);
    database.transaction(() => agree(database, path, layout, facts)).immediate();
    for (const pragma of writerPragmas) database.pragma(pragma);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Makes a new target, or compares the facts with what the target records. They are recorded now
 * where no other source could be in the way, so that no later run takes the same numbers.
 */
function agree(database: Database.Database, path: string, layout: Layout, facts: TargetFacts) {
  const meta = readMeta(database, path);
  if (meta === undefined) {
    database.exec(createTables(layout));
    writeMeta(database, layout, facts.frame);
  } else {
    requireAgreement(path, meta, layout, facts);
    requireNotPruned(database, path, facts);
  }
  const { sources } = meta ?? { sources: [] };
  if (sources.every(({ name }) => name === facts.sourceName)) record(database, { sources }, facts);
}

/** `topmost`: undefined where the source has not been read yet. */
function record(
  database: Database.Database,
  known: Pick<TargetMeta, "sources">,
  facts: TargetFacts,
  topmost?: TopmostCells,
): void {
  recordSource(database, known, facts, topmost);
  recordRun(database, facts);
}

function requireMeta(database: Database.Database, path: string): TargetMeta {
  const meta = readMeta(database, path);
  if (meta !== undefined) return meta;
  throw new OctoloadError("TARGET_FAILED", `${path} lost its tables during the run`);
}

function preparePut(
  database: Database.Database,
  layout: Layout,
  writeTimeUs: bigint,
): (block: ArrayBufferLike) => void {
  const put = database.prepare<[string, Uint8Array, bigint, bigint]>(
    "SELECT octoload_put(?, ?, ?, 0, ?)",
  );
  const sql = putStatement(layout);
  return (block) => {
    const rows = new BigUint64Array(block, 8, 1)[0] ?? 0n;
    put.get(sql, Buffer.from(block), writeTimeUs, rows);
  };
}
