import { join } from "node:path";
import { parseTargetUrl } from "../sink/target-url.js";
import type { ProtectedStep, StepKind } from "./protected-file.js";

export interface StepPlan {
  /** Absolute URLs. */
  readonly targets: readonly string[];
  readonly backupDir: string;
  readonly backupSource: boolean;
}

/** Steps of a protected run before the first of them, in their order. */
export function planSteps({ targets, backupDir, backupSource }: StepPlan): ProtectedStep[] {
  return [
    backupSource
      ? pending("backup source", null, `copy the source to ${sourceBackupDir(backupDir)}`)
      : skipped("backup source", null, "left out: --no-source-backup"),
    ...targets.map((target, i) =>
      keepsRows(target)
        ? pending("backup target", target, `back it up to ${targetBackupDir(backupDir, i)}`)
        : skipped("backup target", target, "keeps no rows"),
    ),
    skipped("dual write", null, "no service writes through octoload yet"),
    pending("backfill", null, "load every row of the source"),
    ...targets.map((target) =>
      keepsRows(target)
        ? pending("validate", target, "compare every row with the source")
        : skipped("validate", target, "keeps no rows"),
    ),
    ...targets
      .filter(keepsRows)
      .map((target) => pending("restore", target, "only if something is wrong")),
  ];
}

export function sourceBackupDir(backupDir: string): string {
  return join(backupDir, "source");
}

/** @param index of the target in the run's list */
export function targetBackupDir(backupDir: string, index: number): string {
  return join(backupDir, `target-${index + 1}`);
}

function keepsRows(target: string): boolean {
  return parseTargetUrl(target).kind !== "null";
}

function pending(kind: StepKind, target: string | null, detail: string): ProtectedStep {
  const times = { startedAt: null, endedAt: null };
  return { kind, target, state: "pending", detail, ...times, evidence: null };
}

function skipped(kind: StepKind, target: string | null, detail: string): ProtectedStep {
  return { ...pending(kind, target, detail), state: "skipped" };
}
