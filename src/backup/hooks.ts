/** One look at a backup or a restore that goes on. */
export interface BackupProgress {
  readonly step: "copy" | "check" | "export" | "count" | "write" | "read back";
  /** Of the step, 0 to 1. */
  readonly share: number;
  /** So far, where the step goes by rows. */
  readonly rows?: number;
}

export interface BackupHooks {
  /** Ends it in order; nothing of an unfinished backup is left. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BackupProgress) => void;
  /** Told what the user should know, a line each. */
  readonly onNote?: (text: string) => void;
}
