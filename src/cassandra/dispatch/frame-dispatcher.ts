import type { Client } from "cassandra-driver";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { Ring } from "../ring.js";
import type { CassandraSession } from "../session.js";
import { type DispatchClock, systemDispatchClock } from "./dispatch-clock.js";
import type { DispatchLimit } from "./dispatch-events.js";
import { limitOf } from "./dispatch-limit.js";
import type {
  DispatchOptions,
  FrameOutcome,
  OnFrameEnd,
  ReadProtection,
} from "./dispatch-options.js";
import { DispatchReporter } from "./dispatch-reporter.js";
import type { DispatchStats } from "./dispatch-stats.js";
import { FrameDelivery, outage } from "./frame-delivery.js";
import { type Carriers, WireCarriers } from "./node-carrier.js";
import { DEFAULT_HINT_WINDOW_MS, repairAdvice } from "./node-downtime.js";
import type { LaneOptions } from "./node-lane.js";
import { NodeLanes } from "./node-lanes.js";
import { PressureWatch, readHintWindow } from "./pressure-watch.js";
import { ReadProbe } from "./read-probe.js";
import { RetryBudget } from "./retry-budget.js";

export type { DispatchEvent, DispatchLimit } from "./dispatch-events.js";
export type {
  DispatchOptions,
  FrameOutcome,
  OnFrameEnd,
  ReadProtection,
} from "./dispatch-options.js";
export type { DispatchStats, NodeStats, RepairAdvice } from "./dispatch-stats.js";

const DEFAULT_REQUEST_TIMEOUT_MS = 5_000;
const DEFAULT_OUTAGE_TIMEOUT_MS = 600_000;
const DEFAULT_MAX_REQUESTS = 128;
const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;

/** Of what an answer may take, the part that is still worth a full window. */
const WORTHWHILE_SHARE = 0.1;
const TICK_MS = 200;
/** A process that was stopped did not see the cluster fail. */
const MAX_COUNTED_TICK_MS = 1_000;
const TICKS_A_LOOK = 5;
const TICKS_A_ROTATION = 25;
const MIN_BUDGET = 64;

/** What a dispatcher is made of where it is not Cassandra's own. */
export interface DispatcherParts {
  readonly carriers: Carriers;
  readonly clock?: DispatchClock;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** Those that let a load have less than its windows. */
interface Watchers {
  readonly probe: ReadProbe | null;
  readonly pressure: PressureWatch | null;
}

/**
 * Sends ready frames to the nodes that own their rows, and each until it is settled: in-flight
 * windows that follow each node's latency, owners kept equally busy, failures answered by kind
 * (docs/flow-control.md).
 */
export class FrameDispatcher {
  readonly #options: DispatchOptions;
  readonly #clock: DispatchClock;
  readonly #carriers: Carriers;
  readonly #lanes: NodeLanes;
  readonly #reporter: DispatchReporter;
  readonly #delivery: FrameDelivery;
  readonly #outageTimeoutMs: number;
  readonly #leaveSignal: () => void;
  #watchers: Watchers = { probe: null, pressure: null };
  #hintWindowMs = DEFAULT_HINT_WINDOW_MS;
  #limit: DispatchLimit = "caller";
  #cancelTick: (() => void) | null = null;
  #tickMs: number;
  #ticks = 0;
  #waitingTicks = 0;

  constructor(parts: DispatcherParts, options: DispatchOptions) {
    const { carriers, clock = systemDispatchClock, random = Math.random } = parts;
    const { requestTimeoutMs = DEFAULT_REQUEST_TIMEOUT_MS, signal } = options;
    [this.#options, this.#clock, this.#carriers] = [options, clock, carriers];
    this.#outageTimeoutMs = options.outageTimeoutMs ?? DEFAULT_OUTAGE_TIMEOUT_MS;
    this.#reporter = new DispatchReporter(options.onEvent);
    const maxRequests = options.maxInFlightRequests ?? DEFAULT_MAX_REQUESTS;
    const laneOptions: LaneOptions = {
      bounds: { maxRequests, maxBytes: options.maxInFlightBytes ?? DEFAULT_MAX_BYTES },
      maxLatencyMs: requestTimeoutMs * WORTHWHILE_SHARE,
      clock,
      random,
      onRested: (lane) => this.#delivery.router.fill(lane),
    };
    this.#lanes = new NodeLanes(options.ring, carriers, laneOptions);
    this.#delivery = new FrameDelivery({
      lanes: this.#lanes.byNode,
      clock,
      random,
      budget: new RetryBudget(Math.max(MIN_BUDGET, 2 * maxRequests), clock.nowMs()),
      reporter: this.#reporter,
      outageTimeoutMs: this.#outageTimeoutMs,
      onAcknowledged: (frame) => this.#watchers.probe?.noteFrame(frame),
      onDiskWarning: (lane) => this.#watchers.pressure?.noteDiskWarning(lane),
    });
    const abort = () => this.#delivery.end(signal?.reason);
    this.#leaveSignal = () => signal?.removeEventListener("abort", abort);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    this.#lanes.observe(clock.nowMs());
    this.#tickMs = clock.nowMs();
    this.#scheduleTick();
  }

  /** @throws OctoloadError CASSANDRA_DRIVER_VERSION */
  static async create(
    { client }: CassandraSession,
    options: DispatchOptions,
  ): Promise<FrameDispatcher> {
    const { statements, requestTimeoutMs = DEFAULT_REQUEST_TIMEOUT_MS, protect } = options;
    const carriers = new WireCarriers(client, statements, requestTimeoutMs);
    const dispatcher = new FrameDispatcher({ carriers }, options);
    dispatcher.#watch(client, protect, await readHintWindow(client));
    return dispatcher;
  }

  /**
   * Sends a whole frame until it is acknowledged or refused. The frame's bytes belong to the
   * dispatcher until then: a stream id is written into them.
   *
   * @param replicaSet index into the replica sets of `ring`
   * @param ring the one the frame was cut for; the current one unless given
   * @throws OctoloadError what ends the run, the same for all frames: CASSANDRA_OUTAGE,
   *   CASSANDRA_SCHEMA_LOST, CASSANDRA_ACCESS_LOST, CASSANDRA_FAILED; the signal's reason
   */
  send(
    frame: Uint8Array,
    rows: number,
    replicaSet: number,
    ring: Ring = this.#lanes.ring,
  ): Promise<FrameOutcome> {
    return new Promise((resolve, reject) => {
      this.post(frame, rows, replicaSet, ring, (end) => {
        if (end.kind === "ended") reject(end.error);
        else resolve(end);
      });
    });
  }

  /** As send(), for thousands of frames a second: `onEnd` is called once, maybe at once. */
  post(frame: Uint8Array, rows: number, replicaSet: number, ring: Ring, onEnd: OnFrameEnd): void {
    const route = this.#lanes.routeOf(ring, replicaSet);
    if (route !== undefined) {
      this.#delivery.send(frame, rows, route, onEnd);
      return;
    }
    const fault = `replica set ${replicaSet} is none of the ring's`;
    onEnd({ kind: "ended", error: new OctoloadError("ARG_RANGE", fault) });
  }

  /** From now on frames are meant for this ring, unless they say otherwise. */
  useRing(ring: Ring): void {
    this.#lanes.useRing(ring);
    this.#lanes.observe(this.#clock.nowMs());
    this.#delivery.replaceWaiting();
  }

  /** Settles when nothing is under way or waiting. */
  drain(): Promise<void> {
    return this.#delivery.idle();
  }

  /** Ends probes and timers. What waits rejects, what is on the way settles first. */
  async close(): Promise<void> {
    this.#leaveSignal();
    this.#delivery.end(new OctoloadError("INTERNAL", "the dispatcher was closed"));
    this.#watchers.probe?.close();
    this.#watchers.pressure?.close();
    await this.#delivery.idle();
    this.#cancelTick?.();
    this.#cancelTick = null;
    for (const lane of this.#lanes.byNode.values()) lane.cancelRest();
  }

  stats(): DispatchStats {
    const nowMs = this.#clock.nowMs();
    const nodes = [...this.#lanes.byNode.values()].map((lane) => lane.stats(nowMs));
    const repairs = nodes.map(({ node, longestDownMs }) =>
      repairAdvice(node, longestDownMs, this.#hintWindowMs, this.#options.keyspace),
    );
    return {
      ...this.#delivery.counts,
      nodes,
      reprepares: this.#carriers.reprepares,
      waitingFrames: this.#delivery.router.waiting,
      limit: this.#limit,
      readP99Ms: this.#watchers.probe?.p99Ms ?? null,
      repairs: repairs.filter((advice) => advice !== undefined),
    };
  }

  #watch(client: Client, protect: ReadProtection | undefined, hintWindowMs: number): void {
    const lanes = this.#lanes.byNode;
    const onShares = () => this.#fillAll();
    this.#hintWindowMs = hintWindowMs;
    this.#watchers = {
      probe: protect === undefined ? null : new ReadProbe(client, protect, lanes, onShares),
      pressure: new PressureWatch(client, lanes, onShares),
    };
  }

  #scheduleTick(): void {
    this.#cancelTick = this.#clock.after(TICK_MS, () => {
      this.#tick();
      this.#scheduleTick();
    });
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    const elapsedMs = Math.min(nowMs - this.#tickMs, MAX_COUNTED_TICK_MS);
    this.#tickMs = nowMs;
    this.#ticks += 1;
    if (this.#delivery.hasEnded) return;
    this.#observeNodes(nowMs);
    this.#delivery.advance(elapsedMs);
    this.#watchRoutes(elapsedMs);
    this.#look(nowMs);
    if (this.#ticks % TICKS_A_ROTATION > 0) return;
    for (const lane of this.#lanes.byNode.values()) lane.forgetOld();
  }

  #observeNodes(nowMs: number): void {
    const { down, up } = this.#lanes.observe(nowMs);
    for (const { carrier } of down) this.#reporter.nodeDown(carrier.node);
    for (const { lane, downMs } of up) this.#reporter.nodeUp(lane.carrier.node, downMs);
    if (up.length > 0) for (const route of this.#lanes.routes) route.probeNow(nowMs);
    if (up.length + down.length > 0) this.#delivery.replaceWaiting();
  }

  #watchRoutes(elapsedMs: number): void {
    for (const route of this.#lanes.routes) {
      if (route.pause !== null) this.#delivery.probe(route);
      if (route.unsettled === 0) route.stuckMs = 0;
      else route.stuckMs += elapsedMs;
      if (route.stuckMs <= this.#outageTimeoutMs) continue;
      this.#delivery.end(outage(route, this.#outageTimeoutMs));
      return;
    }
  }

  /** Once a second, and at once when something stops or starts again. */
  #look(nowMs: number): void {
    const paused = [...this.#lanes.routes].filter(({ pause }) => pause !== null);
    const isPaused = paused.length > 0;
    if (this.#delivery.router.waiting > 0) this.#waitingTicks += 1;
    if (isPaused !== (this.#limit === "paused") || this.#ticks % TICKS_A_LOOK === 0) {
      const waitingShare = this.#waitingTicks / TICKS_A_LOOK;
      const { postponed } = this.#delivery;
      const lanes = this.#lanes.byNode.values();
      this.#limit = limitOf({ isPaused, postponed, waitingShare, lanes });
    }
    if (this.#ticks % TICKS_A_LOOK === 0) this.#waitingTicks = 0;
    this.#reporter.report(this.#limit, paused, nowMs);
  }

  #fillAll(): void {
    for (const lane of this.#lanes.byNode.values()) this.#delivery.router.fill(lane);
  }
}
