import type { Sink } from "../sink/sink.js";
import type { CursorCheckpoint } from "./checkpoint.js";
import { CursorLoad } from "./cursor-load.js";
import { type RunContext, RunInterrupted } from "./run-context.js";
import type { RunSourceFile } from "./run-file.js";
import { SinkChannel } from "./sink-channel.js";
import type { Delivery } from "./sorted-run.js";
import { StalledSink } from "./stalled-sink.js";

/** One of a sink's cursors: how far it is, and its rows from there on. */
export interface SinkCursor {
  readonly checkpoint: CursorCheckpoint;
  /** undefined: no row is between its bounds. */
  readonly delivery: Delivery | undefined;
}

/** Sends a sink its rows: all its cursors at once, each in the sink's order. */
export class SinkLoad {
  readonly #sink: Sink;
  readonly #files: readonly RunSourceFile[];
  readonly #context: RunContext;

  constructor(sink: Sink, files: readonly RunSourceFile[], context: RunContext) {
    this.#sink = sink;
    this.#files = files;
    this.#context = context;
  }

  /** @throws OctoloadError TARGET_*, RUN_*, SPILL_DAMAGED; RunInterrupted after a checkpoint */
  async run(cursors: readonly SinkCursor[]): Promise<void> {
    const channel = new SinkChannel(this.#sink, cursors.length, this.#files, this.#context);
    const loads = cursors.map(({ checkpoint, delivery }) => {
      const load = new CursorLoad(checkpoint, channel, this.#context);
      return { load, ended: delivery === undefined ? undefined : load.run(delivery) };
    });
    const settledRows = () => loads.reduce((sum, { load }) => sum + load.settledRows, 0);
    const stalled = new StalledSink(this.#sink, this.#context.signal, settledRows);
    const ends = await Promise.allSettled(loads.map(({ ended }) => ended));
    stalled.close();
    requireEnded(ends);
    await this.#sink.finish();
    const { store } = this.#context;
    const done = loads.map(({ load }) => ({ ...load.checkpoint, isDone: true }));
    await Promise.all(done.map((checkpoint) => store.acknowledge(checkpoint, [])));
  }
}

/** Throws what is wrong rather than that the other cursors were stopped because of it. */
function requireEnded(ends: readonly PromiseSettledResult<void>[]): void {
  const errors = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
  if (errors.length === 0) return;
  throw errors.find((error) => !(error instanceof RunInterrupted)) ?? errors[0];
}
