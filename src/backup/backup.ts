import { resolve } from "node:path";
import type { Environment } from "../endpoint/password.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { makeRunId } from "../load/run-file.js";
import { packageVersion } from "../native/package-version.js";
import { absoluteTargetUrl } from "../sink/target-path.js";
import { parseTargetUrl } from "../sink/target-url.js";
import { backUpEmbedded } from "./backup-embedded.js";
import { BackupFolder } from "./backup-folder.js";
import { backUpSource, type SourceSelection } from "./backup-source.js";
import type { BackupHooks } from "./hooks.js";
import { type BackupContent, type BackupFile, type Manifest, makeManifest } from "./manifest.js";
import { findAbsence } from "./target-absence.js";

/** Where a backup goes. */
export interface BackupPlace {
  /** A folder that is not there yet. */
  readonly out: string;
}

export interface SourceBackupOptions extends BackupPlace, SourceSelection {
  /** Files or globs. */
  readonly sources: readonly string[];
}

export interface TargetBackupOptions extends BackupPlace {
  /** The target's URL. */
  readonly from: string;
  /** Of Cassandra: nodetool's path, to have every node take a snapshot too. */
  readonly nodetool?: string;
  /** Of Cassandra: whether rows are read and kept; true unless given. */
  readonly rows?: boolean;
  /** A target that is not there is backed up as such; false unless given. */
  readonly allowAbsent?: boolean;
  /** Where user and password of a cluster are found; by default the process's own. */
  readonly env?: Environment;
}

export type BackupResult =
  | { readonly kind: "done"; readonly path: string; readonly manifest: Manifest }
  /** By its signal: nothing is left. */
  | { readonly kind: "interrupted" };

interface BackedUp {
  readonly of: string;
  readonly content: BackupContent;
  readonly files: readonly BackupFile[];
}

/**
 * Copies a source's files, with checksums, into a new folder. The source may be in use.
 *
 * @throws OctoloadError SOURCE_*, SNAPSHOT_FAILED, OUTPUT_EXISTS, OUTPUT_FAILED, BACKUP_*
 */
export function backupSource(
  { sources, out, ...selection }: SourceBackupOptions,
  hooks: BackupHooks = {},
): Promise<BackupResult> {
  return backUp(out, hooks, (folder) => backUpSource(sources, selection, folder, hooks));
}

/**
 * Backs up a target into a new folder: an embedded one as a copy of its file, one in Cassandra as
 * its rows with each cell's write time and expiry, its records and its state.
 *
 * @throws OctoloadError TARGET_*, CASSANDRA_*, NODETOOL_FAILED, OUTPUT_EXISTS, OUTPUT_FAILED, BACKUP_*
 */
export function backupTarget(
  options: TargetBackupOptions,
  hooks: BackupHooks = {},
): Promise<BackupResult> {
  return backUp(options.out, hooks, (folder, id) => backUpTarget(options, folder, id, hooks));
}

async function backUpTarget(
  options: TargetBackupOptions,
  folder: BackupFolder,
  id: string,
  hooks: BackupHooks,
): Promise<BackedUp> {
  const of = absoluteTargetUrl(options.from);
  const target = parseTargetUrl(of);
  if (target.kind === "null") {
    throw new OctoloadError("TARGET_MISSING", "null: keeps no row that could be backed up");
  }
  if (options.allowAbsent === true) {
    const existing = await findAbsence(target, options.env);
    if (existing !== undefined) return { of, content: { kind: "absent", existing }, files: [] };
  }
  if (target.kind === "sqlite") return { of, ...(await backUpEmbedded(target, folder, hooks)) };
  const { withCluster } = await import("./with-cluster.js");
  const { backUpCluster } = await import("./backup-cluster.js");
  const { nodetool, rows = true } = options;
  const tools =
    nodetool === undefined ? {} : { nodetool: { path: nodetool, tag: `octoload-${id}` } };
  return withCluster(target, options.env, hooks, async (session) => {
    return { of, ...(await backUpCluster(session, folder, { rows, ...tools }, hooks)) };
  });
}

async function backUp(
  out: string,
  { signal }: BackupHooks,
  make: (folder: BackupFolder, id: string) => Promise<BackedUp>,
): Promise<BackupResult> {
  const startedAt = new Date();
  const id = makeRunId(startedAt);
  const folder = await BackupFolder.begin(out);
  try {
    signal?.throwIfAborted();
    const { of, content, files } = await make(folder, id);
    signal?.throwIfAborted();
    const times = { startedAt: startedAt.toISOString(), endedAt: new Date().toISOString() };
    const manifest = makeManifest({ octoload: packageVersion(), id, ...times, of, content, files });
    await folder.finish(manifest);
    return { kind: "done", path: resolve(out), manifest };
  } catch (error) {
    await folder.abandon();
    if (signal?.aborted === true) return { kind: "interrupted" };
    throw error;
  }
}
