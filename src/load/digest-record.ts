import type Database from "better-sqlite3";
import type { DigestChange } from "./checkpoint.js";

/** Of the checkpoint's database: the parts of a cursor add up to its digests. */
const schema = `
  CREATE TABLE IF NOT EXISTS digests(
    url TEXT NOT NULL, cursor INTEGER NOT NULL, digests BLOB NOT NULL);
  CREATE INDEX IF NOT EXISTS digests_of_cursor ON digests(url, cursor)`;

/** The digests of the rows that were acknowledged, saved with the checkpoints behind them. */
export class DigestRecord {
  readonly #checkpoint: Database.Database;

  /** @throws SqliteError */
  constructor(checkpoint: Database.Database) {
    this.#checkpoint = checkpoint;
    checkpoint.exec(schema);
  }

  /** In the caller's transaction. */
  change(url: string, cursor: number, { bytes, isWhole }: DigestChange): void {
    if (isWhole) {
      this.#checkpoint.prepare("DELETE FROM digests WHERE url = ? AND cursor = ?").run(url, cursor);
    }
    this.#checkpoint.prepare("INSERT INTO digests VALUES (?, ?, ?)").run(url, cursor, bytes);
  }

  /** Of one cursor. */
  parts(url: string, cursor: number): Uint8Array[] {
    return this.#checkpoint
      .prepare<[string, number], Buffer>("SELECT digests FROM digests WHERE url = ? AND cursor = ?")
      .pluck()
      .all(url, cursor)
      .map((bytes) => new Uint8Array(bytes));
  }

  clear(): void {
    this.#checkpoint.exec("DELETE FROM digests");
  }
}
