import { FrameQueue } from "./frame-queue.js";
import type { NodeLane } from "./node-lane.js";

const FIRST_PROBE_MS = 250;
const MAX_PROBE_MS = 5_000;

interface Pause {
  readonly sinceMs: number;
  readonly message: string;
  probeMs: number;
  waitMs: number;
}

/** What the route of a frame has to know of it. */
export interface RoutedFrame {
  /** Sent to see whether its paused replicas are back. */
  isProbe: boolean;
}

/** The way to one replica set: its owners, and what waits while too few of them are up. */
export class ReplicaRoute<Frame extends RoutedFrame> {
  readonly owners: readonly NodeLane[];
  readonly held = new FrameQueue<Frame>();
  /** Given to the dispatcher and not settled yet. */
  unsettled = 0;
  /** Acknowledged, ever. */
  frames = 0;
  /** For how long nothing was acknowledged while something waited, milliseconds. */
  stuckMs = 0;
  /** In words, for the error that ends the run should it stay so. */
  lastFailure = "no answer";
  #turn = 0;
  #pause: Pause | null = null;

  constructor(owners: readonly NodeLane[]) {
    this.owners = owners;
  }

  get pause(): Readonly<Pause> | null {
    return this.#pause;
  }

  /** Owners take turns at being asked first, so that equals get equal shares. */
  nextTurn(): number {
    this.#turn = (this.#turn + 1) % Math.max(1, this.owners.length);
    return this.#turn;
  }

  /** Begins a pause, unless there is one. */
  hold(message: string, nowMs: number, random: number): void {
    if (this.#pause !== null) return;
    const probeMs = nowMs + FIRST_PROBE_MS * (0.5 + random);
    this.#pause = { sinceMs: nowMs, message, probeMs, waitMs: FIRST_PROBE_MS };
  }

  /** A probe was in vain: the next one waits longer. */
  delayProbe(nowMs: number, random: number): void {
    if (this.#pause === null) return;
    this.#pause.waitMs = Math.min(MAX_PROBE_MS, this.#pause.waitMs * 2);
    this.#pause.probeMs = nowMs + this.#pause.waitMs * (0.5 + random);
  }

  /** A node came up: no reason to wait any longer. */
  probeNow(nowMs: number): void {
    if (this.#pause === null || this.#pause.probeMs === Number.POSITIVE_INFINITY) return;
    this.#pause.probeMs = nowMs;
    this.#pause.waitMs = FIRST_PROBE_MS;
  }

  /** The frame to try a paused route with, if it is time; then it is out for its answer. */
  takeProbe(nowMs: number): Frame | undefined {
    if (this.#pause === null || nowMs < this.#pause.probeMs) return undefined;
    const frame = this.held.shift();
    if (frame === undefined) return undefined;
    this.#pause.probeMs = Number.POSITIVE_INFINITY;
    frame.isProbe = true;
    return frame;
  }

  /** @returns the frames that waited for the end of the pause */
  resume(): Frame[] {
    this.#pause = null;
    return this.held.clear();
  }
}
