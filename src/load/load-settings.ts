import type { FrameSpec } from "../encoding/frame.js";
import { Frame, frames } from "../encoding/frame.js";
import { MAX_LEVEL } from "../encoding/level.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { SinkTuning } from "../sink/sink-tuning.js";
import type { ColumnMapping } from "../source/columns.js";
import type { HotOptions } from "./hot-options.js";

/** What a backfill moves, where to and how. */
export interface BackfillOptions {
  /** Files or globs of one source. May be left out where an unfinished run is resumed. */
  readonly sources?: readonly string[];
  readonly sourceName?: string;
  readonly table?: string;
  readonly columns?: ColumnMapping;
  /** An SQL expression over the source's columns: rows for which it is not true are left out. */
  readonly where?: string;
  /** Read a private copy made in this folder. */
  readonly snapshotDir?: string;
  /** TEXT in a numeric column counts where all of it is a number. */
  readonly coerceText?: boolean;
  /** Target URLs, such as "sqlite:earth.octree". */
  readonly to?: readonly string[];
  /** The target may already hold another source. */
  readonly addSource?: boolean;
  /** Default: centred. */
  readonly frame?: FrameSpec;
  /** Default: a new folder in `runsDir`. An unfinished run in it is resumed. */
  readonly runDir?: string;
  /** Default: octoload-runs. */
  readonly runsDir?: string;
  /** Discards what an earlier run in `runDir` did. */
  readonly restart?: boolean;
  /** For the sorts. Default: 256 MiB. */
  readonly memoryBytes?: number;
  /** Only so many rows, the first in the source that pass the filters. */
  readonly limit?: number;
  readonly levels?: { readonly min: number; readonly max: number };
  /** Part `index` (from 1) of `count` of the sorted order; all parts share `runId`. */
  readonly shard?: { readonly index: number; readonly count: number; readonly runId: string };
  /**
   * "key" (default): rows are sorted as the target's key is. "source": they are read a second time
   * and written as they come, so that a run needs room for keys only; for layout node.
   */
  readonly order?: LoadOrder;
  /** Fill a hot cache too, with rows that the first target has acknowledged. */
  readonly hot?: HotOptions;
  /** Digests of what each target acknowledged, in the report (default). */
  readonly digests?: boolean;
  /**
   * Only rows of Morton ranges that are not as the last load left them: it has to be the targets'
   * last run, of the same source, with its folder in `runsDir` or beside `runDir`.
   */
  readonly changedOnly?: boolean;
  /** Everything but writing. */
  readonly dryRun?: boolean;
  /** A plan that inspect() made, as a file: the report compares what it foretold with the run. */
  readonly planFile?: string;
  /**
   * When all is loaded, delete what the targets have and the source lacks, but for rows written
   * after the run began. Not with filters or a shard, nor where a target has other sources' rows.
   */
  readonly prune?: boolean;
  /** "newest" (default) loads the newest of several rows with one key; "fail" stops. */
  readonly onCollision?: "newest" | "fail";
  /** Rows rejected at most: a number, or "1%" (default) of the source's rows. */
  readonly maxErrors?: number | string;
  /** Rows a second sent to each target at most; null: no limit. */
  readonly rowsPerSecond?: number | null;
  /** How targets in a cluster are written to; may be other in each process of a run. */
  readonly tuning?: SinkTuning;
}

/** Options with their defaults, checked. */
export interface LoadSettings {
  readonly frame: Frame;
  readonly where: string | null;
  readonly coerceText: boolean;
  readonly memoryBytes: number;
  readonly limit: number | null;
  readonly levels: { readonly min: number; readonly max: number };
  readonly shard: { readonly index: number; readonly count: number } | null;
  readonly order: LoadOrder;
  readonly digests: boolean;
  readonly changedOnly: boolean;
  readonly dryRun: boolean;
  readonly prune: boolean;
  readonly onCollision: "newest" | "fail";
  readonly maxErrors: ErrorBudget;
}

export type LoadOrder = "key" | "source";

export type ErrorBudget =
  | { readonly kind: "rows"; readonly rows: number }
  | { readonly kind: "share"; readonly percent: number };

const MIB = 2 ** 20;
export const DEFAULT_MEMORY_BYTES = 256 * MIB;
/** For each order that rows are sorted in: a row may have 16 MiB, and a merge holds several. */
export const MIN_MEMORY_BYTES = 112 * MIB;
const MAX_MEMORY_BYTES = 1024 ** 4;

/** @throws OctoloadError ARG_RANGE, ARG_TYPE, FRAME_INVALID */
export function settingsOf(options: BackfillOptions): LoadSettings {
  const { levels = { min: 0, max: MAX_LEVEL }, limit, shard } = options;
  requireWhole("levels.min", levels.min, 0, MAX_LEVEL);
  requireWhole("levels.max", levels.max, levels.min, MAX_LEVEL);
  if (limit !== undefined) requireWhole("limit", limit, 0, Number.MAX_SAFE_INTEGER);
  if (shard !== undefined) {
    requireWhole("shard.count", shard.count, 1, 1_000_000);
    requireWhole("shard.index", shard.index, 1, shard.count);
  }
  if (options.changedOnly === true) requireWholeDigests(options);
  const { memoryBytes = DEFAULT_MEMORY_BYTES } = options;
  requireWhole("memoryBytes", memoryBytes, MIN_MEMORY_BYTES, MAX_MEMORY_BYTES);
  return {
    frame: Frame.from(options.frame ?? frames.centred),
    where: options.where ?? null,
    coerceText: options.coerceText ?? false,
    memoryBytes,
    limit: limit ?? null,
    levels: { min: levels.min, max: levels.max },
    shard: shard === undefined ? null : { index: shard.index, count: shard.count },
    order: loadOrder(options.order ?? "key"),
    digests: options.digests ?? true,
    changedOnly: options.changedOnly ?? false,
    dryRun: options.dryRun ?? false,
    prune: options.prune ?? false,
    onCollision: options.onCollision ?? "newest",
    maxErrors: parseErrorBudget(options.maxErrors ?? "1%"),
  };
}

function loadOrder(order: string): LoadOrder {
  if (order === "key" || order === "source") return order;
  throw new OctoloadError("ARG_RANGE", `order must be key or source, got ${describeValue(order)}`);
}

/** What a later run compares with, and this one has to leave too. */
function requireWholeDigests({ digests, shard }: BackfillOptions): void {
  const other = [...(digests === false ? ["--no-digests"] : []), ...(shard ? ["--shard"] : [])];
  if (other.length === 0) return;
  throw new OctoloadError("USAGE", `--changed-only does not go with ${other.join(" and ")}`);
}

/** @throws OctoloadError ARG_RANGE */
export function parseErrorBudget(value: number | string): ErrorBudget {
  const text = String(value).trim();
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) {
    return { kind: "share", percent: Number(percent) };
  }
  const rows = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(rows)) return { kind: "rows", rows };
  throw new OctoloadError(
    "ARG_RANGE",
    `maxErrors must be a number of rows or a percentage such as 1%, got ${describeValue(value)}`,
  );
}

/** Rows that may be rejected of a source of `rows`. */
export function allowedErrors(budget: ErrorBudget, rows: number): number {
  return budget.kind === "rows" ? budget.rows : Math.floor((rows * budget.percent) / 100);
}

function requireWhole(name: string, value: number, min: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new OctoloadError(
    "ARG_RANGE",
    `${name} must be an integer from ${min} to ${max}, got ${describeValue(value)}`,
  );
}
