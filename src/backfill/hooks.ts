import type { RunEvent } from "../load/progress.js";

export interface BackfillHooks {
  /** Aborting it finishes what is on the way, saves a checkpoint and ends the run. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: RunEvent) => void;
}
