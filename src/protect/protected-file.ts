import { existsSync } from "node:fs";
import { join } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import type { BackfillOptions } from "../load/load-settings.js";
import { readJsonObject, writeJsonFile } from "../load/run-status.js";

export const PROTECTED_FILE = "protected.json";
const VERSION = 1;

export type StepKind =
  | "backup source"
  | "backup target"
  | "dual write"
  | "backfill"
  | "validate"
  | "restore";

/** One step of a protected run, as far as it has come. */
export interface ProtectedStep {
  readonly kind: StepKind;
  /** The target's URL; null: of all of them. */
  readonly target: string | null;
  readonly state: "pending" | "running" | "done" | "skipped" | "failed";
  /** What it will do, does, or has come to. */
  readonly detail: string;
  /** ISO times; null: not yet. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** A file or folder that proves it; null: there is none. */
  readonly evidence: string | null;
}

/**
 * `unfinished`: the same command goes on. `loaded`: loaded and valid. `restored`: something was
 * wrong, and the targets are as they were before. `rolled-back`: so, because somebody asked for it.
 */
export type ProtectedOutcome = "unfinished" | "loaded" | "restored" | "rolled-back";

/** protected.json: what a protected run has done. Written at each step's begin and end. */
export interface ProtectedFile {
  readonly version: number;
  readonly octoload: string;
  /** ISO times. */
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly backupDir: string;
  /** What is loaded, for who resumes it. */
  readonly load: BackfillOptions;
  readonly steps: readonly ProtectedStep[];
  readonly outcome: ProtectedOutcome;
  /** Why the targets were put back; null: they were not. */
  readonly failure: string | null;
}

/** undefined: no protected run was begun there. @throws OctoloadError RUN_OTHER */
export async function readProtectedFile(runDir: string): Promise<ProtectedFile | undefined> {
  const path = join(runDir, PROTECTED_FILE);
  const facts = await readJsonObject(path).catch(() => undefined);
  if (facts === undefined) {
    if (!existsSync(path)) return undefined;
    throw new OctoloadError("RUN_OTHER", `${path} is not what a protected run writes`);
  }
  if (facts.version === VERSION) return facts as unknown as ProtectedFile;
  throw new OctoloadError("RUN_OTHER", `${path} is of another version of octoload`);
}

export async function writeProtectedFile(
  runDir: string,
  facts: Omit<ProtectedFile, "version">,
): Promise<void> {
  const file: ProtectedFile = { version: VERSION, ...facts };
  await writeJsonFile(join(runDir, PROTECTED_FILE), file);
}
