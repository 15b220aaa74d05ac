import type { Environment } from "../endpoint/password.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { parseTargetUrl } from "../sink/target-url.js";
import { checkBackup } from "./check-backup.js";
import type { BackupHooks } from "./hooks.js";
import type { AbsentContent, ClusterContent, Manifest, RowsDigest } from "./manifest.js";
import { removeEmbedded, restoreEmbedded } from "./restore-embedded.js";
import { type RestoredFile, restoreSource } from "./restore-files.js";

export interface RestoreOptions {
  /** The backup's folder. */
  readonly backup: string;
  /** A source's: a path where nothing is. A target's: its URL; left out: the one backed up. */
  readonly to?: string;
  /** What the target holds may go; false unless given. Never for a source. */
  readonly replace?: boolean;
  /** Where user and password of a cluster are found; by default the process's own. */
  readonly env?: Environment;
}

/** What was put back; it was read again and is what the backup holds. */
export type RestoreResult =
  | { readonly kind: "files"; readonly manifest: Manifest; readonly files: readonly RestoredFile[] }
  | {
      readonly kind: "rows";
      readonly manifest: Manifest;
      readonly keyspace: string;
      readonly digest: RowsDigest;
      /** Rows of the backup that have expired since. */
      readonly expired: number;
    }
  /** The backup is of a target that was not there. */
  | { readonly kind: "removed"; readonly manifest: Manifest; readonly target: string }
  /** By its signal. A source or an embedded target is as it was before. */
  | { readonly kind: "interrupted" };

/**
 * Puts back what a backup holds, reads it again, and compares. A source goes to a new path; a
 * target is replaced only where `replace` says so, and never while dual write is on.
 *
 * @throws OctoloadError BACKUP_*, RESTORE_*, TARGET_*, OUTPUT_*, CASSANDRA_*
 */
export async function restoreBackup(
  options: RestoreOptions,
  hooks: BackupHooks = {},
): Promise<RestoreResult> {
  try {
    const manifest = await checkBackup(options.backup, hooks);
    return await restoreTo(manifest, options, hooks);
  } catch (error) {
    if (hooks.signal?.aborted === true) return { kind: "interrupted" };
    throw error;
  }
}

async function restoreTo(
  manifest: Manifest,
  options: RestoreOptions,
  hooks: BackupHooks,
): Promise<RestoreResult> {
  const { content } = manifest;
  const { backup, replace = false } = options;
  if (content.kind === "source") {
    const to = requirePath(options.to);
    const files = await restoreSource(backup, manifest, content, to, hooks);
    return { kind: "files", manifest, files };
  }
  const to = options.to ?? manifest.of;
  if (content.kind === "absent") return removeTarget(manifest, content, { ...options, to });
  if (content.kind === "cassandra") return restoreRows(manifest, content, to, options, hooks);
  const target = parseTargetUrl(to);
  if (target.kind !== "sqlite") throw otherKind("an embedded target", to);
  const place = { path: target.path, replace };
  const file = await restoreEmbedded(backup, manifest, content, place, hooks);
  return { kind: "files", manifest, files: [file] };
}

async function restoreRows(
  manifest: Manifest,
  content: ClusterContent,
  to: string,
  { backup, replace = false, env }: RestoreOptions,
  hooks: BackupHooks,
): Promise<RestoreResult> {
  const target = parseTargetUrl(to);
  if (target.kind !== "cassandra") throw otherKind("a target in Cassandra", to);
  const { withCluster } = await import("./with-cluster.js");
  const { restoreCluster } = await import("./restore-cluster.js");
  return withCluster(target, env, hooks, async (session) => {
    const place = { session, replace };
    const restored = await restoreCluster(backup, manifest, content, place, hooks);
    return { kind: "rows", manifest, ...restored };
  });
}

async function removeTarget(
  manifest: Manifest,
  { existing }: AbsentContent,
  { to, replace = false, env }: RestoreOptions & { readonly to: string },
): Promise<RestoreResult> {
  const target = parseTargetUrl(to);
  if (!replace) {
    throw new OctoloadError(
      "RESTORE_NEEDS_REPLACE",
      "the backup is of a target that was not there: to put it back means to remove the target",
    );
  }
  if (target.kind === "sqlite") await removeEmbedded(target.path);
  if (target.kind === "cassandra") {
    const { withCluster } = await import("./with-cluster.js");
    const { removeCluster } = await import("./restore-cluster.js");
    await withCluster(target, env, {}, (session) => removeCluster(session, existing));
  }
  return { kind: "removed", manifest, target: to };
}

function requirePath(to: string | undefined): string {
  if (to === undefined) {
    throw new OctoloadError("USAGE", "--to is missing: a path for what is put back, not there yet");
  }
  if (!/^(sqlite|cassandra|null|rediss?|sstable):/i.test(to)) return to;
  throw otherKind("a source", to);
}

function otherKind(what: string, to: string): OctoloadError {
  return new OctoloadError(
    "BACKUP_KIND",
    `the backup is of ${what}, and --to is ${describeValue(to)}`,
  );
}
