import Database from "better-sqlite3";
import { OctoloadError } from "../../errors/octoload-error.js";
import { targetFailure } from "./failure.js";

const WAIT_MS = 500;

/**
 * Keeps a second writer off a target for a whole run, and readers not at all.
 *
 * It is an exclusive transaction on an empty database beside the target: the system ends the lock
 * with the process, however that ends. The empty file stays: whoever removed it could remove the
 * one that another writer has just locked.
 */
export class WriterLock {
  readonly #database: Database.Database;

  private constructor(database: Database.Database) {
    this.#database = database;
  }

  /** @throws OctoloadError TARGET_LOCKED, TARGET_FAILED */
  static acquire(targetPath: string): WriterLock {
    const path = `${targetPath}-writer-lock`;
    let database: Database.Database | undefined;
    try {
      database = new Database(path, { timeout: WAIT_MS });
      database.exec("BEGIN EXCLUSIVE");
      return new WriterLock(database);
    } catch (error) {
      database?.close();
      const failure = targetFailure(path, error);
      if (failure instanceof OctoloadError && failure.code === "TARGET_LOCKED") {
        throw new OctoloadError("TARGET_LOCKED", `another run is writing to ${targetPath}`);
      }
      throw failure;
    }
  }

  release(): void {
    this.#database.close();
  }
}
