import { existsSync, statSync } from "node:fs";
import { link, mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import { copyFile, digestFile, diskFailure, requireRoom, syncFolder } from "./disk-files.js";
import type { BackupHooks } from "./hooks.js";
import type { BackupFile, Manifest, SourceContent, TableRows } from "./manifest.js";
import { countTables } from "./sqlite-copy.js";

const companions = ["-journal", "-wal", "-shm"];

/** A file that was put back, and read again. */
export interface RestoredFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly tables: readonly TableRows[];
}

/**
 * Puts a source's files back: one as the new file `to`, several into the new folder `to`. Nothing
 * that is there is touched.
 *
 * @throws OctoloadError OUTPUT_EXISTS, OUTPUT_FAILED, BACKUP_NO_SPACE, RESTORE_DIFFERS
 */
export async function restoreSource(
  folder: string,
  { files }: Manifest,
  content: SourceContent,
  to: string,
  hooks: BackupHooks,
): Promise<RestoredFile[]> {
  const target = resolve(to);
  requireAbsent(target);
  await mkdir(dirname(target), { recursive: true });
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  await requireRoom(dirname(target), bytes);
  const [only] = files;
  const isSingle = files.length === 1 && only !== undefined;
  const work = `${target}.restoring-${process.pid}`;
  const tablesOf = (name: string) => content.files.find((one) => one.name === name)?.tables ?? [];
  try {
    if (!isSingle) await mkdir(work, { mode: 0o700 });
    const restored: RestoredFile[] = [];
    for (const file of files) {
      const path = isSingle ? work : join(work, basename(file.name));
      const put = await putBack(join(folder, file.name), path, file, tablesOf(file.name), hooks);
      restored.push({ ...put, path: isSingle ? target : join(target, basename(file.name)) });
    }
    if (isSingle) await nameFile(work, target);
    else await nameFolder(work, target);
    await syncFolder(dirname(target));
    return restored;
  } catch (error) {
    throw diskFailure(target, error);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Copies a file out of a backup and reads the copy back.
 *
 * @param to a path at which nothing is
 * @throws OctoloadError RESTORE_DIFFERS; the system's own errors
 */
export async function putBack(
  from: string,
  to: string,
  { bytes, sha256 }: BackupFile,
  tables: readonly TableRows[],
  { signal, onProgress }: BackupHooks,
): Promise<RestoredFile> {
  const watch = (step: "write" | "read back") => {
    let done = 0;
    return (more: number) => {
      signal?.throwIfAborted();
      done += more;
      onProgress?.({ step, share: done / bytes });
    };
  };
  await copyFile(from, to, watch("write"));
  const found = countTables(to);
  const copy = await digestFile(to, watch("read back"));
  if (copy.sha256 !== sha256) throw differs(to, `its SHA-256 is ${copy.sha256}, not ${sha256}`);
  const other = tables.find(({ name, rows }) => {
    return found.find((one) => one.name === name)?.rows !== rows;
  });
  if (other === undefined) return { path: to, bytes, sha256, tables: found };
  throw differs(to, `its table ${other.name} has not the backup's ${other.rows} rows`);
}

function differs(path: string, fault: string): OctoloadError {
  return new OctoloadError("RESTORE_DIFFERS", `${path}: ${fault}`);
}

/** A journal of that name would be taken for the new file's own. */
function requireAbsent(path: string): void {
  const there = [path, ...companions.map((suffix) => `${path}${suffix}`)].find((one) => {
    return statSync(one, { throwIfNoEntry: false }) !== undefined;
  });
  if (there === undefined) return;
  throw new OctoloadError("OUTPUT_EXISTS", `${there} is there`, {
    remedy: "Restore a source to a path where nothing is; an existing file is never touched.",
  });
}

/** A link fails where a file of the name has come meanwhile; a rename would replace it. */
async function nameFile(work: string, target: string): Promise<void> {
  try {
    await link(work, target);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST") throw new OctoloadError("OUTPUT_EXISTS", `${target} is there by now`);
    // A file system without links.
    if (existsSync(target)) throw error;
    await rename(work, target);
  }
}

async function nameFolder(work: string, target: string): Promise<void> {
  if (existsSync(target)) throw new OctoloadError("OUTPUT_EXISTS", `${target} is there by now`);
  await rename(work, target);
}
