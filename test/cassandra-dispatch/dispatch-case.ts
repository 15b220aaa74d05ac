import type { DispatchClock } from "../../src/cassandra/dispatch/dispatch-clock.js";
import type { DispatchEvent } from "../../src/cassandra/dispatch/dispatch-events.js";
import type {
  DispatchOptions,
  FrameOutcome,
} from "../../src/cassandra/dispatch/dispatch-options.js";
import { FrameDispatcher } from "../../src/cassandra/dispatch/frame-dispatcher.js";
import { ManualClock } from "../support/manual-clock.js";
import { pass, REQUEST_TIMEOUT_MS, ringOf, SimulatedCluster } from "./simulated-cluster.js";

/** How often each frame was settled, and how. */
export interface Settlement {
  readonly frame: Uint8Array;
  outcomes: FrameOutcome[];
  errors: unknown[];
}

/** Time that also passes while nothing runs, as it does for a process that SIGSTOP holds. */
class StoppableClock implements DispatchClock {
  readonly #running = new ManualClock();
  #stoppedMs = 0;

  readonly nowMs = (): number => this.#running.nowMs() + this.#stoppedMs;
  readonly after: DispatchClock["after"] = (ms, callback) => this.#running.after(ms, callback);

  get timerCount(): number {
    return this.#running.timerCount;
  }

  advance(ms: number): void {
    this.#running.advance(ms);
  }

  /** Timers go off this much later than they should. */
  skip(ms: number): void {
    this.#stoppedMs += ms;
  }
}

/** A dispatcher on simulated nodes, in time that the test lets pass. */
export class DispatchCase {
  readonly clock = new StoppableClock();
  readonly cluster: SimulatedCluster;
  readonly dispatcher: FrameDispatcher;
  readonly events: DispatchEvent[] = [];
  readonly settlements: Settlement[] = [];

  constructor(
    nodes: number,
    replicaSets: readonly (readonly number[])[],
    options: Partial<DispatchOptions> = {},
    random: () => number = () => 0.5,
  ) {
    this.cluster = new SimulatedCluster(nodes, this.clock);
    this.dispatcher = new FrameDispatcher(
      { carriers: this.cluster, clock: this.clock, random },
      {
        ring: ringOf(replicaSets),
        statements: [],
        keyspace: "ks",
        requestTimeoutMs: REQUEST_TIMEOUT_MS,
        outageTimeoutMs: 60_000,
        onEvent: (event) => this.events.push(event),
        ...options,
      },
    );
  }

  send(replicaSet = 0, bytes = 100): Settlement {
    const frame = new Uint8Array(bytes);
    const settlement: Settlement = { frame, outcomes: [], errors: [] };
    this.settlements.push(settlement);
    this.dispatcher.send(frame, 10, replicaSet).then(
      (outcome) => settlement.outcomes.push(outcome),
      (error) => settlement.errors.push(error),
    );
    return settlement;
  }

  sendMany(count: number, replicaSet = 0, bytes = 100): Settlement[] {
    return Array.from({ length: count }, () => this.send(replicaSet, bytes));
  }

  pass(ms: number, stepMs = 1): Promise<void> {
    return pass(this.clock, ms, stepMs);
  }

  /** Until everything is settled, but no longer than this. */
  async finish(maxMs: number, stepMs = 5): Promise<void> {
    for (let passed = 0; passed < maxMs && this.unsettled > 0; passed += stepMs) {
      await this.pass(stepMs, stepMs);
    }
  }

  get unsettled(): number {
    return this.settlements.filter((one) => one.outcomes.length + one.errors.length === 0).length;
  }

  get done(): number {
    return this.settlements.filter(({ outcomes }) => outcomes[0]?.kind === "done").length;
  }

  eventsOf<Kind extends DispatchEvent["kind"]>(
    kind: Kind,
  ): Extract<DispatchEvent, { kind: Kind }>[] {
    return this.events.filter(
      (event): event is Extract<DispatchEvent, { kind: Kind }> => event.kind === kind,
    );
  }
}
