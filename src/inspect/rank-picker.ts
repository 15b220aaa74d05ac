import type { ScannedBatch } from "../load/scan.js";
import { randomRanks } from "../source/random-ranks.js";
import type { RowAddress } from "../source/source-options.js";

/**
 * Picks the rows of a seeded sample while a source is read to its end, in its order: the same as
 * Source.sample() finds, without going through the rowids once more.
 */
export class RankPicker {
  readonly #ranks: readonly number[];
  readonly #picked: RowAddress[] = [];
  #seen = 0;

  /** @param rows of the whole source */
  constructor(count: number, rows: number, seed: number) {
    this.#ranks = randomRanks(count, rows, seed);
  }

  /** Ordered by file and rowid. */
  get picked(): readonly RowAddress[] {
    return this.#picked;
  }

  add({ file, rowids }: Pick<ScannedBatch, "file" | "rowids">): void {
    for (let next = this.#ranks[this.#picked.length]; next !== undefined; ) {
      const rowid = rowids[next - this.#seen];
      if (rowid === undefined) break;
      this.#picked.push({ file, rowid });
      next = this.#ranks[this.#picked.length];
    }
    this.#seen += rowids.length;
  }
}
