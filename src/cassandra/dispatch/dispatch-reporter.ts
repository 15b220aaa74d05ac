import type { WireFailure } from "../wire/wire-failure.js";
import type { DispatchEvent, DispatchLimit } from "./dispatch-events.js";
import type { FrameRoute } from "./pending-frame.js";
import { readWarning, warningKey } from "./server-warnings.js";

/** Between two events of one kind. */
const INTERVAL_MS = 1_000;
/** Different texts that are told of; servers have few. */
const MAX_WARNINGS = 100;

interface FailureTally {
  readonly node: string;
  readonly reason: WireFailure["reason"];
  frames: number;
  message: string;
}

/** Turns what happens, thousands of times a second in a bad moment, into a few events. */
export class DispatchReporter {
  readonly #onEvent: (event: DispatchEvent) => void;
  readonly #failures = new Map<string, FailureTally>();
  readonly #warnings = new Set<string>();
  #failuresToldMs = Number.NEGATIVE_INFINITY;
  #batchSizeToldMs = Number.NEGATIVE_INFINITY;
  #limit: DispatchLimit | null = null;
  #pausedMs: number | null = null;
  #pausedNodes: readonly string[] = [];

  constructor(onEvent: (event: DispatchEvent) => void = () => undefined) {
    this.#onEvent = onEvent;
  }

  failure(node: string, { reason, message }: WireFailure): void {
    const key = `${node} ${reason}`;
    const tally = this.#failures.get(key);
    if (tally === undefined) this.#failures.set(key, { node, reason, frames: 1, message });
    else {
      tally.frames += 1;
      tally.message = message;
    }
  }

  /** @returns whether it says that the node's disk is nearly full */
  warning(node: string, text: string, nowMs: number): boolean {
    const warning = readWarning(text);
    if (warning.kind === "expected") return false;
    if (warning.kind === "batch-size") {
      const { sizeBytes, thresholdBytes } = warning;
      if (nowMs - this.#batchSizeToldMs < INTERVAL_MS) return false;
      this.#batchSizeToldMs = nowMs;
      this.#onEvent({ kind: "batch-warning", sizeBytes, thresholdBytes, message: text });
      return false;
    }
    const key = warningKey(text);
    if (!this.#warnings.has(key) && this.#warnings.size < MAX_WARNINGS) {
      this.#warnings.add(key);
      this.#onEvent({ kind: "server-warning", node, message: text });
    }
    return warning.kind === "disk";
  }

  nodeDown(node: string): void {
    this.#onEvent({ kind: "node-down", node });
  }

  nodeUp(node: string, downMs: number): void {
    this.#onEvent({ kind: "node-up", node, downMs });
  }

  /** Tells what has changed since it was last called. */
  report(limit: DispatchLimit, paused: readonly FrameRoute[], nowMs: number): void {
    this.#reportPauses(paused, nowMs);
    if (limit !== this.#limit) {
      this.#limit = limit;
      this.#onEvent({ kind: "limit", limit });
    }
    if (nowMs - this.#failuresToldMs < INTERVAL_MS || this.#failures.size === 0) return;
    this.#failuresToldMs = nowMs;
    const tallies = [...this.#failures.values()];
    this.#failures.clear();
    for (const tally of tallies) this.#onEvent({ kind: "retries", ...tally });
  }

  /** One pause is told of, from the first replica set that waits until none does any more. */
  #reportPauses(paused: readonly FrameRoute[], nowMs: number): void {
    const [first] = paused;
    if (first !== undefined && this.#pausedMs === null) {
      const nodes = new Set(
        paused.flatMap(({ owners }) => owners.map((lane) => lane.carrier.node)),
      );
      this.#pausedNodes = [...nodes].sort();
      this.#pausedMs = first.pause?.sinceMs ?? nowMs;
      const message = first.pause?.message ?? "";
      this.#onEvent({ kind: "paused", nodes: this.#pausedNodes, message });
    } else if (first === undefined && this.#pausedMs !== null) {
      const pausedMs = nowMs - this.#pausedMs;
      this.#pausedMs = null;
      this.#onEvent({ kind: "resumed", nodes: this.#pausedNodes, pausedMs });
    }
  }
}
