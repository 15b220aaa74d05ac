// How many requests a node is given at once. The law is a gradient on latency, as congestion
// control by delay does it (Brakmo and Peterson, "TCP Vegas", 1994; Netflix's
// concurrency-limits for requests): docs/flow-control.md says why, and shows it at work.

export interface WindowBounds {
  readonly maxRequests: number;
  readonly maxBytes: number;
}

/** A fresh node is asked little until it has shown what it can do. */
export const INITIAL_WINDOW = 4;
export const MIN_WINDOW = 1;

/**
 * The latency worth having, as a multiple of the latency without a queue. By Little's law a node
 * that works on c requests at once then holds c more in its queue: enough to never idle.
 */
const TOLERANCE = 2;
/** Latencies below this are not worth saving: with more on the way each wake-up gets more done. */
const FREE_LATENCY_MS = 8;
/** Of the way to where the gradient points, a round. */
const SMOOTHING = 0.2;
const FAILURE_FACTOR = 0.5;
const MIN_ROUND_ACKS = 8;
const MIN_DRAIN_ACKS = 3;
/** How often the queue is let run empty, to see the latency without it: seldomer and seldomer. */
const FIRST_DRAIN_INTERVAL_MS = 100;
const DRAIN_INTERVAL_MS = 10_000;
/** And of the time at most one part of so many. */
const DRAIN_PARTS = 20;
/**
 * Clearly below 1 / TOLERANCE: what is then on the way has no queue even where the window has
 * become too large, so that the law comes back from there.
 */
const DRAIN_FACTOR = 0.25;
/** Baselines kept: a slower node is believed after so many drains. */
const KEPT_BASELINES = 3;
/** Of requests' sizes: a step of the exponential mean. */
const SIZE_STEP = 1 / 32;
/** A run of large frames may take so much more than the mean frame would. */
const SIZE_SLACK = 1.5;

/**
 * The in-flight window of one node. Latency moves it, once a round: a round is as many
 * acknowledgements as the window holds. Time is the caller's.
 */
export class NodeWindow {
  readonly #bounds: WindowBounds;
  readonly #maxLatencyMs: number;
  #requests: number;
  /** Below it the window doubles each round: it is known, or hoped, that the node can bear it. */
  #threshold = Number.POSITIVE_INFINITY;
  #hasAcknowledged = false;
  #meanBytes = 0;
  #shrunkMs = Number.NEGATIVE_INFINITY;
  #round = { acks: 0, sumMs: 0, isFull: false };
  #baselinesMs: number[] = [];
  /** Since when the queue is being drained; null: it is not. */
  #drainSinceMs: number | null = null;
  #drainedMs = Number.NEGATIVE_INFINITY;
  #drainIntervalMs = FIRST_DRAIN_INTERVAL_MS;

  /** @param maxLatencyMs never worth more, whatever the latency without a queue is */
  constructor(bounds: WindowBounds, maxLatencyMs: number) {
    this.#bounds = bounds;
    this.#maxLatencyMs = maxLatencyMs;
    this.#requests = Math.min(INITIAL_WINDOW, bounds.maxRequests);
  }

  /** Requests, not rounded: from MIN_WINDOW to the bound. */
  get requests(): number {
    return this.#drainSinceMs !== null
      ? Math.max(MIN_WINDOW, this.#requests * DRAIN_FACTOR)
      : this.#requests;
  }

  /** Bytes for so many requests of the size that was usual of late. */
  bytesFor(requests: number): number {
    if (this.#meanBytes === 0) return this.#bounds.maxBytes;
    return Math.min(this.#bounds.maxBytes, requests * this.#meanBytes * SIZE_SLACK);
  }

  get isAtMax(): boolean {
    return this.#requests >= this.#bounds.maxRequests;
  }

  /** The latency without a queue, as far as known. */
  get baselineMs(): number {
    return Math.min(...this.#baselinesMs);
  }

  /**
   * A request was acknowledged.
   *
   * @param wasFull whether the window kept another request from going when this one went
   */
  acknowledge(sentMs: number, nowMs: number, bytes: number, wasFull: boolean): void {
    this.#hasAcknowledged = true;
    this.#meanBytes += (bytes - this.#meanBytes) * (this.#meanBytes === 0 ? 1 : SIZE_STEP);
    // What was sent before still stood in the queue.
    if (this.#drainSinceMs !== null && sentMs <= this.#drainSinceMs) return;
    const round = this.#round;
    round.acks += 1;
    round.sumMs += nowMs - sentMs;
    round.isFull ||= wasFull;
    const minAcks = this.#drainSinceMs === null ? MIN_ROUND_ACKS : MIN_DRAIN_ACKS;
    if (round.acks < Math.max(minAcks, this.requests)) return;
    this.#endRound(round.sumMs / round.acks, round.isFull, nowMs);
    this.#round = { acks: 0, sumMs: 0, isFull: false };
  }

  /**
   * A request failed in a way that speaks of load. Those that were on the way together count once.
   *
   * @returns whether the window shrank
   */
  fail(sentMs: number, nowMs: number): boolean {
    if (sentMs <= this.#shrunkMs) return false;
    this.#shrunkMs = nowMs;
    // A node that does not answer at all says nothing of how much it can bear.
    if (this.#hasAcknowledged) this.#threshold = this.#requests * FAILURE_FACTOR;
    this.#hasAcknowledged = false;
    this.#requests = Math.max(MIN_WINDOW, this.#requests * FAILURE_FACTOR);
    return true;
  }

  /** The node is another one now: it was away. */
  restart(): void {
    this.#requests = Math.min(INITIAL_WINDOW, this.#bounds.maxRequests);
    this.#threshold = Number.POSITIVE_INFINITY;
    this.#baselinesMs = [];
    this.#drainSinceMs = null;
    this.#drainedMs = Number.NEGATIVE_INFINITY;
    this.#drainIntervalMs = FIRST_DRAIN_INTERVAL_MS;
  }

  #endRound(latencyMs: number, isFull: boolean, nowMs: number): void {
    if (this.#drainSinceMs !== null) {
      this.#endDrain(latencyMs, nowMs);
      return;
    }
    this.#noteBaseline(latencyMs);
    // Who sends less than the window allows learns nothing of what the node could do.
    if (!isFull) return;
    const gradient = this.#gradient(latencyMs);
    if (this.#requests < this.#threshold && gradient === 1) {
      this.#set(Math.min(this.#requests * 2, Math.max(this.#threshold, this.#requests)));
      return;
    }
    this.#threshold = 0;
    const wanted = this.#requests * gradient + Math.sqrt(this.#requests);
    this.#set(this.#requests + (wanted - this.#requests) * SMOOTHING);
    if (nowMs - this.#drainedMs >= this.#drainIntervalMs) this.#drainSinceMs = nowMs;
  }

  #endDrain(latencyMs: number, nowMs: number): void {
    const lastedMs = nowMs - (this.#drainSinceMs ?? nowMs);
    const nextMs = Math.min(DRAIN_INTERVAL_MS, 2 * this.#drainIntervalMs);
    this.#drainIntervalMs = Math.max(nextMs, DRAIN_PARTS * lastedMs);
    this.#drainSinceMs = null;
    this.#drainedMs = nowMs;
    this.#baselinesMs.push(latencyMs);
    if (this.#baselinesMs.length > KEPT_BASELINES) this.#baselinesMs.shift();
  }

  /** Between two drains the latest baseline can only turn out to be lower. */
  #noteBaseline(latencyMs: number): void {
    const last = Math.max(0, this.#baselinesMs.length - 1);
    this.#baselinesMs[last] = Math.min(this.#baselinesMs[last] ?? latencyMs, latencyMs);
  }

  #gradient(latencyMs: number): number {
    const worth = Math.max(FREE_LATENCY_MS, this.baselineMs * TOLERANCE);
    return Math.max(0.5, Math.min(1, Math.min(worth, this.#maxLatencyMs) / latencyMs));
  }

  #set(requests: number): void {
    this.#requests = Math.max(MIN_WINDOW, Math.min(this.#bounds.maxRequests, requests));
  }
}
