/** Separate failures in a row after which a node is not asked any more. */
const FAILURES_TO_OPEN = 3;
const FIRST_REST_MS = 250;
const LONGEST_REST_MS = 4_000;

/** Calls back once, later; the result cancels it. */
export type After = (ms: number, callback: () => void) => () => void;

const afterTimer: After = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

/**
 * Whether a node is worth being asked: a circuit breaker. After some failures in a row nobody's read
 * waits for it any more; now and then it is tried in the background, until it answers in time.
 * All reads that were under way when one failed count as that one: a single pause of the node or of
 * this process fails them all.
 */
export class NodeHealth {
  readonly #probe: () => Promise<boolean>;
  readonly #after: After;
  #failures = 0;
  #failedMs = Number.NEGATIVE_INFINITY;
  #restMs = FIRST_REST_MS;
  #isOpen = false;
  #isClosed = false;
  #cancel: (() => void) | undefined;

  /** @param probe whether the node answers in time */
  constructor(probe: () => Promise<boolean>, after: After = afterTimer) {
    this.#probe = probe;
    this.#after = after;
  }

  /** False: ask somebody else. */
  get isWell(): boolean {
    return !this.#isOpen;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#restMs = FIRST_REST_MS;
  }

  /** @param askedMs when that read was sent, ms of performance.now(), as `nowMs` */
  failed(askedMs: number, nowMs: number = performance.now()): void {
    if (askedMs < this.#failedMs) return;
    this.#failedMs = nowMs;
    this.#failures += 1;
    if (this.#failures < FAILURES_TO_OPEN || this.#isOpen) return;
    this.#isOpen = true;
    this.#rest();
  }

  close(): void {
    this.#isClosed = true;
    this.#isOpen = true;
    this.#cancel?.();
  }

  #rest(): void {
    if (this.#isClosed) return;
    this.#cancel = this.#after(this.#restMs, () => this.#try());
    this.#restMs = Math.min(2 * this.#restMs, LONGEST_REST_MS);
  }

  #try(): void {
    const retry = () => this.#rest();
    this.#probe().then((isThere) => {
      if (!isThere) return retry();
      this.#isOpen = false;
      this.#failures = 0;
    }, retry);
  }
}
