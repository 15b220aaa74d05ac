import type { DispatchClock } from "../../src/cassandra/dispatch/dispatch-clock.js";
import type { Carriers, NodeCarrier } from "../../src/cassandra/dispatch/node-carrier.js";
import type { Ring } from "../../src/cassandra/ring.js";
import type { Ack, OnAck } from "../../src/cassandra/wire/node-wire.js";
import type { WireFailure } from "../../src/cassandra/wire/wire-failure.js";

/** What a node does with a frame it is sent. */
export type Behaviour =
  | { readonly kind: "answer"; readonly afterMs: number }
  | { readonly kind: "fail"; readonly afterMs: number; readonly failure: WireFailure }
  /** Says nothing until the request times out; what it was sent may have been applied. */
  | { readonly kind: "silent" };

export const REQUEST_TIMEOUT_MS = 1_000;

/** A node on the other side of a wire, as the dispatcher's carriers show it. */
export class SimulatedNode implements NodeCarrier {
  readonly node: string;
  isUp = true;
  behave: (frame: Uint8Array) => Behaviour = () => ({ kind: "answer", afterMs: 2 });
  warnings: readonly string[] = [];
  schemaFault: string | null = null;
  inFlight = 0;
  maxInFlight = 0;
  inFlightBytes = 0;
  maxInFlightBytes = 0;
  sendings = 0;
  readonly #clock: DispatchClock;
  /** Frames that are on the way anywhere, to notice one that is there twice. */
  readonly #onTheWay: Set<Uint8Array>;
  readonly #faults: string[];

  constructor(node: string, clock: DispatchClock, onTheWay: Set<Uint8Array>, faults: string[]) {
    this.node = node;
    this.#clock = clock;
    this.#onTheWay = onTheWay;
    this.#faults = faults;
  }

  send(frame: Uint8Array, onAck: OnAck): void {
    this.#send(frame).then(onAck, () => undefined);
  }

  #send(frame: Uint8Array): Promise<Ack> {
    if (this.#onTheWay.has(frame)) this.#faults.push("a frame was sent while it was on the way");
    if (!this.isUp) return Promise.resolve({ kind: "failed", failure: plain("not-sent") });
    this.#onTheWay.add(frame);
    this.sendings += 1;
    this.inFlight += 1;
    this.inFlightBytes += frame.length;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
    this.maxInFlightBytes = Math.max(this.maxInFlightBytes, this.inFlightBytes);
    const behaviour = this.behave(frame);
    const afterMs = behaviour.kind === "silent" ? REQUEST_TIMEOUT_MS : behaviour.afterMs;
    return new Promise((resolve) => {
      this.#clock.after(afterMs, () => {
        this.inFlight -= 1;
        this.inFlightBytes -= frame.length;
        this.#onTheWay.delete(frame);
        resolve(this.isUp ? this.#ackOf(behaviour) : failed(plain("connection-lost")));
      });
    });
  }

  findSchemaFault(): Promise<string | null> {
    return Promise.resolve(this.schemaFault);
  }

  #ackOf(behaviour: Behaviour): Ack {
    if (behaviour.kind === "answer") return { kind: "done", warnings: this.warnings };
    return failed(behaviour.kind === "fail" ? behaviour.failure : plain("client-timeout"));
  }
}

export class SimulatedCluster implements Carriers {
  readonly nodes: readonly SimulatedNode[];
  readonly reprepares = 0;
  /** What a dispatcher must never do. */
  readonly faults: string[] = [];

  constructor(count: number, clock: DispatchClock) {
    const onTheWay = new Set<Uint8Array>();
    this.nodes = Array.from(
      { length: count },
      (_, at) => new SimulatedNode(`n${at}`, clock, onTheWay, this.faults),
    );
  }

  node(index: number): SimulatedNode {
    const node = this.nodes[index];
    if (node === undefined) throw new RangeError(`node ${index} of ${this.nodes.length}`);
    return node;
  }

  carrierOf(name: string): NodeCarrier | undefined {
    return this.nodes.find(({ node }) => node === name);
  }
}

/** A ring of these replica sets, by the nodes' indexes; its tokens are of no matter here. */
export function ringOf(replicaSets: readonly (readonly number[])[]): Ring {
  return {
    boundaries: BigInt64Array.from(replicaSets.keys(), BigInt),
    replicaSetOf: Uint32Array.from(replicaSets.keys()),
    replicaSets: replicaSets.map((set) => set.map((index) => `n${index}`)),
  };
}

type PlainReason = Exclude<
  WireFailure["reason"],
  "unprepared" | "unavailable" | "write-timeout" | "write-failure"
>;

export function plain(reason: PlainReason, message: string = reason): WireFailure {
  return { reason, code: undefined, message, mayBeApplied: true };
}

export function unavailable(): WireFailure {
  const message = "Cannot achieve consistency level LOCAL_QUORUM";
  return {
    reason: "unavailable",
    required: 2,
    alive: 1,
    code: 0x1000,
    message,
    mayBeApplied: true,
  };
}

export function writeFailure(): WireFailure {
  const message = "Operation failed - received 1 responses and 1 failures";
  return {
    ...{ reason: "write-failure", received: 1, required: 2, code: 0x1500, message },
    mayBeApplied: true,
  };
}

function failed(failure: WireFailure): Ack {
  return { kind: "failed", failure };
}

/** Lets settled promises have their consequences. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

/** Time passes in steps, and what it settles has its consequences between them. */
export async function pass(
  clock: { advance(ms: number): void },
  ms: number,
  stepMs = 1,
): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(Math.min(stepMs, ms - passed));
    await settle();
  }
}

/** Fails each frame so. */
export function failing(failure: Extract<Behaviour, { kind: "fail" }>["failure"]): () => Behaviour {
  return () => ({ kind: "fail", afterMs: 2, failure });
}

export const answering = (): Behaviour => ({ kind: "answer", afterMs: 2 });
