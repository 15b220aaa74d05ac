/** Keeps a window of frames in flight to each node, and sends again what failed. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Ring, replicaSetAt } from "../../src/cassandra/ring.js";
import type { Ack, NodeWire } from "../../src/cassandra/wire/node-wire.js";
import type { RowFrame } from "./spike-frames.js";

export interface LoadResult {
  readonly rows: number;
  readonly acknowledged: number;
  readonly seconds: number;
  /** Of this process, user and system. */
  readonly cpuMicrosPerRow: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly framesOf: Readonly<Record<string, number>>;
  readonly warnings: number;
}

export interface LoadPlan {
  readonly frames: readonly RowFrame[];
  readonly ring: Ring;
  readonly wires: ReadonlyMap<string, NodeWire>;
  readonly windowOfNode: number;
  readonly timeoutMs: number;
  readonly send: (wire: NodeWire, bytes: Buffer, timeoutMs: number) => Promise<Ack>;
  /** Called with the rows acknowledged so far. */
  readonly onProgress?: (acknowledged: number) => void;
}

/** Every frame until it is acknowledged; acknowledgements are counted by frame, each once. */
export async function loadFrames(plan: LoadPlan): Promise<LoadResult> {
  const tally = new Tally(plan);
  const startCpu = process.cpuUsage();
  const startMs = performance.now();
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < plan.frames.length; at = next++) {
      const frame = plan.frames[at];
      if (frame !== undefined) await tally.deliver(frame);
    }
  };
  const workers = plan.windowOfNode * plan.wires.size;
  await Promise.all(Array.from({ length: workers }, worker));
  const { user, system } = process.cpuUsage(startCpu);
  const rows = plan.frames.reduce((sum, { keys }) => sum + keys.length, 0);
  const seconds = (performance.now() - startMs) / 1000;
  return { rows, seconds, cpuMicrosPerRow: (user + system) / rows, ...tally.facts() };
}

class Tally {
  readonly #plan: LoadPlan;
  readonly #acknowledged = new Set<RowFrame>();
  #rows = 0;
  #warnings = 0;
  readonly #failures: Record<string, number> = {};
  readonly #framesOf: Record<string, number> = {};

  constructor(plan: LoadPlan) {
    this.#plan = plan;
  }

  async deliver(frame: RowFrame): Promise<void> {
    let avoided: NodeWire | undefined;
    for (;;) {
      const wire = this.#choose(frame, avoided);
      if (wire === undefined) {
        avoided = undefined;
        await sleep(20);
        continue;
      }
      const ack = await this.#plan.send(wire, frame.bytes, this.#plan.timeoutMs);
      if (ack.kind === "done") return this.#count(frame, wire, ack.warnings.length);
      const { reason } = ack.failure;
      this.#failures[reason] = (this.#failures[reason] ?? 0) + 1;
      avoided = wire;
    }
  }

  facts(): Pick<LoadResult, "acknowledged" | "failures" | "framesOf" | "warnings"> {
    const { failures, framesOf } = { failures: this.#failures, framesOf: this.#framesOf };
    return { acknowledged: this.#rows, failures, framesOf, warnings: this.#warnings };
  }

  #count(frame: RowFrame, wire: NodeWire, warnings: number): void {
    if (this.#acknowledged.has(frame)) throw new Error("a frame was acknowledged twice");
    this.#acknowledged.add(frame);
    this.#rows += frame.keys.length;
    this.#warnings += warnings;
    this.#framesOf[wire.address] = (this.#framesOf[wire.address] ?? 0) + 1;
    this.#plan.onProgress?.(this.#rows);
  }

  /** The owner with the fewest frames in flight, of those with room and a connection. */
  #choose({ token }: RowFrame, avoided: NodeWire | undefined): NodeWire | undefined {
    const { ring, wires, windowOfNode } = this.#plan;
    let best: NodeWire | undefined;
    for (const address of ring.replicaSets[replicaSetAt(ring, token)] ?? []) {
      const wire = wires.get(address);
      if (wire === undefined || wire === avoided || !wire.isUp) continue;
      if (wire.inFlightRequests >= windowOfNode) continue;
      if (best === undefined || wire.inFlightRequests < best.inFlightRequests) best = wire;
    }
    return best;
  }
}
