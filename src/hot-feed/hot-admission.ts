const PRIORITIES = 256;
/** Of a sample, before it is believed rather than the estimate. */
const MIN_SAMPLE = 20_000;
/** A sample tells more the larger it is: looked at again when it has grown by so much. */
const GROWTH = 1.25;

export interface AdmissionFacts {
  /** Expected rows of each of the 256 priorities; 0 is not hot. */
  readonly expected: ArrayLike<number>;
  /** Rows that will come in all. */
  readonly rows: number;
  /** Entries there is room for; null: no bound. */
  readonly capacity: number | null;
  /** Rows come in an order that has nothing to do with places, so that the first are a sample. */
  readonly isShuffled: boolean;
}

/**
 * Decides which hot rows a cache of bounded size takes: the hottest that fit. It knows only what is
 * expected of all rows, and learns from those that have come.
 */
export class HotAdmission {
  readonly #facts: AdmissionFacts;
  #capacity: number | null;
  readonly #seen = new Float64Array(PRIORITIES);
  #seenRows = 0;
  #plannedAt = 0;
  #lowest = 1;
  /** Rows of the lowest priority that are still taken. */
  #quota = Number.POSITIVE_INFINITY;
  #takenOfLowest = 0;
  #taken = 0;

  constructor(facts: AdmissionFacts) {
    this.#facts = facts;
    this.#capacity = facts.capacity;
    this.#plan();
  }

  /** The lowest priority that is taken, maybe not all of it; 256: none is. */
  get lowestPriority(): number {
    return this.#lowest;
  }

  /** Rows taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Rows of the whole load that are expected to be taken. */
  get expectedRows(): number {
    const expected = this.#expected();
    let rows = 0;
    for (let priority = 1; priority < PRIORITIES; priority += 1) rows += expected[priority] ?? 0;
    return Math.round(Math.min(rows, this.#capacity ?? rows));
  }

  /** An entry turned out to be larger or smaller: there is room for others in all. */
  setCapacity(capacity: number | null): void {
    if (capacity === this.#capacity) return;
    this.#capacity = capacity;
    this.#plan();
  }

  /**
   * Sets the priorities of rows that are not taken to 0, in place.
   *
   * @param totals of the batch: how many rows have each priority
   * @returns hot rows that were not taken
   */
  admit(priorities: Uint8Array, totals: ArrayLike<number>): number {
    this.#learn(totals);
    let refused = 0;
    for (let row = 0; row < priorities.length; row += 1) {
      const priority = priorities[row] ?? 0;
      if (priority === 0) continue;
      if (this.#takes(priority)) continue;
      priorities[row] = 0;
      refused += 1;
    }
    return refused;
  }

  #takes(priority: number): boolean {
    if (priority < this.#lowest) return false;
    if (this.#capacity !== null && this.#taken >= this.#capacity) return false;
    if (priority === this.#lowest) {
      if (this.#takenOfLowest >= this.#quota) return false;
      this.#takenOfLowest += 1;
    }
    this.#taken += 1;
    return true;
  }

  #learn(totals: ArrayLike<number>): void {
    for (let priority = 0; priority < PRIORITIES; priority += 1) {
      const rows = totals[priority] ?? 0;
      this.#seen[priority] = (this.#seen[priority] ?? 0) + rows;
      this.#seenRows += rows;
    }
    if (!this.#facts.isShuffled || this.#seenRows < MIN_SAMPLE) return;
    if (this.#seenRows < this.#plannedAt * GROWTH) return;
    this.#plannedAt = this.#seenRows;
    this.#plan();
  }

  /** Of all rows: what was seen, scaled up; before that what was estimated. */
  #expected(): ArrayLike<number> {
    const { expected, rows, isShuffled } = this.#facts;
    if (!isShuffled || this.#seenRows < MIN_SAMPLE) return expected;
    const scale = Math.max(1, rows / this.#seenRows);
    return this.#seen.map((count) => count * scale);
  }

  #plan(): void {
    const before = this.#lowest;
    [this.#lowest, this.#quota] = this.#cut();
    if (this.#lowest !== before) this.#takenOfLowest = 0;
  }

  #cut(): [lowest: number, quota: number] {
    if (this.#capacity === null) return [1, Number.POSITIVE_INFINITY];
    const expected = this.#expected();
    let room = this.#capacity;
    for (let priority = PRIORITIES - 1; priority > 0; priority -= 1) {
      const rows = expected[priority] ?? 0;
      if (rows > room)
        return room < 1 ? [priority + 1, Number.POSITIVE_INFINITY] : [priority, room];
      room -= rows;
    }
    return [1, Number.POSITIVE_INFINITY];
  }
}
