import { OctoloadError } from "../errors/octoload-error.js";
import { type CompareKeys, keyComparison } from "./key-order.js";
import type { KeyPage, KeySource } from "./key-page.js";
import type { SinkOrder } from "./sink.js";

const nothing: KeyPage = {
  rows: 0,
  tokens: new BigInt64Array(),
  tiles: new BigUint64Array(),
  cells: new Uint16Array(),
  levels: new Uint8Array(),
};

/**
 * Finds the keys that a target has and its source lacks, by reading both side by side. Keys are
 * deleted on its word, so it takes neither side's order on trust: passing a key of the source too
 * early would take it for missing.
 */
export class StrayKeys {
  readonly #compare: CompareKeys;
  readonly #source: KeySource;
  #page: KeyPage = nothing;
  #at = 0;
  #isAtEnd = false;
  /** The target's last page, whose last key the next one has to be above. */
  #lastPage: KeyPage = nothing;

  constructor(order: SinkOrder, source: KeySource) {
    this.#compare = keyComparison(order);
    this.#source = source;
  }

  /**
   * @param page the target's next keys, in the sink's order
   * @returns those that the source lacks, by their index
   * @throws OctoloadError INTERNAL where one side is not in order; and what the source throws
   */
  async find(page: KeyPage): Promise<number[]> {
    requireAscending(this.#compare, this.#lastPage, page, "the target's");
    this.#lastPage = page;
    const stray: number[] = [];
    for (let i = 0; i < page.rows; ) {
      const isRead = this.#at === this.#page.rows;
      if (isRead && !this.#isAtEnd) {
        await this.#readPage();
        continue;
      }
      const order = isRead ? 1 : this.#compare(this.#page, this.#at, page, i);
      if (order > 0) stray.push(i);
      if (order <= 0) this.#at += 1;
      if (order >= 0) i += 1;
    }
    return stray;
  }

  async #readPage(): Promise<void> {
    const before = lastKeyOf(this.#page);
    this.#page = await this.#source.next();
    this.#at = 0;
    this.#isAtEnd = this.#page.rows === 0;
    requireAscending(this.#compare, before, this.#page, "the source's");
  }
}

/** A page of its own: the source may use the memory of its own again. */
function lastKeyOf({ rows, tokens, tiles, cells, levels }: KeyPage): KeyPage {
  if (rows === 0) return nothing;
  const last = rows - 1;
  return {
    rows: 1,
    tokens: tokens.slice(last, rows),
    tiles: tiles.slice(last, rows),
    cells: cells.slice(last, rows),
    levels: levels.slice(last, rows),
  };
}

function requireAscending(
  compare: CompareKeys,
  before: KeyPage,
  page: KeyPage,
  whose: string,
): void {
  if (before.rows > 0 && page.rows > 0 && compare(before, before.rows - 1, page, 0) >= 0) {
    throw outOfOrder(whose);
  }
  for (let i = 1; i < page.rows; i += 1) {
    if (compare(page, i - 1, page, i) >= 0) throw outOfOrder(whose);
  }
}

function outOfOrder(whose: string): OctoloadError {
  return new OctoloadError(
    "INTERNAL",
    `${whose} keys do not come in their order, so that nobody can say which are missing`,
  );
}
