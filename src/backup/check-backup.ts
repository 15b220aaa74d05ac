import { stat } from "node:fs/promises";
import { join } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import { digestFile } from "./disk-files.js";
import type { BackupHooks } from "./hooks.js";
import { type Manifest, readManifest } from "./manifest.js";
import { readRowFile } from "./row-file.js";

/**
 * A backup all of whose files were just read and are what was written.
 *
 * @throws OctoloadError BACKUP_NOT_FOUND, BACKUP_UNFINISHED, BACKUP_VERSION, BACKUP_DAMAGED
 */
export async function checkBackup(folder: string, hooks: BackupHooks = {}): Promise<Manifest> {
  const manifest = await readManifest(folder);
  for (const file of manifest.files) {
    await requireSize(folder, file);
    let read = 0;
    const { sha256 } = await digestFile(join(folder, file.name), (bytes) => {
      hooks.signal?.throwIfAborted();
      read += bytes;
      hooks.onProgress?.({ step: "check", share: read / file.bytes });
    });
    if (sha256 === file.sha256) continue;
    await nameDamage(manifest, join(folder, file.name));
    throw new OctoloadError(
      "BACKUP_DAMAGED",
      `${join(folder, file.name)} has SHA-256 ${sha256}, its manifest says ${file.sha256}`,
    );
  }
  return manifest;
}

async function requireSize(folder: string, { name, bytes }: Manifest["files"][number]) {
  const path = join(folder, name);
  const found = await stat(path).catch(() => undefined);
  if (found?.size === bytes) return;
  const got = found === undefined ? "is missing" : `has ${found.size} bytes`;
  throw new OctoloadError("BACKUP_DAMAGED", `${path} ${got}, its manifest says ${bytes} bytes`);
}

/** Of a file of rows the block is named. */
async function nameDamage({ content }: Manifest, path: string): Promise<void> {
  if (content.kind !== "cassandra") return;
  for await (const rows of readRowFile(path)) {
    if (rows.length === 0) return;
  }
}
