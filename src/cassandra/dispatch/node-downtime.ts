import type { RepairAdvice } from "./dispatch-stats.js";

/** How long one node was without a connection. */
export class NodeDowntime {
  #downSinceMs: number | null = null;
  #totalMs = 0;
  #longestMs = 0;

  get isDown(): boolean {
    return this.#downSinceMs !== null;
  }

  down(nowMs: number): void {
    this.#downSinceMs ??= nowMs;
  }

  /** @returns how long it was down; 0 where it was not */
  up(nowMs: number): number {
    const lasted = this.#currentMs(nowMs);
    this.#totalMs += lasted;
    this.#longestMs = Math.max(this.#longestMs, lasted);
    this.#downSinceMs = null;
    return lasted;
  }

  totalMs(nowMs: number): number {
    return this.#totalMs + this.#currentMs(nowMs);
  }

  longestMs(nowMs: number): number {
    return Math.max(this.#longestMs, this.#currentMs(nowMs));
  }

  #currentMs(nowMs: number): number {
    return this.#downSinceMs === null ? 0 : nowMs - this.#downSinceMs;
  }
}

/** Of Cassandra's own default, for where its settings can't be read. */
export const DEFAULT_HINT_WINDOW_MS = 3 * 3600 * 1000;

/**
 * Advice for a node that missed writes that no other node kept for it: others stop writing hints
 * when it has been away for longer than max_hint_window.
 */
export function repairAdvice(
  node: string,
  longestDownMs: number,
  hintWindowMs: number,
  keyspace: string,
): RepairAdvice | undefined {
  if (longestDownMs <= hintWindowMs) return undefined;
  const command = `nodetool repair -pr ${keyspace}`;
  return { node, downMs: longestDownMs, hintWindowMs, command };
}
