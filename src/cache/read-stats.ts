import type { PutOutcome, ReadFault } from "./entry-lane.js";

/** How the cache took part in an answer. */
export type CacheOutcome =
  /** It had the row. */
  | "hit"
  /** It had the note that there is no such row. */
  | "negative"
  /** It had nothing, and has it now. */
  | "miss"
  /** What it had was no entry. */
  | "malformed"
  /** The position is not hot: it was not asked. */
  | "bypass"
  | ReadFault;

/** What became of all reads since the reader was made. */
export interface ReadStats {
  /** Their sum is the number of reads of nodes. */
  readonly outcomes: Readonly<Record<CacheOutcome, number>>;
  /** Reads that the target was asked for; fewer than those that the cache did not answer. */
  readonly targetReads: number;
  /** Reads that were answered by another one's reading of the target. */
  readonly coalesced: number;
  /** Entries that were read through, by what became of them. */
  readonly puts: Readonly<Record<PutOutcome, number>>;
  /** Notes that a row is not there, by what became of them. */
  readonly marks: Readonly<Record<PutOutcome, number>>;
}

const noOutcomes: Readonly<Record<CacheOutcome, number>> = {
  ...{ hit: 0, negative: 0, miss: 0, malformed: 0, bypass: 0 },
  ...{ unavailable: 0, timeout: 0, "wrong-type": 0, error: 0 },
};

const noPuts: Readonly<Record<PutOutcome, number>> = { written: 0, older: 0, failed: 0 };

/** Counts them. */
export class ReadTally {
  targetReads = 0;
  coalesced = 0;
  readonly outcomes: Record<CacheOutcome, number> = { ...noOutcomes };
  readonly puts: Record<PutOutcome, number> = { ...noPuts };
  readonly marks: Record<PutOutcome, number> = { ...noPuts };

  stats(): ReadStats {
    return {
      outcomes: { ...this.outcomes },
      targetReads: this.targetReads,
      coalesced: this.coalesced,
      puts: { ...this.puts },
      marks: { ...this.marks },
    };
  }
}
