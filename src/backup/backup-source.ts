import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { basename, resolve } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import { openConnection } from "../source/connection.js";
import { findPaths } from "../source/find-paths.js";
import { Source } from "../source/source.js";
import type { SourceOptions } from "../source/source-options.js";
import type { BackupFolder } from "./backup-folder.js";
import { requireRoom } from "./disk-files.js";
import type { BackupHooks } from "./hooks.js";
import { type BackupFile, MANIFEST_FILE, type SourceContent } from "./manifest.js";
import { type CopiedDatabase, copyBytes, copyIntoBackup } from "./sqlite-copy.js";

const BUSY_TIMEOUT_MS = 5000;

/** Which rows of the files a run loads: what its fingerprint is of. */
export type SourceSelection = Pick<SourceOptions, "table" | "columns">;

export interface BackedUpSource {
  readonly of: string;
  readonly content: SourceContent;
  readonly files: readonly BackupFile[];
}

/**
 * Copies a source's files one after the other, each as it is at one moment. Writers go on.
 *
 * @param patterns paths or globs
 * @throws OctoloadError SOURCE_*, SNAPSHOT_FAILED, BACKUP_NO_SPACE
 */
export async function backUpSource(
  patterns: readonly string[],
  selection: SourceSelection,
  folder: BackupFolder,
  hooks: BackupHooks,
): Promise<BackedUpSource> {
  const paths = findPaths(patterns).map((path) => resolve(path));
  await requireRoom(
    folder.path,
    paths.reduce((sum, path) => sum + copyBytes(path), 0),
  );
  const watched = await openWatched(paths, selection);
  try {
    const fingerprint = await watched?.fingerprint();
    const names = namesOf(paths);
    const copies: OneCopy[] = [];
    for (const [i, path] of paths.entries()) {
      const name = names[i] ?? basename(path);
      copies.push({ name, path, ...(await copyOne(path, name, folder, hooks)) });
    }
    const isUnchanged = await watched?.check().then(
      () => true,
      () => false,
    );
    if (watched !== undefined && isUnchanged !== true) {
      hooks.onNote?.("the source was written to meanwhile: each copy is of its file at one moment");
    }
    return {
      of: paths.join(", "),
      content: {
        kind: "source",
        files: copies.map(({ name, path, tables }) => ({ name, path, tables })),
        snapshotFingerprint: fingerprintOf(copies.map(({ file }) => file)),
        inPlaceFingerprint: isUnchanged === true ? (fingerprint ?? null) : null,
      },
      files: copies.map(({ file }) => file),
    };
  } finally {
    await watched?.close();
  }
}

interface OneCopy extends CopiedDatabase {
  readonly name: string;
  readonly path: string;
}

/** As Source.fingerprint() of copies. */
function fingerprintOf(files: readonly BackupFile[]): string {
  const hash = createHash("sha256");
  for (const { sha256 } of files) hash.update(`${sha256}\n`);
  return hash.digest("hex");
}

/** undefined: the files hold no table that could be loaded, but can be kept all the same. */
async function openWatched(
  paths: readonly string[],
  selection: SourceSelection,
): Promise<Source | undefined> {
  return Source.open({ paths, ...selection }).catch((error: unknown) => {
    if (error instanceof OctoloadError && /^SOURCE_(TABLE|MAPPING)/.test(error.code)) {
      return undefined;
    }
    throw error;
  });
}

async function copyOne(path: string, name: string, folder: BackupFolder, hooks: BackupHooks) {
  const real = realpathSync(path);
  const database = openConnection(real, BUSY_TIMEOUT_MS);
  try {
    return await copyIntoBackup(real, database, { to: folder.pathOf(name), name }, hooks);
  } finally {
    database.close();
  }
}

/** Their own, with a number in front where two are the same or one is the manifest's. */
function namesOf(paths: readonly string[]): string[] {
  const plain = paths.map((path) => basename(path).trim());
  const key = (name: string) => name.toLowerCase();
  const counts = new Map<string, number>([[MANIFEST_FILE, 1]]);
  for (const name of plain) counts.set(key(name), (counts.get(key(name)) ?? 0) + 1);
  return plain.map((name, i) => ((counts.get(key(name)) ?? 0) > 1 ? `${i + 1}-${name}` : name));
}
