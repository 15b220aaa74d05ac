/** A stretch of an array that holds numbers of features. */
export interface CandidateList {
  readonly items: Int32Array;
  readonly start: number;
  readonly end: number;
}

const FIRST_CAPACITY = 1 << 16;

/**
 * Lists of candidates on one growing stack: lists made while a cell is walked
 * through go when the walk leaves it, so memory is what one path needs.
 */
export class CandidateStack {
  #items = new Int32Array(FIRST_CAPACITY);
  #top = 0;

  /** To be handed to release(): lists made after this are gone then. */
  get top(): number {
    return this.#top;
  }

  release(top: number): void {
    this.#top = top;
  }

  /** 0 to count - 1, in an array of its own. */
  allOf(count: number): CandidateList {
    return { items: Int32Array.from({ length: count }, (_, n) => n), start: 0, end: count };
  }

  /** Those of `list` whose value (by position in the list) is at most `limit`. */
  keep(list: CandidateList, values: Float64Array, limit: number): CandidateList {
    this.#reserve(list.end - list.start);
    const items = this.#items;
    const start = this.#top;
    let end = start;
    for (let n = list.start; n < list.end; n++) {
      if ((values[n - list.start] ?? 0) <= limit) items[end++] = list.items[n] ?? 0;
    }
    this.#top = end;
    return { items, start, end };
  }

  /** At most `count` of the list made last, evenly chosen; the others go. */
  thin(list: CandidateList, count: number): CandidateList {
    const { items, start, end } = list;
    const length = end - start;
    if (length <= count) return list;
    for (let n = 0; n < count; n++) {
      items[start + n] = items[start + Math.floor((n * length) / count)] ?? 0;
    }
    this.#top = start + count;
    return { items, start, end: start + count };
  }

  /** Lists made before keep the array they were made in. */
  #reserve(count: number): void {
    if (this.#top + count <= this.#items.length) return;
    const larger = new Int32Array(2 * (this.#top + count));
    larger.set(this.#items.subarray(0, this.#top));
    this.#items = larger;
  }
}

const CHUNK = 1 << 18;

/** Lists that stay, packed into few arrays: a small array of its own for each costs more than it holds. */
export class KeptCandidates {
  #chunk = new Int32Array(0);
  #used = 0;

  copyOf({ items, start, end }: CandidateList): CandidateList {
    const length = end - start;
    if (this.#used + length > this.#chunk.length) {
      this.#chunk = new Int32Array(Math.max(CHUNK, length));
      this.#used = 0;
    }
    const first = this.#used;
    this.#chunk.set(items.subarray(start, end), first);
    this.#used += length;
    return { items: this.#chunk, start: first, end: this.#used };
  }
}
