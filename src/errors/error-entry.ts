/** One row of the error table: what a code means and what its reader can do. */
export interface ErrorEntry {
  /** Stable name in UPPER_SNAKE. Never renamed and never given another meaning. */
  readonly code: string;
  /** What happened, in general; a thrown error's message says it of the case at hand. */
  readonly cause: string;
  /** What to do about it. */
  readonly remedy: string;
}
