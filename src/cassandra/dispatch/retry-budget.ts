/** Sendings again, of those that were acknowledged: above this, retries are the load. */
const SHARE = 0.2;
/** So that a cluster that acknowledges nothing is still tried. */
const EARNED_A_SECOND = 10;

/**
 * How much may be sent again. Acknowledgements earn it, so that a cluster in pain is not given
 * more work by those that try to help it; what was earned is kept up to a limit, which covers what
 * was in flight to a node that dies.
 */
export class RetryBudget {
  readonly #max: number;
  #retries: number;
  #earnedMs: number;

  constructor(max: number, nowMs: number) {
    this.#max = max;
    this.#retries = max;
    this.#earnedMs = nowMs;
  }

  acknowledge(): void {
    this.#retries = Math.min(this.#max, this.#retries + SHARE);
  }

  /** @returns whether one more may be sent again now */
  take(nowMs: number): boolean {
    const earned = ((nowMs - this.#earnedMs) / 1000) * EARNED_A_SECOND;
    this.#earnedMs = nowMs;
    this.#retries = Math.min(this.#max, this.#retries + earned);
    if (this.#retries < 1) return false;
    this.#retries -= 1;
    return true;
  }
}
