import type { BackfillHooks } from "../backfill/hooks.js";
import type { BackupHooks } from "../backup/hooks.js";
import type { Environment } from "../endpoint/password.js";
import type { BackfillOptions } from "../load/load-settings.js";
import type { ProtectedStep } from "./protected-file.js";

/** What a protected run needs of a validation that compares every row. */
export interface Validation {
  /** 0: all is as it should be; 6: something differs; 8: not all could be checked. */
  readonly exitCode: number;
  readonly validationDir: string;
  /** Rows that were compared. */
  readonly rows: number;
  /** Rows that differ, all classes. */
  readonly found: number;
}

export interface ValidationRequest {
  /** Of the run that loaded the target. */
  readonly runDir: string;
  readonly to: string;
  /** A folder that is not there yet. */
  readonly validationDir: string;
  readonly load: BackfillOptions;
  readonly env?: Environment;
}

export type Validate = (
  request: ValidationRequest,
  hooks: Pick<ProtectHooks, "signal" | "onNote" | "onValidation">,
) => Promise<Validation>;

export interface ProtectedOptions {
  /** What is loaded. On resume what is left out is as it was. */
  readonly load: BackfillOptions;
  readonly validate: Validate;
  /** Where the backups go; by default "backup" in the run's folder. */
  readonly backupDir?: string;
  /** Whether the source is copied too; true unless given. */
  readonly backupSource?: boolean;
  /** Put the targets back now, whatever step the run is at. */
  readonly rollBack?: boolean;
  /** Where user and password of a cluster are found; by default the process's own. */
  readonly env?: Environment;
}

export interface ProtectHooks {
  /** Ends the step at hand in order; the same command goes on. */
  readonly signal?: AbortSignal;
  readonly onNote?: (text: string) => void;
  /** Called when a step begins and when it ends. */
  readonly onStep?: (step: ProtectedStep) => void;
  readonly onBackup?: BackupHooks["onProgress"];
  readonly onLoad?: BackfillHooks["onProgress"];
  readonly onValidation?: (rows: number, total: number | null) => void;
}
