import type { SkipReason } from "./skip-reason.js";

/** What became of rows that were offered to a hot cache. */
export interface HotStats {
  /** Selected rows. They are cached, older, skipped or pending. */
  readonly offered: number;
  /** Written, and acknowledged. */
  readonly cached: number;
  /** Left alone: a newer entry was there. */
  readonly older: number;
  /** All that were skipped, NOT_CACHED, and why. */
  readonly skipped: number;
  readonly skippedBy: Readonly<Partial<Record<SkipReason, number>>>;
  /** On their way. */
  readonly pending: number;
  /** Bytes written to sockets. */
  readonly bytes: number;
  /** Commands sent beyond each one's first time. */
  readonly retries: number;
  /** The latest text of each kind of error that was not expected. */
  readonly lastErrors: Readonly<Partial<Record<SkipReason, string>>>;
}

/** Counts them. */
export class HotTally {
  offered = 0;
  retries = 0;
  #cached = 0;
  #older = 0;
  #skipped = 0;
  readonly #skippedBy: Partial<Record<SkipReason, number>> = {};
  readonly #lastErrors: Partial<Record<SkipReason, string>> = {};

  get pending(): number {
    return this.offered - this.#cached - this.#older - this.#skipped;
  }

  settle({ cached, older }: { readonly cached: number; readonly older: number }): void {
    this.#cached += cached;
    this.#older += older;
  }

  skip(entries: number, reason: SkipReason): void {
    this.#skipped += entries;
    this.#skippedBy[reason] = (this.#skippedBy[reason] ?? 0) + entries;
  }

  error(reason: SkipReason, text: string): void {
    this.#lastErrors[reason] = text;
  }

  stats(bytes: number): HotStats {
    return {
      offered: this.offered,
      cached: this.#cached,
      older: this.#older,
      skipped: this.#skipped,
      skippedBy: { ...this.#skippedBy },
      pending: this.pending,
      bytes,
      retries: this.retries,
      lastErrors: { ...this.#lastErrors },
    };
  }
}
