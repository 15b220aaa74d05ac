import type { FeedState, HotFeed } from "../hot-feed/hot-feed.js";
import { type HotOutcome, hotOutcomeOf } from "../hot-feed/hot-report.js";
import type { DerivedSummary } from "../load/derived-summary.js";
import type { RunContext } from "../load/run-context.js";
import { facts, type RunParts } from "./set-up.js";

const KEEP_INTERVAL_MS = 5_000;

/** The part of a run that fills a cache with its hot rows, where it does. */
export class HotRun {
  readonly #parts: RunParts;
  readonly #feed: HotFeed | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#feed = parts.hot;
  }

  /** Before the first row is loaded. */
  async begin(derived: DerivedSummary, { store, settings, sorted }: RunContext): Promise<void> {
    const { run, sinks } = this.#parts;
    const [sink] = sinks;
    if (this.#feed === undefined || sink === undefined) return;
    const { levels, map, rows } = derived;
    const total = run.shard === null ? sorted.mark.selected : Math.ceil(rows / run.shard.count);
    await this.#feed.begin({
      ...{ sink, frame: settings.frame, known: { levels, map }, rows: total },
      writeTimeUs: BigInt(run.writeTimeUs),
      earlier: (await store.fact(facts.hot)) as FeedState | undefined,
    });
    this.#timer = setInterval(() => this.#keep(store), KEEP_INTERVAL_MS);
  }

  /**
   * What is on its way may still arrive, whatever ended the run.
   *
   * @returns undefined where the run fills no cache, or did not come so far
   */
  async end({ store }: RunContext): Promise<HotOutcome | undefined> {
    if (this.#feed === undefined || this.#timer === undefined) return undefined;
    clearInterval(this.#timer);
    await this.#feed.drain();
    await store.putFact(facts.hot, this.#feed.state()).catch(() => undefined);
    return hotOutcomeOf(this.#feed);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#feed?.close().catch(() => undefined);
  }

  /** What the next process would otherwise not know of this one's hot rows. */
  #keep(store: RunContext["store"]): void {
    if (this.#feed === undefined) return;
    store.putFact(facts.hot, this.#feed.state()).catch(() => undefined);
  }
}
