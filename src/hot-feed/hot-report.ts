import { drawHotMap } from "../hot/hot-map.js";
import type { CacheReport } from "../load/cache-report.js";
import type { RunHotMap } from "../load/run-report.js";
import type { HotFeed } from "./hot-feed.js";

/** What a run's report has of its hot rows. */
export interface HotOutcome {
  readonly cache: CacheReport;
  readonly map: RunHotMap;
}

export async function hotOutcomeOf(feed: HotFeed): Promise<HotOutcome> {
  const cache = await feed.report();
  return { cache, map: await drawHotMap(feed.index, feed.state().rowsByPriority) };
}
