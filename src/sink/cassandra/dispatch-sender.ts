import {
  type DispatchEvent,
  type DispatchLimit,
  type DispatchOptions,
  FrameDispatcher,
  type OnFrameEnd,
  type RepairAdvice,
} from "../../cassandra/dispatch/frame-dispatcher.js";
import type { Ring } from "../../cassandra/ring.js";
import type { CassandraSession } from "../../cassandra/session.js";
import type { SinkNotice } from "../sink-notices.js";
import type { AdaptiveLimits } from "./frame-limits.js";
import type { CutFrame, FrameSender } from "./frame-sender.js";

/** Sends the frames themselves, over the driver's connections, to nodes that own their rows. */
export class DispatchSender implements FrameSender {
  readonly #dispatcher: FrameDispatcher;
  readonly #stop: AbortController;

  private constructor(dispatcher: FrameDispatcher, stop: AbortController) {
    this.#dispatcher = dispatcher;
    this.#stop = stop;
  }

  /**
   * @param url of the target, for notices
   * @param limits become smaller where servers warn
   * @param onNotice is told what happens in the cluster
   * @throws OctoloadError CASSANDRA_DRIVER_VERSION, CASSANDRA_NODE_UNKNOWN
   */
  static async open(
    session: CassandraSession,
    url: string,
    options: Omit<DispatchOptions, "onEvent" | "signal">,
    limits: AdaptiveLimits,
    onNotice: (notice: SinkNotice) => void,
  ): Promise<DispatchSender> {
    const onEvent = (event: DispatchEvent) => {
      if (event.kind === "batch-warning") {
        if (!limits.lower(event.sizeBytes, event.thresholdBytes)) return;
      }
      const notice = noticeOf(event, url);
      if (notice !== undefined) onNotice(notice);
    };
    const stop = new AbortController();
    const complete = { ...options, onEvent, signal: stop.signal };
    return new DispatchSender(await FrameDispatcher.create(session, complete), stop);
  }

  send({ bytes, rows, replicaSet, ring }: CutFrame, onEnd: OnFrameEnd): void {
    this.#dispatcher.post(bytes, rows, replicaSet, ring, onEnd);
  }

  giveUp(error: unknown): void {
    this.#stop.abort(error);
  }

  useRing(ring: Ring): void {
    this.#dispatcher.useRing(ring);
  }

  async finish(): Promise<readonly SinkNotice[]> {
    await this.#dispatcher.drain();
    return this.#dispatcher.stats().repairs.map(repairNotice);
  }

  close(): Promise<void> {
    return this.#dispatcher.close();
  }
}

/** As progress shows them, behind the name of the target. */
const limits: Readonly<Record<DispatchLimit, string | null>> = {
  caller: null,
  latency: "its latency",
  "max-in-flight": "requests in flight at their limit",
  "protect-p99": "--protect-p99",
  compaction: "pending compactions",
  disk: "little disk space",
  failures: "failed requests",
  paused: "too few replicas up",
};

/** undefined: nothing people need to know. */
function noticeOf(event: DispatchEvent, url: string): SinkNotice | undefined {
  switch (event.kind) {
    case "limit":
      return { kind: "limit", url, limit: limits[event.limit] };
    case "node-down":
      return note(`node ${event.node} is down`);
    case "node-up":
      return note(`node ${event.node} is up again after ${seconds(event.downMs)}`);
    case "paused": {
      const message = `too few replicas are up, waiting for ${event.nodes.join(", ")}: ${event.message}`;
      return { kind: "warning", code: "CASSANDRA_UNAVAILABLE", message };
    }
    case "resumed":
      return note(`going on after ${seconds(event.pausedMs)}`);
    case "retries":
      return note(
        `${event.node}: ${event.frames} requests are sent again (${event.reason}: ${event.message})`,
      );
    case "batch-warning":
      return note(`batches are smaller from now on: ${event.message}`);
    case "server-warning":
      return note(`${event.node} warns: ${event.message}`);
  }
}

function repairNotice({ node, downMs, hintWindowMs, command }: RepairAdvice): SinkNotice {
  const message = `${node} was down for ${seconds(downMs)}, hints are kept for ${seconds(hintWindowMs)}: it lacks rows until you run ${command}`;
  return { kind: "warning", code: "CASSANDRA_REPAIR", message };
}

function note(message: string): SinkNotice {
  return { kind: "note", message };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
