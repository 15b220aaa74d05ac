/** Buckets a doubling of the latency; a quantile is right to 1 / (2 * 8) of its value. */
const BUCKETS_A_DOUBLING = 8;
const SMALLEST_MS = 1 / 64;
/** From 16 us to over two minutes. */
const BUCKETS = 24 * BUCKETS_A_DOUBLING;

/**
 * Latencies of the recent past: those since the last two rotations. Recording one costs a
 * logarithm, and the memory is the same however many there are.
 */
export class LatencyHistogram {
  #current = new Uint32Array(BUCKETS);
  #previous = new Uint32Array(BUCKETS);

  record(ms: number): void {
    const doublings = Math.log2(Math.max(ms, SMALLEST_MS) / SMALLEST_MS);
    const bucket = Math.min(BUCKETS - 1, Math.floor(doublings * BUCKETS_A_DOUBLING));
    this.#current[bucket] = (this.#current[bucket] ?? 0) + 1;
  }

  /** Forgets what was recorded before the last rotation. */
  rotate(): void {
    [this.#current, this.#previous] = [this.#previous, this.#current];
    this.#current.fill(0);
  }

  get count(): number {
    let count = 0;
    for (let at = 0; at < BUCKETS; at += 1) count += this.#at(at);
    return count;
  }

  /** The middle of the bucket that holds the quantile; 0 where nothing was recorded. */
  quantileMs(quantile: number): number {
    const wanted = Math.max(1, Math.ceil(quantile * this.count));
    let seen = 0;
    for (let at = 0; at < BUCKETS; at += 1) {
      seen += this.#at(at);
      if (seen >= wanted) return SMALLEST_MS * 2 ** ((at + 0.5) / BUCKETS_A_DOUBLING);
    }
    return 0;
  }

  #at(bucket: number): number {
    return (this.#current[bucket] ?? 0) + (this.#previous[bucket] ?? 0);
  }
}
