import type { HotIndex } from "../hot/hot-index.js";
import { mergePages } from "../target/cassandra/merge-pages.js";
import type { CacheWriter } from "./cache-writer.js";
import { classify } from "./survey.js";
import { addWarmCounts, type WarmCounts } from "./warm-options.js";
import type { HotRow, WarmRow, WarmSource } from "./warm-source.js";
import type { StoredPlan, WarmStore, WarmUnit } from "./warm-store.js";

export interface FillOptions {
  readonly signal?: AbortSignal;
  /** Resolves when so many rows may be looked at. */
  readonly pace: (rows: number) => Promise<void>;
  /** @param share of the fill, 0 to 1 */
  readonly onProgress: (share: number, counts: WarmCounts) => void;
  /** Ends it when nothing new finds room: there is nothing that could be put again. */
  readonly endsWhenFull: boolean;
}

interface Page {
  readonly unit: WarmUnit;
  readonly rows: readonly WarmRow[];
}

/** Units that are read at a time: stretches hold many pages, tiles often less than one. */
const READERS = { stretch: 4, tile: 16 } as const;
/** Rows that are put together; what a resume puts again is about as much, and the units under way. */
const CHUNK_ROWS = 4096;

/**
 * Reads the units that are left, the hottest first, and caches their hot rows. A unit is done when
 * all of its rows are settled.
 */
export class Fill {
  readonly #source: WarmSource;
  readonly #index: HotIndex;
  readonly #store: WarmStore;
  readonly #writer: CacheWriter;
  readonly #options: FillOptions;
  readonly #limits: Pick<StoredPlan, "lowestPriority" | "quota">;
  #counts: WarmCounts;
  #takenOfLowest: number;
  #chunk: HotRow[] = [];
  /** All of their rows are in the chunk, or settled. */
  #ended: WarmUnit[] = [];

  constructor(
    parts: {
      readonly source: WarmSource;
      readonly index: HotIndex;
      readonly store: WarmStore;
      readonly writer: CacheWriter;
    },
    options: FillOptions,
  ) {
    this.#source = parts.source;
    this.#index = parts.index;
    this.#store = parts.store;
    this.#writer = parts.writer;
    this.#options = options;
    this.#limits = parts.store.limits ?? { lowestPriority: null, quota: null };
    this.#counts = parts.store.counts;
    this.#takenOfLowest = parts.store.takenOfLowest;
  }

  /** @returns false: memory ended it before all was read */
  async run(): Promise<boolean> {
    const { pace, signal, endsWhenFull } = this.#options;
    const { units, done } = this.#store.countUnits();
    let ended = done;
    const readers = READERS[this.#source.layout === "tile" ? "tile" : "stretch"];
    const merged = mergePages(
      this.#store.unitsToDo(),
      readers,
      (unit) => this.#pages(unit),
      (unit) => {
        this.#ended.push(unit);
        ended += 1;
      },
    );
    for await (const { unit, rows } of merged) {
      signal?.throwIfAborted();
      await pace(rows.length);
      this.#take(unit, rows);
      if (this.#chunk.length >= CHUNK_ROWS || this.#ended.length >= CHUNK_ROWS) await this.#flush();
      this.#options.onProgress(ended / Math.max(1, units), this.#counts);
      if (this.#writer.isFull && endsWhenFull) return false;
    }
    await this.#flush();
    this.#options.onProgress(1, this.#counts);
    return !(this.#writer.isFull && endsWhenFull);
  }

  async *#pages(unit: WarmUnit): AsyncGenerator<Page, void> {
    const { signal } = this.#options;
    const pages =
      unit.kind === "tile"
        ? this.#source.rowsOfTile(unit.tile, signal)
        : this.#source.rows(unit.stretch, signal);
    for await (const rows of pages) yield { unit, rows };
  }

  #take({ band }: WarmUnit, rows: readonly WarmRow[]): void {
    const { priorities } = classify(this.#index, rows);
    for (const [i, row] of rows.entries()) {
      const priority = priorities[i] ?? 0;
      if (priority < band.low || priority > band.high || this.#isOverQuota(priority)) continue;
      this.#chunk.push({ ...row, priority });
    }
  }

  /** Rows of the lowest priority come before hotter ones, and would take their room. */
  #isOverQuota(priority: number): boolean {
    const { lowestPriority, quota } = this.#limits;
    if (priority !== lowestPriority || quota === null) return false;
    this.#takenOfLowest += 1;
    return this.#takenOfLowest > quota;
  }

  async #flush(): Promise<void> {
    // Pages of a stretch come whole: several chunks may have gathered.
    for (let begin = 0; begin < this.#chunk.length; begin += CHUNK_ROWS) {
      const rows = this.#chunk.slice(begin, begin + CHUNK_ROWS);
      this.#counts = addWarmCounts(this.#counts, await this.#writer.put(rows));
    }
    this.#chunk = [];
    const ended = this.#ended;
    this.#ended = [];
    const state = { counts: this.#counts, takenOfLowest: this.#takenOfLowest };
    this.#store.settle(ended, state, Date.now());
  }
}
