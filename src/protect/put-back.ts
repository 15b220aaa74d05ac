import { readManifest } from "../backup/manifest.js";
import { restoreBackup } from "../backup/restore.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { readRunFile } from "../load/run-file.js";
import { targetBackupDir } from "./plan-steps.js";
import type { ProtectedOptions, ProtectHooks } from "./protect-options.js";
import type { StepRecord } from "./step-record.js";
import { readTargetState } from "./target-state.js";

/** The run whose targets are put back. */
export interface PutBackRun {
  readonly runDir: string;
  readonly targets: readonly string[];
}

/**
 * Puts every target back to what its backup holds, and proves it; one that was put back stays so.
 *
 * @returns false: it was interrupted
 * @throws OctoloadError TARGET_LATER_RUN, TARGET_LIVE, RESTORE_*, BACKUP_*, CASSANDRA_*
 */
export async function putBack(
  { runDir, targets }: PutBackRun,
  record: StepRecord,
  { env }: Pick<ProtectedOptions, "env">,
  hooks: ProtectHooks,
): Promise<boolean> {
  for (const step of record.of("restore")) {
    if (step.state === "done" || step.target === null) continue;
    const backup = targetBackupDir(record.file.backupDir, targets.indexOf(step.target));
    await record.begin(step, `from ${backup}`);
    await requireOwnRun(step.target, runDir, backup, env);
    const result = await restoreBackup(
      { backup, to: step.target, replace: true, ...(env === undefined ? {} : { env }) },
      {
        ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
        ...(hooks.onBackup === undefined ? {} : { onProgress: hooks.onBackup }),
        ...(hooks.onNote === undefined ? {} : { onNote: hooks.onNote }),
      },
    );
    if (result.kind === "interrupted") {
      await record.leave(step, "interrupted: it starts over");
      return false;
    }
    await record.end(step, "done", { detail: describeRestore(result), evidence: backup });
  }
  return true;
}

function describeRestore(
  result: Exclude<Awaited<ReturnType<typeof restoreBackup>>, { kind: "interrupted" }>,
): string {
  switch (result.kind) {
    case "files":
      return `read back, equal: SHA-256 ${result.files[0]?.sha256 ?? ""}`;
    case "rows":
      return `${result.digest.rows} rows read back, equal: ${result.digest.sum}`;
    default:
      return "removed: it was not there before";
  }
}

/** What another run has loaded since is not this run's to undo. */
async function requireOwnRun(
  target: string,
  runDir: string,
  backup: string,
  env: ProtectedOptions["env"],
): Promise<void> {
  const { lastRunId } = await readTargetState(target, env);
  const { content } = await readManifest(backup);
  const before = "lastRunId" in content ? content.lastRunId : null;
  const own = (await readRunFile(runDir))?.runId ?? null;
  if (lastRunId === null || lastRunId === before || lastRunId === own) return;
  throw new OctoloadError(
    "TARGET_LATER_RUN",
    `run ${lastRunId} has loaded into ${target} after this one`,
  );
}
