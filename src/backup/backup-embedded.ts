import { basename, resolve } from "node:path";
import type { Layout } from "../encoding/layout.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { requireLayout } from "../sink/agreement.js";
import { targetFailure } from "../sink/sqlite/failure.js";
import { openExisting } from "../sink/sqlite/open-existing.js";
import { openTargetFile } from "../sink/sqlite/open-target-file.js";
import { readLastRun } from "../sink/sqlite/state.js";
import type { BackupFolder } from "./backup-folder.js";
import { requireRoom } from "./disk-files.js";
import type { BackupHooks } from "./hooks.js";
import type { BackupFile, EmbeddedContent } from "./manifest.js";
import { copyBytes, copyIntoBackup } from "./sqlite-copy.js";

export interface BackedUpEmbedded {
  readonly content: EmbeddedContent;
  readonly files: readonly BackupFile[];
}

/** Of the copy in the backup's folder. */
const NAME = "target.octree";

/**
 * Copies an embedded target as it is at one moment; a load that goes on is not held up for long.
 *
 * @param layout that the URL names; null: whichever it has
 * @throws OctoloadError TARGET_*, SNAPSHOT_FAILED, BACKUP_NO_SPACE
 */
export async function backUpEmbedded(
  given: { readonly path: string; readonly layout: Layout | null },
  folder: BackupFolder,
  hooks: BackupHooks,
): Promise<BackedUpEmbedded> {
  const path = resolve(given.path);
  const { database, meta } = openTargetFile(path, ({ layout }) => {
    if (given.layout !== null) requireLayout(path, layout, given.layout);
  });
  try {
    await requireRoom(folder.path, copyBytes(path));
    const place = { to: folder.pathOf(NAME), name: NAME };
    const { file, tables } = await copyIntoBackup(path, database, place, hooks);
    const { layout, frame } = meta;
    const facts = { path, layout, frame: frame.toJSON(), lastRunId: lastRunOf(place.to) };
    return { content: { kind: "embedded", name: NAME, tables, ...facts }, files: [file] };
  } catch (error) {
    throw lockedTarget(path, targetFailure(path, error));
  } finally {
    database.close();
  }
}

/** As the copy has it: a load may have begun meanwhile. */
export function lastRunOf(path: string): string | null {
  const database = openExisting(path);
  try {
    return readLastRun(database)?.runId ?? null;
  } finally {
    database.close();
  }
}

/** SQLite's copy speaks of sources. */
function lockedTarget(path: string, error: unknown): unknown {
  if (!(error instanceof OctoloadError) || error.code !== "SOURCE_LOCKED") return error;
  const fault = `${basename(path)}: ${error.fault}`;
  return new OctoloadError("TARGET_LOCKED", fault, { cause: error });
}
