import type { WireFailure } from "../wire/wire-failure.js";
import type { DispatchClock } from "./dispatch-clock.js";
import type { NodeStats } from "./dispatch-stats.js";
import { LatencyHistogram } from "./latency-histogram.js";
import type { NodeCarrier } from "./node-carrier.js";
import { NodeDowntime } from "./node-downtime.js";
import { NodeWindow, type WindowBounds } from "./node-window.js";

/** Why a node is given less than its window, as a share of it in (0, 1]. */
export type ShareReason = "protect-p99" | "compaction" | "disk";

export interface LaneOptions {
  readonly bounds: WindowBounds;
  readonly maxLatencyMs: number;
  readonly clock: DispatchClock;
  /** In [0, 1): for the jitter of rests. */
  readonly random: () => number;
  /** Called when a rest is over. */
  readonly onRested: (lane: NodeLane) => void;
}

/** What a lane has to know of a frame that its node acknowledged. */
export interface AnsweredFrame {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly sentMs: number;
  /** No other frame had room beside it when it was sent. */
  readonly wasFull: boolean;
}

const FIRST_REST_MS = 50;
const MAX_REST_MS = 5_000;
/** After so many failures in a row it was away, whatever its connections say. */
const AWAY_FAILURES = 3;
const MAX_PACE_MS = 2_000;

/** One node as the dispatcher deals with it: its window and what is in it. */
export class NodeLane {
  readonly carrier: NodeCarrier;
  readonly window: NodeWindow;
  readonly downtime = new NodeDowntime();
  readonly #options: LaneOptions;
  readonly #latency = new LatencyHistogram();
  readonly #shares = new Map<ShareReason, number>();
  readonly #failures: Partial<Record<WireFailure["reason"], number>> = {};
  #isRetired = false;
  #share = 1;
  #requests = 0;
  #bytes = 0;
  #failedInARow = 0;
  #failedMs = Number.NEGATIVE_INFINITY;
  #restUntilMs = 0;
  #cancelRest: (() => void) | null = null;
  #frames = 0;
  #rows = 0;
  #ackedBytes = 0;

  constructor(carrier: NodeCarrier, options: LaneOptions) {
    this.carrier = carrier;
    this.#options = options;
    this.window = new NodeWindow(options.bounds, options.maxLatencyMs);
  }

  /** Without connection, or no longer part of the ring. */
  get isDown(): boolean {
    return this.#isRetired || this.downtime.isDown;
  }

  /** It failed of late, and has acknowledged nothing sent since. */
  get isFailing(): boolean {
    return this.#failedInARow > 0;
  }

  get inFlight(): number {
    return this.#requests;
  }

  /** Requests it may hold now, at least 1. After a failure one shows whether it is well again. */
  get limit(): number {
    if (this.#failedInARow > 0) return 1;
    return Math.max(1, Math.floor(this.window.requests * this.#share));
  }

  /** A frame larger than the whole window goes alone. */
  hasRoom(bytes: number): boolean {
    if (this.isDown || this.#cancelRest !== null) return false;
    if (this.#requests === 0) return true;
    const { limit } = this;
    return this.#requests < limit && this.#bytes + bytes <= this.window.bytesFor(limit);
  }

  begin(bytes: number): void {
    this.#requests += 1;
    this.#bytes += bytes;
  }

  end(bytes: number): void {
    this.#requests -= 1;
    this.#bytes -= bytes;
  }

  acknowledge({ sentMs, wasFull, bytes, rows }: AnsweredFrame, nowMs: number): void {
    const { byteLength } = bytes;
    this.#frames += 1;
    this.#rows += rows;
    this.#ackedBytes += byteLength;
    this.#latency.record(nowMs - sentMs);
    this.window.acknowledge(sentMs, nowMs, byteLength, wasFull);
    if (sentMs > this.#failedMs && this.#failedInARow > 0) this.#recover();
    const wanted = this.window.requests * this.#share;
    // Less than one request at a time: one with pauses.
    if (wanted < 1) this.#rest(Math.min(MAX_PACE_MS, (nowMs - sentMs) * (1 / wanted - 1)));
  }

  countFailure(reason: WireFailure["reason"]): void {
    this.#failures[reason] = (this.#failures[reason] ?? 0) + 1;
  }

  /**
   * Gives the node a rest, longer with each failure in a row; frames that were on the way
   * together count as one failure.
   *
   * @param isLoad the window shrinks too
   */
  backOff(sentMs: number, nowMs: number, isLoad: boolean): void {
    if (isLoad) this.window.fail(sentMs, nowMs);
    if (sentMs <= this.#failedMs) return;
    this.#failedMs = nowMs;
    this.#failedInARow += 1;
    const restMs = Math.min(MAX_REST_MS, FIRST_REST_MS * 2 ** (this.#failedInARow - 1));
    this.#rest(restMs * (0.5 + this.#options.random()));
  }

  /** It was away: what was learnt of it is out of date. */
  restart(): void {
    this.window.restart();
    this.#failedInARow = 0;
    this.cancelRest();
  }

  /** It left the ring: what is on the way to it is answered, nothing more is sent. */
  retire(): void {
    this.#isRetired = true;
    this.cancelRest();
  }

  setShare(reason: ShareReason, share: number): void {
    this.#shares.set(reason, share);
    this.#share = Math.min(1, ...this.#shares.values());
  }

  /** What makes its share less than the whole window; null: it is the whole. */
  get shareReason(): ShareReason | null {
    if (this.#share === 1) return null;
    for (const [reason, share] of this.#shares) if (share === this.#share) return reason;
    return null;
  }

  /** Of the latencies, what is older than the rotation before. */
  forgetOld(): void {
    this.#latency.rotate();
  }

  cancelRest(): void {
    this.#cancelRest?.();
    this.#cancelRest = null;
  }

  stats(nowMs: number): NodeStats {
    return {
      node: this.carrier.node,
      isUp: !this.isDown,
      inFlightRequests: this.#requests,
      inFlightBytes: this.#bytes,
      window: this.limit,
      latencyP50Ms: this.#latency.quantileMs(0.5),
      latencyP99Ms: this.#latency.quantileMs(0.99),
      frames: this.#frames,
      rows: this.#rows,
      bytes: this.#ackedBytes,
      failures: { ...this.#failures },
      downMs: this.downtime.totalMs(nowMs),
      longestDownMs: this.downtime.longestMs(nowMs),
    };
  }

  /** The frame that was to show whether it is well again was acknowledged. */
  #recover(): void {
    if (this.#failedInARow >= AWAY_FAILURES) this.window.restart();
    this.#failedInARow = 0;
  }

  #rest(ms: number): void {
    const { clock, onRested } = this.#options;
    const untilMs = clock.nowMs() + ms;
    if (this.#cancelRest !== null && untilMs <= this.#restUntilMs) return;
    this.cancelRest();
    this.#restUntilMs = untilMs;
    this.#cancelRest = clock.after(ms, () => {
      this.#cancelRest = null;
      onRested(this);
    });
  }
}
