import { OctoloadError } from "../../errors/octoload-error.js";
import type { Ack } from "../wire/node-wire.js";
import type { WireFailure } from "../wire/wire-failure.js";
import type { DispatchClock } from "./dispatch-clock.js";
import type { FrameOutcome, OnFrameEnd } from "./dispatch-options.js";
import type { DispatchReporter } from "./dispatch-reporter.js";
import { respondTo } from "./failure-response.js";
import { FrameList } from "./frame-list.js";
import { FrameRouter } from "./frame-router.js";
import type { NodeLane } from "./node-lane.js";
import { type FrameRoute, PendingFrame } from "./pending-frame.js";
import type { RetryBudget } from "./retry-budget.js";
import { SchemaJudge } from "./schema-judge.js";

export interface DeliveryOptions {
  readonly lanes: ReadonlyMap<string, NodeLane>;
  readonly clock: DispatchClock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly budget: RetryBudget;
  readonly reporter: DispatchReporter;
  readonly outageTimeoutMs: number;
  /** Each acknowledged frame, its bytes still as they were. */
  readonly onAcknowledged: (frame: Uint8Array) => void;
  readonly onDiskWarning: (lane: NodeLane) => void;
}

export interface DeliveryCounts {
  readonly frames: number;
  readonly rows: number;
  readonly bytes: number;
  readonly refusedFrames: number;
  readonly retries: number;
}

/** Given up by servers so often, while frames beside it are acknowledged, a frame is at fault. */
const MAX_SUSPECT_FAILURES = 5;
/** A few frames that nobody is beside are at fault when it stays so for this long. */
const ALONE_MS = 30_000;
const ALONE_FRAMES = 8;

const done: FrameOutcome = { kind: "done" };

/** Brings frames to their nodes and each to its end, which comes once and for every frame. */
export class FrameDelivery {
  readonly router: FrameRouter;
  readonly #options: DeliveryOptions;
  readonly #judge: SchemaJudge;
  /** In order of arrival. */
  readonly #unsettled = new FrameList();
  #postponed: PendingFrame[] = [];
  #ended: { readonly error: unknown } | null = null;
  #onIdle: (() => void)[] = [];
  /** Time in which this process was running, milliseconds: what outages are measured in. */
  #activeMs = 0;
  readonly #counts = { frames: 0, rows: 0, bytes: 0, refusedFrames: 0, retries: 0 };

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#judge = new SchemaJudge(options.lanes);
    this.router = new FrameRouter(options.lanes, {
      transmit: (frame, lane) => this.#transmit(frame, lane),
      strand: (frame) => this.#hold(frame, "no node has a connection"),
    });
  }

  get counts(): DeliveryCounts {
    return this.#counts;
  }

  get hasEnded(): boolean {
    return this.#ended !== null;
  }

  /** Frames that wait until more may be sent again. */
  get postponed(): number {
    return this.#postponed.length;
  }

  /** @param onEnd is called once; at once where nothing more is sent */
  send(bytes: Uint8Array, rows: number, route: FrameRoute, onEnd: OnFrameEnd): void {
    if (this.#ended !== null) {
      onEnd({ kind: "ended", error: this.#ended.error });
      return;
    }
    const frame = new PendingFrame(bytes, rows, route, onEnd);
    this.#unsettled.add(frame);
    route.unsettled += 1;
    this.#place(frame);
  }

  /** Settles when every frame has. */
  idle(): Promise<void> {
    if (this.#unsettled.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /**
   * Nothing more is sent. What waits ends at once; what is on the way may not be touched yet and
   * ends with its answer.
   */
  end(error: unknown): void {
    if (this.#ended !== null) return;
    this.#ended = { error };
    this.#postponed = [];
    for (const frame of this.#unsettled.toArray()) {
      if (frame.state !== "sent" && frame.state !== "judged") this.#abandon(frame);
    }
    this.router.takeAll([]);
  }

  /** The nodes are others now: all that wait choose again. */
  replaceWaiting(): void {
    for (const frame of this.router.takeAll(this.#unsettled.toArray())) this.#place(frame);
  }

  /** Time has passed: what was put off for its sake has its turn. */
  advance(elapsedMs: number): void {
    this.#activeMs += elapsedMs;
    const nowMs = this.#options.clock.nowMs();
    while (this.#postponed.length > 0 && this.#options.budget.take(nowMs)) {
      const frame = this.#postponed.shift();
      if (frame !== undefined) this.#place(frame);
    }
  }

  /** Tries a paused replica set with one frame, if it is time and a node has room. */
  probe(route: FrameRoute): void {
    const { clock, random } = this.#options;
    const frame = route.takeProbe(clock.nowMs());
    if (frame === undefined || this.router.placeNow(frame)) return;
    frame.isProbe = false;
    route.held.push(frame);
    route.delayProbe(clock.nowMs(), random());
  }

  #place(frame: PendingFrame): void {
    const { pause } = frame.route;
    if (pause === null) this.router.place(frame);
    else this.#hold(frame, pause.message);
  }

  #hold(frame: PendingFrame, why: string): void {
    const { clock, random } = this.#options;
    frame.route.hold(why, clock.nowMs(), random());
    frame.state = "held";
    frame.route.held.push(frame);
  }

  #transmit(frame: PendingFrame, lane: NodeLane): void {
    const { pause } = frame.route;
    if (pause !== null && !frame.isProbe) {
      this.#hold(frame, pause.message);
      return;
    }
    const { byteLength } = frame.bytes;
    lane.begin(byteLength);
    frame.state = "sent";
    frame.sentMs = this.#options.clock.nowMs();
    frame.wasFull = !lane.hasRoom(byteLength);
    frame.sendings += 1;
    if (frame.sendings > 1) this.#counts.retries += 1;
    lane.carrier.send(frame.bytes, (ack) => this.#answered(frame, lane, ack));
  }

  #answered(frame: PendingFrame, lane: NodeLane, ack: Ack): void {
    lane.end(frame.bytes.byteLength);
    if (ack.kind === "done") this.#acknowledged(frame, lane, ack.warnings);
    else this.#failed(frame, lane, ack.failure);
    this.router.fill(lane);
  }

  #acknowledged(frame: PendingFrame, lane: NodeLane, warnings: readonly string[]): void {
    const { clock, budget, reporter, onAcknowledged, onDiskWarning } = this.#options;
    const { route, bytes, rows } = frame;
    const nowMs = clock.nowMs();
    lane.acknowledge(frame, nowMs);
    budget.acknowledge();
    this.#counts.frames += 1;
    this.#counts.rows += rows;
    this.#counts.bytes += bytes.byteLength;
    route.frames += 1;
    route.stuckMs = 0;
    for (const text of warnings)
      if (reporter.warning(lane.carrier.node, text, nowMs)) onDiskWarning(lane);
    onAcknowledged(bytes);
    this.#settle(frame);
    frame.onEnd(done);
    if (route.pause !== null) for (const held of route.resume()) this.#place(held);
  }

  #failed(frame: PendingFrame, lane: NodeLane, failure: WireFailure): void {
    const { clock, random, reporter } = this.#options;
    const { route } = frame;
    const nowMs = clock.nowMs();
    lane.countFailure(failure.reason);
    reporter.failure(lane.carrier.node, failure);
    route.lastFailure = `${lane.carrier.node}: ${failure.message}`;
    frame.avoided = lane.carrier.node;
    if (frame.isProbe) route.delayProbe(nowMs, random());
    frame.isProbe = false;
    if (frame.failedMs === null) {
      frame.failedMs = this.#activeMs;
      frame.routeFrames = route.frames;
    }
    if (this.#ended === null) this.#respond(frame, lane, failure, nowMs);
    else this.#abandon(frame);
  }

  #respond(frame: PendingFrame, lane: NodeLane, failure: WireFailure, nowMs: number): void {
    const response = respondTo(failure);
    switch (response.kind) {
      case "again":
        lane.backOff(frame.sentMs, nowMs, response.isLoad);
        if (response.isSuspect) frame.suspectFailures += 1;
        if (response.isSuspect && this.#isAtFault(frame)) this.#refuse(frame, failure);
        else this.#sendAgain(frame, failure, response.isSuspect);
        return;
      case "pause":
        this.#unavailable(frame, failure);
        return;
      case "invalid":
        frame.state = "judged";
        this.#judgeInvalid(frame, lane, failure).catch((error: unknown) => {
          const fault = `judging a frame: ${String(error)}`;
          this.end(new OctoloadError("INTERNAL", fault, { cause: error }));
          this.#abandon(frame);
        });
        return;
      case "end":
        this.end(new OctoloadError(response.code, `${lane.carrier.node}: ${failure.message}`));
        this.#abandon(frame);
    }
  }

  /** @param isLater not before the next tick, so that a few failures are no single moment's */
  #sendAgain(frame: PendingFrame, failure: WireFailure, isLater = false): void {
    if (this.#activeMs - (frame.failedMs ?? 0) > this.#options.outageTimeoutMs) {
      this.end(outage(frame.route, this.#options.outageTimeoutMs));
      this.#abandon(frame);
    } else if (isLater || !this.#mayRetry(failure)) {
      frame.state = "postponed";
      this.#postponed.push(frame);
    } else {
      this.#place(frame);
    }
  }

  #mayRetry({ reason }: WireFailure): boolean {
    const { budget, clock } = this.#options;
    // Not sent: no server has had any work with it.
    return reason === "not-sent" || budget.take(clock.nowMs());
  }

  /** One coordinator may be wrong about who is alive; two are believed. */
  #unavailable(frame: PendingFrame, failure: WireFailure): void {
    frame.unavailableAnswers += 1;
    const isBelieved = frame.unavailableAnswers > 1 || this.router.nodesFor(frame.route).length < 2;
    if (isBelieved) this.#hold(frame, failure.message);
    else this.#sendAgain(frame, failure);
  }

  async #judgeInvalid(frame: PendingFrame, lane: NodeLane, failure: WireFailure): Promise<void> {
    const verdict = await this.#judge.judge(lane);
    if (verdict.kind === "lost")
      this.end(new OctoloadError("CASSANDRA_SCHEMA_LOST", verdict.fault));
    if (this.#ended !== null) this.#abandon(frame);
    else if (verdict.kind === "sound") this.#refuse(frame, failure);
    else {
      lane.backOff(frame.sentMs, this.#options.clock.nowMs(), false);
      this.#sendAgain(frame, failure);
    }
  }

  /** Whether what failed is the frame rather than the servers. */
  #isAtFault({ suspectFailures, route, routeFrames, failedMs }: PendingFrame): boolean {
    if (suspectFailures < MAX_SUSPECT_FAILURES) return false;
    if (route.frames > routeFrames) return true;
    const isAlone = route.unsettled <= ALONE_FRAMES && route.frames > 0;
    return isAlone && this.#activeMs - (failedMs ?? 0) >= ALONE_MS;
  }

  #refuse(frame: PendingFrame, failure: WireFailure): void {
    frame.route.stuckMs = 0;
    this.#counts.refusedFrames += 1;
    this.#settle(frame);
    frame.onEnd({ kind: "refused", failure });
  }

  #abandon(frame: PendingFrame): void {
    if (frame.state === "settled") return;
    this.#settle(frame);
    frame.onEnd({ kind: "ended", error: this.#ended?.error });
  }

  #settle(frame: PendingFrame): void {
    frame.state = "settled";
    frame.route.unsettled -= 1;
    this.#unsettled.remove(frame);
    if (this.#unsettled.size > 0) return;
    for (const resolve of this.#onIdle) resolve();
    this.#onIdle = [];
  }
}

export function outage(route: FrameRoute, timeoutMs: number): OctoloadError {
  const nodes = route.owners.map(({ carrier }) => carrier.node).join(", ");
  return new OctoloadError(
    "CASSANDRA_OUTAGE",
    `rows of ${nodes} could not be written for ${timeoutMs / 1000} s; the last answer: ${route.lastFailure}`,
  );
}
