import type { HotIndex, PriorityTotals } from "../hot/hot-index.js";
import { mergePages } from "../target/cassandra/merge-pages.js";
import type { Stretch, WarmKey, WarmSource, WarmTile } from "./warm-source.js";
import type { StoredStretch, WarmStore } from "./warm-store.js";

export interface SurveyOptions {
  readonly signal?: AbortSignal;
  /** Resolves when so many keys may be looked at. */
  readonly pace: (rows: number) => Promise<void>;
  /** @param share of the survey, 0 to 1 */
  readonly onProgress: (share: number) => void;
}

const PRIORITIES = 256;
/** Stretches that are read at a time. */
const READERS = 4;

interface Page<Item> {
  readonly stretch: StoredStretch;
  readonly items: readonly Item[];
}

/**
 * Layout node: counts the rows of each priority, by their keys alone. Goes on where an earlier one
 * was broken off.
 */
export function surveyKeys(
  source: WarmSource,
  index: HotIndex,
  store: WarmStore,
  options: SurveyOptions,
): Promise<void> {
  const histograms = new Map<number, Float64Array>();
  return survey<WarmKey>(store, options, {
    pagesOf: (stretch) => source.keys(stretch, options.signal),
    see: ({ id }, keys) => {
      const histogram = histograms.get(id) ?? new Float64Array(PRIORITIES);
      histograms.set(id, histogram);
      const { totals } = classify(index, keys);
      totals.forEach((rows, priority) => {
        histogram[priority] = (histogram[priority] ?? 0) + rows;
      });
    },
    end: (stretch) => {
      store.endSurvey(stretch, { histogram: histograms.get(stretch.id) ?? [] });
      histograms.delete(stretch.id);
    },
  });
}

/** Layout tile: lists the tiles that may hold hot rows; none of them is read. */
export function surveyTiles(
  source: WarmSource,
  index: HotIndex,
  store: WarmStore,
  options: SurveyOptions,
): Promise<void> {
  const found = new Map<number, (WarmTile & { readonly most: number })[]>();
  return survey<WarmTile>(store, options, {
    pagesOf: (stretch) => source.tiles(stretch, options.signal),
    see: ({ id }, tiles) => {
      const hot = found.get(id) ?? [];
      found.set(id, hot);
      const most = new Uint8Array(tiles.length);
      index.mostInTiles(
        BigUint64Array.from(tiles, ({ tile }) => tile),
        Uint8Array.from(tiles, ({ level }) => level),
        most,
      );
      for (const [i, tile] of tiles.entries()) {
        const highest = most[i] ?? 0;
        if (highest > 0) hot.push({ ...tile, most: highest });
      }
    },
    end: (stretch) => {
      store.endSurvey(stretch, { tiles: found.get(stretch.id) ?? [] });
      found.delete(stretch.id);
    },
  });
}

async function survey<Item>(
  store: WarmStore,
  { pace, onProgress }: SurveyOptions,
  {
    pagesOf,
    see,
    end,
  }: {
    readonly pagesOf: (stretch: Stretch) => AsyncGenerator<readonly Item[], void>;
    readonly see: (stretch: StoredStretch, items: readonly Item[]) => void;
    readonly end: (stretch: StoredStretch) => void;
  },
): Promise<void> {
  const all = store.stretches().length;
  const left = store.stretches(false);
  let ended = all - left.length;
  async function* pages(stretch: StoredStretch): AsyncGenerator<Page<Item>, void> {
    for await (const items of pagesOf(stretch)) yield { stretch, items };
  }
  const merged = mergePages(left, READERS, pages, (stretch) => {
    end(stretch);
    ended += 1;
    onProgress(ended / all);
  });
  for await (const { stretch, items } of merged) {
    await pace(items.length);
    see(stretch, items);
    onProgress(ended / all);
  }
}

/** Priorities of cells, and how many have each. */
export function classify(
  index: HotIndex,
  keys: readonly WarmKey[],
): { readonly priorities: Uint8Array; readonly totals: PriorityTotals } {
  const priorities = new Uint8Array(keys.length);
  const totals = index.classifyCells(
    {
      tiles: BigUint64Array.from(keys, ({ tile }) => tile),
      cells: Uint16Array.from(keys, ({ cell }) => cell),
      levels: Uint8Array.from(keys, ({ level }) => level),
    },
    priorities,
  );
  return { priorities, totals };
}
