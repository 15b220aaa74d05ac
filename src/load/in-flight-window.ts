/** What a batch takes of a window. */
export interface BatchSize {
  readonly rows: number;
  /** Of the memory it lies in. */
  readonly bytes: number;
}

interface Waiter {
  readonly size: BatchSize;
  readonly admit: () => void;
}

/**
 * How much may be on the way to a sink at once, whichever of its cursors sent it: rows, which is
 * what a resume may have to send again, and bytes of memory. Batches are admitted in the order they
 * ask; one that is larger than the whole window goes alone.
 */
export class InFlightWindow {
  readonly #max: BatchSize;
  readonly #waiters: Waiter[] = [];
  #rows = 0;
  #bytes = 0;
  #batches = 0;

  constructor(max: BatchSize) {
    this.#max = max;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Whether a batch of this size would be admitted at once. */
  hasRoom(size: BatchSize): boolean {
    return this.#waiters.length === 0 && this.#fits(size);
  }

  /** @throws the signal's reason when it is aborted first; the batch then takes nothing */
  acquire(size: BatchSize, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.hasRoom(size)) {
      this.#take(size);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        this.#admitWaiters();
        reject(signal.reason);
      };
      const admit = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const waiter: Waiter = { size, admit };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiters.push(waiter);
    });
  }

  release({ rows, bytes }: BatchSize): void {
    this.#rows -= rows;
    this.#bytes -= bytes;
    this.#batches -= 1;
    this.#admitWaiters();
  }

  #fits({ rows, bytes }: BatchSize): boolean {
    if (this.#batches === 0) return true;
    return this.#rows + rows <= this.#max.rows && this.#bytes + bytes <= this.#max.bytes;
  }

  #take({ rows, bytes }: BatchSize): void {
    this.#rows += rows;
    this.#bytes += bytes;
    this.#batches += 1;
  }

  #admitWaiters(): void {
    for (;;) {
      const [first] = this.#waiters;
      if (first === undefined || !this.#fits(first.size)) return;
      this.#waiters.shift();
      this.#take(first.size);
      first.admit();
    }
  }
}
