import { setMaxListeners } from "node:events";
import { OctoloadError } from "../errors/octoload-error.js";
import type { Sink } from "../sink/sink.js";
import type { PruneHooks, PrunePart, TargetPrune } from "../sink/target-prune.js";
import { type RunContext, RunInterrupted } from "./run-context.js";
import { StageTimer } from "./stage-timer.js";

/** A part of a sink's order. */
export interface PlannedPart extends Pick<PrunePart, "tokens"> {
  /** Its number, the same in every process of the run. */
  readonly part: number;
  /** Of the sorted keys, inclusive; undefined: from the first. */
  readonly lower: Uint8Array | undefined;
  /** Exclusive; undefined: to the last. */
  readonly upper: Uint8Array | undefined;
}

/**
 * Deletes what a sink's target has and the source lacks, part by part. A key is listed in the run
 * directory before it is deleted, and a part that has ended is not looked at again.
 */
export class SinkPrune {
  readonly #sink: Sink;
  readonly #context: RunContext;
  readonly #failed = new AbortController();
  readonly #hooks: PruneHooks;
  readonly #timer: StageTimer;

  constructor(sink: Sink, context: RunContext) {
    this.#sink = sink;
    this.#context = context;
    const signal = AbortSignal.any([context.signal, this.#failed.signal]);
    // Each part waits for it several times at once, and Node takes many listeners for a leak.
    setMaxListeners(0, signal);
    this.#hooks = this.#makeHooks(signal);
    this.#timer = new StageTimer("prune", context.tracker);
  }

  /**
   * @param atOnce parts that are looked at at the same time
   * @throws OctoloadError PRUNE_SOURCES, TARGET_*, CASSANDRA_*, RUN_*; RunInterrupted
   */
  async run(parts: readonly PlannedPart[], atOnce: number): Promise<void> {
    const { url } = this.#sink;
    this.#requireGoingOn();
    const prune = await this.#sink.beginPrune?.();
    if (prune === undefined) throw new OctoloadError("INTERNAL", `${url} cannot be pruned`);
    const ended = new Set(
      (await this.#context.store.endedPrunedParts(url)).map(({ part }) => part),
    );
    const left = parts.filter(({ part }) => !ended.has(part));
    const lanes = Array.from({ length: atOnce }, () => this.#pruneParts(prune, left));
    this.#requireEnded(await Promise.allSettled(lanes));
    await prune.finish();
  }

  /** Takes parts from the list until it is empty. */
  async #pruneParts(prune: TargetPrune, left: PlannedPart[]): Promise<void> {
    try {
      for (let part = left.shift(); part !== undefined; part = left.shift()) {
        this.#hooks.signal.throwIfAborted();
        await this.#prunePart(prune, part);
      }
    } catch (error) {
      this.#failed.abort();
      throw error;
    }
  }

  async #prunePart(prune: TargetPrune, planned: PlannedPart): Promise<void> {
    const { sorted, store } = this.#context;
    const { part, tokens, lower, upper } = planned;
    const sourceKeys = await sorted.openKeys(this.#sink.order, lower, upper);
    this.#timer.begin();
    try {
      const { live } = await prune.prunePart({ tokens, sourceKeys }, this.#hooks);
      await store.endPrunedPart(this.#sink.url, { part, live });
    } finally {
      this.#timer.end(0);
    }
  }

  #makeHooks(signal: AbortSignal): PruneHooks {
    const { store, tracker, control } = this.#context;
    const { url } = this.#sink;
    const limiter = control.createLimiter();
    return {
      signal,
      list: async (keys) => {
        await limiter.acquire(keys.length, signal);
        tracker.pruned(url, await store.addPrunedKeys(url, keys));
      },
      lookedAt: async (rows) => {
        tracker.lookedAt(rows);
        tracker.busy("prune", 0, rows);
        await limiter.acquire(0, signal);
      },
    };
  }

  #requireGoingOn(): void {
    if (this.#context.signal.aborted) throw new RunInterrupted();
  }

  /** Throws what is wrong rather than that other parts were stopped because of it. */
  #requireEnded(ends: readonly PromiseSettledResult<void>[]): void {
    const errors = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
    if (errors.length === 0) return;
    const fault = errors.find((error) => error instanceof OctoloadError);
    if (fault !== undefined) throw fault;
    this.#requireGoingOn();
    throw errors[0];
  }
}
