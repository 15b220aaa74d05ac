import { PageReader, pageFetcher } from "../../cassandra/page-reader.js";
import { PageSize } from "../../cassandra/page-size.js";
import type { CassandraSession } from "../../cassandra/session.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { Layout, SinkOrder } from "../sink.js";
import { StrayKeys } from "../stray-keys.js";
import type { PrunedPart, PruneHooks, PrunePart, TargetPrune } from "../target-prune.js";
import { KeyDeleter } from "./key-deleter.js";
import { KeyQueries, keyPageOf, newestWriteTime } from "./key-queries.js";

export interface ClusterPruneOptions {
  readonly layout: Layout;
  readonly order: SinkOrder;
  /** The protocol's number. */
  readonly consistency: number;
  /** The run's write time, microseconds since 1970. */
  readonly timestampUs: bigint;
  readonly outageTimeoutMs: number;
  /** @throws OctoloadError where the run may not write any more */
  readonly requireCurrent: () => void;
  /** As requireCurrent(), asking the cluster. */
  readonly lookNow: () => Promise<void>;
}

const PAGE_BYTES = 1 << 20;
/** A page that does not come is asked for again so many times, the longest pause between them. */
const USUAL_ATTEMPTS = 7;
const LONGEST_PAUSE_MS = 10_000;

/** Deletes what a table in a cluster has and the source lacks, by ranges of tokens. */
export class ClusterPrune implements TargetPrune {
  readonly #options: ClusterPruneOptions;
  readonly #queries: KeyQueries;
  readonly #reader: PageReader;
  readonly #deleter: KeyDeleter;

  constructor(session: CassandraSession, options: ClusterPruneOptions) {
    const { outageTimeoutMs } = options;
    this.#options = options;
    this.#queries = new KeyQueries(session.target.keyspace, options.layout);
    const attempts = USUAL_ATTEMPTS + Math.ceil(outageTimeoutMs / LONGEST_PAUSE_MS);
    this.#reader = new PageReader(pageFetcher(session.client), { attempts, firstPauseMs: 100 });
    this.#deleter = new KeyDeleter(session, this.#queries, options);
  }

  async prunePart({ tokens, sourceKeys }: PrunePart, hooks: PruneHooks): Promise<PrunedPart> {
    if (tokens === null) throw new OctoloadError("INTERNAL", "a part of a ring has tokens");
    const { layout, order, timestampUs, requireCurrent } = this.#options;
    const strays = new StrayKeys(order, sourceKeys);
    const size = new PageSize(PAGE_BYTES);
    let live = 0;
    for await (const rows of this.#reader.pages(this.#queries.range(tokens), size, hooks.signal)) {
      requireCurrent();
      size.saw(rows.length, 0);
      const page = keyPageOf(rows, layout);
      const times = rows.map(newestWriteTime);
      const found = await strays.find(page);
      // The cluster would keep the newer ones all the same: they are counted, not listed.
      const older = found.filter((i) => (times[i] ?? 0n) <= timestampUs);
      live += found.length - older.length;
      if (older.length > 0) {
        await hooks.list(
          older.map((i) => ({ ...this.#queries.cellAt(page, i), writeTimeUs: times[i] ?? null })),
        );
        await this.#deleter.delete(page, older, hooks.signal);
      }
      await hooks.lookedAt(rows.length);
    }
    return { live };
  }

  finish(): Promise<void> {
    return this.#options.lookNow();
  }
}
