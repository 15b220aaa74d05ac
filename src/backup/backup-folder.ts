import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import { WriterLock } from "../sink/sqlite/writer-lock.js";
import { diskFailure, syncFile, syncFolder, writeAll } from "./disk-files.js";
import { encodeManifest, MANIFEST_FILE, type Manifest, unfinishedFolder } from "./manifest.js";

const LOCK = "backup";
const LOCK_FILE = `${LOCK}-writer-lock`;

/**
 * A backup that is being made. It lies under another name until all of it is on the disk, so that
 * what a crash leaves is never taken for a backup; a later try of the same name replaces it.
 */
export class BackupFolder {
  /** Where the files go. */
  readonly path: string;
  readonly #out: string;
  readonly #lock: WriterLock;

  private constructor(out: string, path: string, lock: WriterLock) {
    this.#out = out;
    this.path = path;
    this.#lock = lock;
  }

  /** @throws OctoloadError OUTPUT_EXISTS, OUTPUT_FAILED, BACKUP_IN_USE */
  static async begin(out: string): Promise<BackupFolder> {
    const final = resolve(out);
    const path = unfinishedFolder(final);
    if (existsSync(final)) {
      throw new OctoloadError("OUTPUT_EXISTS", `${final} is there`, {
        remedy: "Give a folder that is not there yet with --out; a backup is never overwritten.",
      });
    }
    try {
      await makeUnfinished(path);
    } catch (error) {
      throw diskFailure(path, error);
    }
    const lock = takeLock(path);
    try {
      for (const name of await readdir(path)) {
        if (name !== LOCK_FILE) await rm(join(path, name), { recursive: true });
      }
      return new BackupFolder(final, path, lock);
    } catch (error) {
      lock.release();
      throw diskFailure(path, error);
    }
  }

  /** Of a file in it. */
  pathOf(name: string): string {
    return join(this.path, name);
  }

  /** Brings all of it to the disk and gives it its name. @throws OctoloadError OUTPUT_* */
  async finish(manifest: Manifest): Promise<void> {
    try {
      for (const { name } of manifest.files) await syncFile(this.pathOf(name));
      await this.#writeManifest(manifest);
      await syncFolder(this.path);
      await rename(this.path, this.#out);
      await syncFolder(dirname(this.#out));
      this.#lock.release();
      await rm(join(this.#out, LOCK_FILE), { force: true });
    } catch (error) {
      throw diskFailure(this.#out, error);
    }
  }

  /** Leaves nothing. */
  async abandon(): Promise<void> {
    this.#lock.release();
    await rm(this.path, { recursive: true, force: true });
  }

  async #writeManifest(manifest: Manifest): Promise<void> {
    const file = await open(this.pathOf(MANIFEST_FILE), "wx", 0o600);
    try {
      await writeAll(file, Buffer.from(encodeManifest(manifest)));
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

/** A folder of the name that no backup left is somebody's own. */
async function makeUnfinished(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (!existsSync(path)) {
    await mkdir(path, { mode: 0o700 });
    return;
  }
  const names = await readdir(path);
  if (names.length === 0 || names.includes(LOCK_FILE)) return;
  throw new OctoloadError("OUTPUT_EXISTS", `${path} is there, and is not what is left of a backup`);
}

function takeLock(path: string): WriterLock {
  try {
    return WriterLock.acquire(join(path, LOCK));
  } catch (error) {
    const isTaken = error instanceof OctoloadError && error.code === "TARGET_LOCKED";
    if (!isTaken) throw diskFailure(path, error);
    throw new OctoloadError("BACKUP_IN_USE", `another process writes ${path}`, { cause: error });
  }
}
