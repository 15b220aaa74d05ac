const FIRST_ROWS = 16;
const MAX_ROWS = 5000;
const GROWTH = 4;
/** Of the columns beside the envelope, and of the row itself in memory. */
const ROW_BYTES = 200;

/**
 * How many rows to ask for at a time. The protocol counts rows, and one may have 16 MiB, so it
 * begins with few, and goes by the sizes of those that came.
 */
export class PageSize {
  readonly #pageBytes: number;
  #rows = FIRST_ROWS;
  #limit = MAX_ROWS;

  /** @param pageBytes that a page should hold about */
  constructor(pageBytes: number) {
    this.#pageBytes = pageBytes;
  }

  get rows(): number {
    return this.#rows;
  }

  /** A page came. @param bytes of its envelopes */
  saw(rows: number, bytes: number): void {
    this.#limit = Math.min(MAX_ROWS, this.#limit * 2);
    if (rows === 0) return;
    const fitting = Math.floor(this.#pageBytes / (bytes / rows + ROW_BYTES));
    this.#rows = Math.max(1, Math.min(fitting, this.#rows * GROWTH, this.#limit));
  }

  /** A page did not come in time. */
  shrink(): void {
    this.#limit = Math.max(1, Math.floor(this.#rows / GROWTH));
    this.#rows = this.#limit;
  }
}
