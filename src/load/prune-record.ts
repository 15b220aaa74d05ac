import type Database from "better-sqlite3";
import type { StrayKey } from "../sink/target-prune.js";

/** Of the database of dead letters: for people, as those are. `code`: decimal. */
const keysSchema = `
  CREATE TABLE IF NOT EXISTS pruned_keys(
    sink TEXT NOT NULL, level INTEGER NOT NULL, code TEXT NOT NULL, write_time INTEGER,
    at TEXT NOT NULL, PRIMARY KEY(sink, level, code)) WITHOUT ROWID`;

/** Of the checkpoint's. */
const partsSchema = `
  CREATE TABLE IF NOT EXISTS pruned_parts(
    url TEXT NOT NULL, part INTEGER NOT NULL, live INTEGER NOT NULL, PRIMARY KEY(url, part))`;

/** A part of a target that is pruned. */
export interface EndedPart {
  readonly part: number;
  /** Rows that the source lacks and that stay: they are newer than the run. */
  readonly live: number;
}

/** What a prune did to a target so far. */
export interface PruneCounts {
  readonly url: string;
  /** Keys listed: deleted, or about to be. */
  readonly pruned: number;
  /** Of the parts that have ended. */
  readonly live: number;
}

/** What a run has pruned, in its own two databases. */
export class PruneRecord {
  readonly #checkpoint: Database.Database;
  readonly #deadLetters: Database.Database;

  /** @throws SqliteError */
  constructor(checkpoint: Database.Database, deadLetters: Database.Database) {
    this.#checkpoint = checkpoint;
    this.#deadLetters = deadLetters;
    checkpoint.exec(partsSchema);
    deadLetters.exec(keysSchema);
  }

  /** Keeps the first word on a key; returns how many were new: a resumed run meets some again. */
  addKeys(url: string, keys: readonly StrayKey[]): number {
    const insert = this.#deadLetters.prepare(
      "INSERT OR IGNORE INTO pruned_keys VALUES (?, ?, ?, ?, ?)",
    );
    const at = new Date().toISOString();
    const addAll = this.#deadLetters.transaction(() =>
      keys.reduce((sum, { level, code, writeTimeUs }) => {
        return sum + insert.run(url, level, String(code), writeTimeUs, at).changes;
      }, 0),
    );
    return addAll.immediate();
  }

  endPart(url: string, { part, live }: EndedPart): void {
    this.#checkpoint
      .prepare("INSERT OR REPLACE INTO pruned_parts VALUES (?, ?, ?)")
      .run(url, part, live);
  }

  endedParts(url: string): EndedPart[] {
    return this.#checkpoint
      .prepare<[string], EndedPart>("SELECT part, live FROM pruned_parts WHERE url = ?")
      .all(url);
  }

  /** One of each target. */
  counts(urls: readonly string[]): PruneCounts[] {
    const keys = this.#deadLetters
      .prepare<[string], number>("SELECT count(*) FROM pruned_keys WHERE sink = ?")
      .pluck();
    const live = this.#checkpoint
      .prepare<[string], number>("SELECT coalesce(sum(live), 0) FROM pruned_parts WHERE url = ?")
      .pluck();
    return urls.map((url) => ({ url, pruned: keys.get(url) ?? 0, live: live.get(url) ?? 0 }));
  }

  clear(): void {
    this.#checkpoint.exec("DELETE FROM pruned_parts");
    this.#deadLetters.exec("DELETE FROM pruned_keys");
  }
}
