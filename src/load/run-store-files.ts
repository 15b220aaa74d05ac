import { join } from "node:path";
import Database, { SqliteError } from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";
import type { StrayKey } from "../sink/target-prune.js";
import type { CursorCheckpoint, DeadLetter, DigestChange, SavedCheckpoint } from "./checkpoint.js";
import { DigestRecord } from "./digest-record.js";
import { type EndedPart, type PruneCounts, PruneRecord } from "./prune-record.js";

export const CHECKPOINT_FILE = "checkpoint.sqlite";
export const DEAD_LETTERS_FILE = "dead-letters.sqlite";

const checkpointSchema = `
  CREATE TABLE IF NOT EXISTS cursors(
    url TEXT NOT NULL, cursor INTEGER NOT NULL, position BLOB, loaded INTEGER NOT NULL,
    rejected INTEGER NOT NULL, skipped INTEGER NOT NULL, is_done INTEGER NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY(url, cursor));
  CREATE TABLE IF NOT EXISTS facts(key TEXT PRIMARY KEY, value TEXT NOT NULL)`;

/** `sink` is empty where a row was rejected for all of them. */
const deadLettersSchema = `
  CREATE TABLE IF NOT EXISTS dead_letters(
    file TEXT NOT NULL, source_rowid INTEGER NOT NULL, sink TEXT NOT NULL, stage TEXT NOT NULL,
    code TEXT NOT NULL, message TEXT NOT NULL, row TEXT, at TEXT NOT NULL,
    PRIMARY KEY(file, source_rowid, sink)) WITHOUT ROWID`;

/** How far a cursor is, and the letters of the rows up to there. */
export interface Acknowledgement {
  readonly checkpoint: SavedCheckpoint;
  readonly letters: readonly DeadLetter[];
  /** undefined: no row more, or the run keeps none. */
  readonly digests: DigestChange | undefined;
}

interface CheckpointRow {
  readonly url: string;
  readonly cursor: number;
  readonly position: Buffer | null;
  readonly loaded: number;
  readonly rejected: number;
  readonly skipped: number;
  readonly is_done: number;
}

/**
 * The two databases of a run directory. Holding the checkpoint's lock is holding
 * the run: it ends with the process, however that ends.
 */
export class RunStoreFiles {
  readonly #checkpoint: Database.Database;
  readonly #deadLetters: Database.Database;
  readonly #digests: DigestRecord;
  readonly #pruned: PruneRecord;

  /** @throws OctoloadError RUN_IN_USE, RUN_DISK_FULL, RUN_DISK_FAILED */
  constructor(runDir: string) {
    this.#checkpoint = openDatabase(join(runDir, CHECKPOINT_FILE));
    this.#attempt(() => {
      // Exclusive before WAL: no shared-memory file, and nobody else may even read.
      this.#checkpoint.pragma("locking_mode = EXCLUSIVE");
      this.#checkpoint.pragma("journal_mode = WAL");
      this.#checkpoint.pragma("synchronous = FULL");
      this.#checkpoint.exec(checkpointSchema);
    });
    this.#deadLetters = openDatabase(join(runDir, DEAD_LETTERS_FILE));
    this.#attempt(() => {
      this.#deadLetters.pragma("journal_mode = WAL");
      this.#deadLetters.pragma("synchronous = FULL");
      this.#deadLetters.exec(deadLettersSchema);
    });
    this.#digests = this.#attempt(() => new DigestRecord(this.#checkpoint));
    this.#pruned = this.#attempt(() => new PruneRecord(this.#checkpoint, this.#deadLetters));
  }

  /** Keeps the first letter of a row; returns the indexes of those that were new. */
  addDeadLetters(letters: readonly DeadLetter[]): number[] {
    return this.#attempt(() => {
      const insert = this.#deadLetters.prepare(
        "INSERT OR IGNORE INTO dead_letters VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      );
      const at = new Date().toISOString();
      const addAll = this.#deadLetters.transaction(() =>
        letters.flatMap(({ file, rowid, sink, stage, code, message, row }, index) => {
          const { changes } = insert.run(file, rowid, sink, stage, code, message, row, at);
          return changes > 0 ? [index] : [];
        }),
      );
      return addAll.immediate();
    });
  }

  /**
   * All of them at once; the letters are on the disk before the checkpoints behind them.
   *
   * @returns of each its new letters, as addDeadLetters()
   */
  acknowledge(all: readonly Acknowledgement[]): number[][] {
    const added = all.map(({ letters }) =>
      letters.length > 0 ? this.addDeadLetters(letters) : [],
    );
    this.#attempt(() => {
      const save = this.#checkpoint.prepare(
        "INSERT OR REPLACE INTO cursors VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      );
      const at = new Date().toISOString();
      const saveAll = this.#checkpoint.transaction(() => {
        for (const { checkpoint, digests } of all) {
          const { url, cursor, position, loaded, rejected, skipped, isDone } = checkpoint;
          save.run(url, cursor, position, loaded, rejected, skipped, isDone ? 1 : 0, at);
          if (digests !== undefined) this.#digests.change(url, cursor, digests);
        }
      });
      saveAll.immediate();
    });
    return added;
  }

  checkpoints(): CursorCheckpoint[] {
    const rows = this.#checkpoint
      .prepare<[], CheckpointRow>("SELECT * FROM cursors ORDER BY url, cursor")
      .all();
    return rows.map(({ position, is_done, url, cursor, loaded, rejected, skipped }) => ({
      ...{ url, cursor, loaded, rejected, skipped },
      position: position === null ? null : new Uint8Array(position),
      digests: this.#digests.parts(url, cursor),
      isDone: is_done !== 0,
    }));
  }

  clear(): void {
    this.#attempt(() => {
      this.#checkpoint.exec("DELETE FROM cursors; DELETE FROM facts");
      this.#digests.clear();
      this.#deadLetters.exec("DELETE FROM dead_letters");
      this.#pruned.clear();
    });
  }

  putFact(key: string, value: unknown): void {
    this.#attempt(() => {
      this.#checkpoint
        .prepare("INSERT OR REPLACE INTO facts VALUES (?, ?)")
        .run(key, JSON.stringify(value));
    });
  }

  fact(key: string): unknown {
    const text = this.#checkpoint
      .prepare<[string], string>("SELECT value FROM facts WHERE key = ?")
      .pluck()
      .get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  countDeadLetters(): { sink: string; code: string; rows: number }[] {
    return this.#deadLetters
      .prepare<[], { sink: string; code: string; rows: number }>(
        "SELECT sink, code, count(*) AS rows FROM dead_letters GROUP BY sink, code ORDER BY rows DESC",
      )
      .all();
  }

  /** As PruneRecord.addKeys(). */
  addPrunedKeys(url: string, keys: readonly StrayKey[]): number {
    return this.#attempt(() => this.#pruned.addKeys(url, keys));
  }

  endPrunedPart(url: string, part: EndedPart): void {
    this.#attempt(() => this.#pruned.endPart(url, part));
  }

  endedPrunedParts(url: string): EndedPart[] {
    return this.#pruned.endedParts(url);
  }

  countPruned(urls: readonly string[]): PruneCounts[] {
    return this.#pruned.counts(urls);
  }

  close(): void {
    this.#checkpoint.close();
    this.#deadLetters.close();
  }

  #attempt<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      throw storeFailure(error);
    }
  }
}

function openDatabase(path: string): Database.Database {
  try {
    return new Database(path, { timeout: 500 });
  } catch (error) {
    throw storeFailure(error);
  }
}

function storeFailure(error: unknown): unknown {
  if (!(error instanceof SqliteError)) return error;
  if (error.code.startsWith("SQLITE_BUSY")) {
    return new OctoloadError("RUN_IN_USE", "another process is at work on this run directory", {
      cause: error,
    });
  }
  const code = error.code === "SQLITE_FULL" ? "RUN_DISK_FULL" : "RUN_DISK_FAILED";
  return new OctoloadError(
    code,
    `the run's own database failed: ${error.message} (${error.code})`,
    {
      cause: error,
    },
  );
}
