import type { Layout } from "../encoding/layout.js";
import type { OctoloadError } from "../errors/octoload-error.js";
import type { SortOrder } from "../load/order-key.js";
import type { CassandraFacts } from "./cassandra-facts.js";

/** What a target said, and what of it a load would stop at. */
export interface TargetFindings {
  readonly url: string;
  readonly kind: "sqlite" | "null" | "cassandra";
  /** The URL's, else what the target records, else null: the plan may choose. */
  readonly layout: Layout;
  readonly isLayoutSettled: boolean;
  readonly order: SortOrder;
  /** As a load would refuse it, before anything is written. */
  readonly refusals: readonly OctoloadError[];
  /** Sources that it holds, by their names; empty: it is not there yet, or has none. */
  readonly sources: readonly string[];
  readonly lastRun: { readonly runId: string; readonly writeTimeUs: string } | null;
  /** null: not Cassandra, or it could not be asked. */
  readonly cassandra: CassandraFacts | null;
  /** null: not embedded. */
  readonly embedded: { readonly folder: string; readonly freeBytes: number } | null;
  readonly probe: ProbeResult | null;
}

/** What a short real load came to. */
export interface ProbeResult {
  readonly rowsPerSecond: number;
  /** Written, some of them several times. */
  readonly rows: number;
  readonly elapsedMs: number;
  /** What could not be removed again, in words; null: nothing is left. */
  readonly left: string | null;
}
