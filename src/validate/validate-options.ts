import type { Environment } from "../endpoint/password.js";
import type { BackfillOptions } from "../load/load-settings.js";
import type { CheckName } from "./checks/check-names.js";

/** What is validated, and how. What is left out is as it was in the run that loaded the target. */
export interface ValidateOptions
  extends Pick<
    BackfillOptions,
    | "sources"
    | "sourceName"
    | "table"
    | "columns"
    | "where"
    | "levels"
    | "limit"
    | "coerceText"
    | "snapshotDir"
    | "frame"
    | "runsDir"
    | "memoryBytes"
  > {
  /** The target's URL. */
  readonly to: string;
  /** Compare every row. */
  readonly full?: boolean;
  /**
   * With `full`: only ranges in which the source is not what the last full validation read, or in
   * which it found anything. What was changed in the target alone is not looked for.
   */
  readonly changedOnly?: boolean;
  /** What is checked; by default a sample, and the cache where one is given. */
  readonly checks?: readonly CheckName[];
  /** Rows of the sample. Default: 1000. */
  readonly sample?: number;
  /** Which rows are sampled: the same for the same number. Default: 12345. */
  readonly seed?: number;
  /** Rows whose Id, material and level are compared. Default: 10,000. */
  readonly integrityRows?: number;
  /** URL of the hot cache to be checked. */
  readonly hot?: string;
  /** Entries of the cache looked at a second, at most. Default: 5000. */
  readonly cacheRate?: number;
  /** Count rows by token range. Part of `full`. */
  readonly counts?: boolean;
  /**
   * Send rows that are missing, different or derived-stale again, in a run of their own, but for
   * rows that a service has written; nothing is deleted. Then they are looked at once more.
   */
  readonly repair?: boolean;
  /** The run that loaded the target: its folder or id; by default the latest of `runsDir`. */
  readonly run?: string;
  /** Default: a new folder in "octoload-validations". */
  readonly validationDir?: string;
  /** What differs is looked at again after so many milliseconds. Default: 1000. */
  readonly settleMs?: number;
  /** Where user and password of a cluster are found; by default the process's own. */
  readonly env?: Environment;
}

/** A look at a validation under way. */
export interface ValidationProgress {
  readonly phase: "scan" | "derive" | "compare" | "recheck" | "repair" | CheckName | "done";
  readonly rows: number;
  /** null: not known yet. */
  readonly total: number | null;
  readonly rowsPerSecond: number;
  /** Rows that seem to differ so far. */
  readonly found: number;
}

export interface ValidateHooks {
  /** Aborting it ends the validation with VALIDATION_INTERRUPTED. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ValidationProgress) => void;
  /** Told what people should know, a line each. */
  readonly onNote?: (text: string) => void;
}
