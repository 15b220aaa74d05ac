import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";
import { restoreSelection } from "../load/row-selection.js";
import { CHECKPOINT_FILE, DEAD_LETTERS_FILE } from "../load/run-store-files.js";
import type { KnownRun } from "./known-runs.js";

/** What one run made of the rows. */
interface RunLetters {
  readonly database: Database.Database;
  readonly all: Database.Statement<[string], [file: string, rowid: bigint]>;
  readonly code: Database.Statement<[string, bigint, string], string>;
  /** `file number rowid` of the rows that the run sent; undefined: all. */
  readonly sent: ReadonlySet<string> | undefined;
  readonly sinkUrl: string;
  readonly paths: readonly string[];
}

/**
 * The rows that a target did not take when it was loaded: their runs have dead letters of them. Rows
 * that no target was offered do not count: while they are bad they are rejected here too, and once
 * they are mended they are missing.
 */
export class RefusedRows {
  readonly #runs: RunLetters[] = [];

  /**
   * @param runs the latest first
   * @throws OctoloadError RUN_DISK_FAILED
   */
  constructor(runs: readonly KnownRun[]) {
    for (const run of runs) {
      const letters = openLetters(run);
      if (letters !== undefined) this.#runs.push(letters);
    }
  }

  /** Why the row is not in the target; undefined: it should be. */
  codeOf(file: string, rowid: bigint): string | undefined {
    for (const { code, sent, sinkUrl, paths } of this.#runs) {
      const found = code.get(file, rowid, sinkUrl);
      if (found !== undefined) return found;
      // A later run has sent it, and the target took it.
      if (sent === undefined || sent.has(`${paths.indexOf(file)} ${rowid}`)) return undefined;
    }
    return undefined;
  }

  /** How many rows there are, but for those of levels that the target's layout does not have. */
  count(): number {
    const seen = new Set<string>();
    for (const { all, sinkUrl } of this.#runs) {
      for (const [file, rowid] of all.iterate(sinkUrl)) {
        if (this.codeOf(file, rowid) !== undefined) seen.add(`${rowid} ${file}`);
      }
    }
    return seen.size;
  }

  close(): void {
    for (const { database } of this.#runs) database.close();
  }
}

function openLetters({ dir, file, sinkUrl }: KnownRun): RunLetters | undefined {
  const path = join(dir, DEAD_LETTERS_FILE);
  if (!existsSync(path)) return undefined;
  try {
    const database = new Database(path);
    database.pragma("query_only = 1");
    const code = database
      .prepare<[string, bigint, string], string>(
        "SELECT code FROM dead_letters WHERE file = ? AND source_rowid = ? AND sink = ?",
      )
      .pluck();
    const all = database
      .prepare<[string], [file: string, rowid: bigint]>(
        `SELECT file, source_rowid FROM dead_letters
         WHERE sink = ? AND code <> 'LEVEL_TOO_DEEP'`,
      )
      .safeIntegers()
      .raw();
    const sent = file.redriveOf === undefined ? undefined : sentRows(dir);
    return { database, all, code, sent, sinkUrl, paths: file.source.paths };
  } catch (cause) {
    throw new OctoloadError("RUN_DISK_FAILED", `${path} cannot be read: ${String(cause)}`, {
      cause,
    });
  }
}

function sentRows(dir: string): ReadonlySet<string> {
  const database = new Database(join(dir, CHECKPOINT_FILE));
  try {
    database.pragma("query_only = 1");
    const text = database
      .prepare<[], string>("SELECT value FROM facts WHERE key = 'redriveRows'")
      .pluck()
      .get();
    const stored = JSON.parse(text ?? "{}") as { readonly selection?: unknown };
    const { files, rowids } = restoreSelection(stored.selection);
    return new Set(Array.from(rowids, (rowid, i) => `${files[i] ?? 0} ${rowid}`));
  } finally {
    database.close();
  }
}
