import { createHash } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import Sqlite, { type Database } from "better-sqlite3";
import { OctoloadError } from "../errors/octoload-error.js";
import { sourceError } from "./source-error.js";

const FOLDER_PREFIX = "octoload-snapshot-";
const PAGES_PER_STEP = 2048;
const ALL_PAGES = 0x7fffffff;
/** After so many steps in vain the rest is copied in one go, which writers wait for. */
const MAX_PATIENT_STEPS = 3;
/** Steps in vain after which a copy is given up, each as long as the busy timeout. */
const MAX_VAIN_STEPS = 6;
/** Part of the disk's space that a copy must leave: SQLite needs a little beside it. */
const SPARE = 1.05;

/**
 * Makes a private folder (0700) for copies.
 *
 * @param bytes what the copies will take
 * @throws OctoloadError SNAPSHOT_NO_SPACE, SNAPSHOT_FAILED
 */
export function makeSnapshotFolder(parent: string, bytes: number): string {
  try {
    mkdirSync(parent, { recursive: true });
    const { bavail, bsize } = statfsSync(parent, { bigint: true });
    requireSpace(parent, bytes, Number(bavail * bsize));
    return mkdtempSync(join(realpathSync(parent), FOLDER_PREFIX));
  } catch (error) {
    throw snapshotError(error);
  }
}

/** @throws OctoloadError SNAPSHOT_NO_SPACE */
export function requireSpace(folder: string, bytes: number, freeBytes: number): void {
  const wanted = Math.ceil(bytes * SPARE);
  if (freeBytes >= wanted) return;
  throw new OctoloadError(
    "SNAPSHOT_NO_SPACE",
    `the copies take ${wanted} bytes, ${JSON.stringify(folder)} has ${freeBytes} bytes free`,
  );
}

/** Told how many of a database's pages are copied. What it throws ends the copy. */
export type CopyWatch = (pages: number, ofPages: number) => void;

/**
 * Copies a database as it is at one moment, with what its write-ahead log holds, into a new file
 * that only its owner may read.
 *
 * @throws OctoloadError SNAPSHOT_FAILED, SOURCE_LOCKED
 */
export async function copyDatabase(
  path: string,
  database: Database,
  copy: string,
  watch: CopyWatch = () => undefined,
): Promise<void> {
  try {
    closeSync(openSync(copy, "wx", 0o600));
    const pace = new Pace(path);
    const progress = (left: BackupProgress) => {
      watch(left.totalPages - left.remainingPages, left.totalPages);
      return pace.next(left);
    };
    const { totalPages } = await database.backup(copy, { progress });
    if (totalPages === 0) throw lockedError(path);
    leaveWalMode(copy);
  } catch (error) {
    rmSync(copy, { force: true });
    throw snapshotError(error);
  }
}

interface BackupProgress {
  readonly totalPages: number;
  readonly remainingPages: number;
}

/**
 * How many pages to copy next. SQLite starts over whenever another program has written in between,
 * and copies nothing while one has the database locked: either way no fewer pages are left.
 */
class Pace {
  readonly #path: string;
  #left = Number.POSITIVE_INFINITY;
  #vainSteps = 0;

  constructor(path: string) {
    this.#path = path;
  }

  next({ remainingPages }: Pick<BackupProgress, "remainingPages">): number {
    if (remainingPages >= this.#left) this.#vainSteps += 1;
    this.#left = remainingPages;
    if (this.#vainSteps >= MAX_VAIN_STEPS) throw lockedError(this.#path);
    return this.#vainSteps >= MAX_PATIENT_STEPS ? ALL_PAGES : PAGES_PER_STEP;
  }
}

function lockedError(path: string): OctoloadError {
  return new OctoloadError("SOURCE_LOCKED", `${JSON.stringify(path)}: the copy got no further`);
}

/** A copy of a database in WAL mode is in it too, and would need files beside it to be read. */
function leaveWalMode(copy: string): void {
  const database = new Sqlite(copy);
  try {
    database.pragma("journal_mode = delete");
  } finally {
    database.close();
  }
}

function snapshotError(error: unknown): OctoloadError {
  if (error instanceof OctoloadError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new OctoloadError("SNAPSHOT_FAILED", reason, { cause: error });
}

/** SHA-256 of a file's bytes, hexadecimal. Only for files that nobody else has open. */
export function hashFile(path: string): string {
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(1 << 20);
  const file = openSync(path, "r");
  try {
    for (let read = -1; read !== 0; ) {
      read = readSync(file, chunk);
      hash.update(chunk.subarray(0, read));
    }
    return hash.digest("hex");
  } catch (error) {
    throw sourceError(path, error);
  } finally {
    closeSync(file);
  }
}

/** Removes copies, and the folders that were made for them. */
export async function removeCopies(copies: readonly string[]): Promise<void> {
  for (const copy of copies) {
    for (const suffix of ["", "-journal", "-wal", "-shm"]) await rm(copy + suffix, { force: true });
  }
  for (const folder of new Set(copies.map((copy) => dirname(copy)))) {
    if (basename(folder).startsWith(FOLDER_PREFIX)) await rmdir(folder).catch(() => undefined);
  }
}
