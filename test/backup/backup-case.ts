import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { backfill } from "../../src/backfill/backfill.js";
import { type BackupResult, backupSource, backupTarget } from "../../src/backup/backup.js";
import type { Manifest } from "../../src/backup/manifest.js";
import { nodeTable, smallMemory } from "../support/run-samples.js";
import { writeTable } from "../support/source-tables.js";
import { sharedTempFolder } from "../support/temp-folder.js";

export const backupFolder = sharedTempFolder();

/** A folder that is there, with nothing in it. */
export const newFolder = () => mkdtempSync(join(backupFolder, "case-"));

/** A source with so many rows, in a folder of its own. */
export function newSource(rows: number, name = "earth.db"): string {
  const path = join(newFolder(), name);
  writeTable(path, nodeTable(rows));
  return path;
}

/** The URL of an embedded target that holds a source's rows. */
export async function newTarget(source: string, layout = "node"): Promise<string> {
  const to = `sqlite:${join(newFolder(), "earth.octree")}?layout=${layout}`;
  await loadInto(to, source);
  return to;
}

export async function loadInto(to: string, source: string): Promise<void> {
  const runDir = join(newFolder(), "run");
  const options = { sources: [source], sourceName: "earth", to: [to], runDir };
  await backfill({ ...options, ...smallMemory });
}

export function pathOf(url: string): string {
  return url.replace(/^sqlite:/, "").replace(/\?.*$/, "");
}

export async function sourceBackup(...sources: string[]) {
  const out = join(newFolder(), "backup");
  return done(out, await backupSource({ sources, out }));
}

export async function targetBackup(from: string) {
  const out = join(newFolder(), "backup");
  return done(out, await backupTarget({ from, out }));
}

function done(out: string, result: BackupResult): { out: string; manifest: Manifest } {
  if (result.kind !== "done") throw new Error("the backup was interrupted");
  return { out, manifest: result.manifest };
}
