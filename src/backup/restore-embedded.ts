import { existsSync, realpathSync, statSync } from "node:fs";
import { chmod, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import Sqlite, { type Database } from "better-sqlite3";
import { stateKeys, WRITE_TIMES_SCOPE } from "../cassandra/state.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { targetFailure } from "../sink/sqlite/failure.js";
import { readMeta } from "../sink/sqlite/meta.js";
import { openExisting } from "../sink/sqlite/open-existing.js";
import { WriterLock } from "../sink/sqlite/writer-lock.js";
import { diskFailure, requireRoom, syncFolder } from "./disk-files.js";
import type { BackupHooks } from "./hooks.js";
import type { EmbeddedContent, Manifest } from "./manifest.js";
import { putBack, type RestoredFile } from "./restore-files.js";

const WAIT_MS = 10_000;

/**
 * Puts an embedded target back. The copy is made and read back beside it, and takes its place in one
 * step: a crash leaves the one or the other. A load that goes on is not disturbed but refused; who
 * reads the old file goes on reading it until it is opened again.
 *
 * @param replace whether what the target holds may go
 * @throws OctoloadError RESTORE_NEEDS_REPLACE, RESTORE_DIFFERS, TARGET_*, OUTPUT_FAILED,
 *   BACKUP_NO_SPACE
 */
export async function restoreEmbedded(
  folder: string,
  { files }: Manifest,
  content: EmbeddedContent,
  { path: given, replace }: { readonly path: string; readonly replace: boolean },
  hooks: BackupHooks,
): Promise<RestoredFile> {
  const path = realPath(resolve(given));
  requireReplaceable(path, replace);
  const [file] = files;
  if (file === undefined) throw new OctoloadError("BACKUP_DAMAGED", `${folder} names no file`);
  const work = `${path}.restoring`;
  const lock = WriterLock.acquire(path);
  try {
    await rm(work, { force: true });
    await requireRoom(dirname(path), file.bytes);
    const put = await putBack(join(folder, file.name), work, file, content.tables, hooks);
    await takePlace(work, path);
    return { ...put, path };
  } catch (error) {
    throw diskFailure(path, targetFailure(path, error));
  } finally {
    await rm(work, { force: true });
    lock.release();
  }
}

/**
 * Removes an embedded target that was not there when it was backed up.
 *
 * @throws OctoloadError TARGET_*
 */
export async function removeEmbedded(given: string): Promise<void> {
  const path = realPath(resolve(given));
  if (!existsSync(path)) return;
  requireReplaceable(path, true);
  const lock = WriterLock.acquire(path);
  try {
    await holdingAlone(path, () => rm(path));
    await syncFolder(dirname(path));
  } catch (error) {
    throw targetFailure(path, error);
  } finally {
    lock.release();
  }
}

function requireReplaceable(path: string, replace: boolean): void {
  if (!existsSync(path)) return;
  let database: Database | undefined;
  try {
    database = openExisting(path);
    // Refuses a database of something else, whatever was confirmed.
    const meta = readMeta(database, path);
    if (meta === undefined) return;
    requireDualWriteOff(database, path);
    if (replace) return;
  } catch (error) {
    throw targetFailure(path, error);
  } finally {
    database?.close();
  }
  throw new OctoloadError("RESTORE_NEEDS_REPLACE", `${path} is there`);
}

/** An embedded target is written by services where one of them serves it. */
function requireDualWriteOff(database: Database, path: string): void {
  const value = database
    .prepare<[string, string], string>(
      "SELECT value FROM octoload_state WHERE scope = ? AND key = ?",
    )
    .pluck()
    .get(WRITE_TIMES_SCOPE, stateKeys.dualWrite);
  if (value === "on") throw new OctoloadError("TARGET_LIVE", `dual write is on for ${path}`);
}

/** What the old file's journal holds must not be taken for the new one's. */
async function takePlace(work: string, path: string): Promise<void> {
  if (existsSync(path)) {
    // Whoever could read the old one can read the new one.
    await chmod(work, statSync(path).mode & 0o777);
    await holdingAlone(path, () => rename(work, path));
  } else await rename(work, path);
  await syncFolder(dirname(path));
}

/** While nobody else reads or writes the file, and with no journal beside it. */
async function holdingAlone(path: string, act: () => Promise<void>): Promise<void> {
  const old = new Sqlite(path, { fileMustExist: true, timeout: WAIT_MS });
  try {
    const mode = old.pragma("journal_mode = DELETE", { simple: true });
    if (mode !== "delete") {
      throw new OctoloadError("TARGET_LOCKED", `${path} stays in journal mode ${String(mode)}`);
    }
    old.exec("BEGIN EXCLUSIVE");
    await act();
  } finally {
    old.close();
  }
}

function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const folder = dirname(path);
  return existsSync(folder) ? join(realpathSync(folder), basename(path)) : path;
}
