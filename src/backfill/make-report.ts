import { errorEntry } from "../errors/codes.js";
import type { OctoloadError } from "../errors/octoload-error.js";
import type { HotOutcome } from "../hot-feed/hot-report.js";
import type { SinkCheckpoint } from "../load/checkpoint.js";
import { comparePredictions } from "../load/compare-predictions.js";
import type { DerivedSummary } from "../load/derived-summary.js";
import type { RunMeasures } from "../load/predictions.js";
import type { Outcome } from "../load/progress.js";
import type { ProgressTracker } from "../load/progress-tracker.js";
import type { PruneCounts } from "../load/prune-record.js";
import type { RunFile } from "../load/run-file.js";
import type { RunReport, SinkChanges, SinkDigests } from "../load/run-report.js";
import type { Layout } from "../sink/sink.js";
import { type LetterCounts, rejectedBeforeSinks, rowsByCode } from "./accounts.js";
import type { ChangedRanges } from "./changed-ranges.js";

export interface RunResult {
  readonly version: string;
  readonly run: RunFile;
  readonly outcome: Outcome;
  readonly exitCode: number;
  readonly error: OctoloadError | undefined;
  /** Rows after filters. */
  readonly total: number;
  readonly unreadableCreated: number;
  /** Rows to be redriven that the source does not have any more. */
  readonly goneRows: number;
  /** By the targets' URLs. */
  readonly layouts: ReadonlyMap<string, Layout>;
  readonly checkpoints: readonly SinkCheckpoint[];
  /** By the targets' URLs. */
  readonly digests: ReadonlyMap<string, SinkDigests>;
  /** One of each target; empty: a load of all rows. */
  readonly changed: readonly ChangedRanges[];
  /** One of each target; empty: the run does not prune. */
  readonly pruned: readonly PruneCounts[];
  readonly deadLetters: LetterCounts;
  readonly derived: DerivedSummary | undefined;
  /** undefined: no hot cache was filled. */
  readonly hot: HotOutcome | undefined;
  readonly tracker: ProgressTracker;
  readonly measures: RunMeasures;
}

export function makeReport(result: RunResult): RunReport {
  const report = reportWithoutPlan(result);
  const { predictions } = result.run;
  if (predictions === undefined) return report;
  return { ...report, plan: comparePredictions(predictions, report, result.measures) };
}

function reportWithoutPlan(result: RunResult): RunReport {
  const { run, outcome, exitCode, error, total, checkpoints, deadLetters, derived } = result;
  const { elapsedMs, stages } = result.tracker.snapshot();
  const beforeSinks = rejectedBeforeSinks(deadLetters);
  return {
    octoload: result.version,
    runId: run.runId,
    outcome,
    exitCode,
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
    startedAt: run.startedAt,
    endedAt: new Date().toISOString(),
    elapsedMs,
    resumes: run.resumes,
    source: {
      name: run.source.name,
      files: run.source.files.map(({ path, table, rows }) => ({ path, table, rows })),
      fingerprint: run.source.fingerprint,
    },
    frame: run.frame,
    filters: filtersOf(run),
    total,
    sinks: checkpoints.map(({ url, loaded, rejected, skipped }) => ({
      url,
      layout: result.layouts.get(url) ?? "node",
      loaded,
      rejected: rejected + beforeSinks,
      skipped,
      ...prunedOf(result, url),
      ...digestsOf(result, url),
      ...changedOf(result, url),
    })),
    orphans: derived?.orphans ?? 0,
    collisions: derived?.collisions ?? 0,
    rejectedByCode: byCode(deadLetters),
    warnings: warningsOf(result),
    levels: derived?.levels ?? [],
    materials: derived?.materials ?? [],
    otherMaterials: derived?.otherMaterials ?? 0,
    stages,
    throughput: result.tracker.throughput(),
    ...(result.hot === undefined ? {} : { hot: result.hot.map, cache: result.hot.cache }),
    map: derived?.map ?? { width: 0, height: 0, deepestLevels: "", nodes: "" },
  };
}

function prunedOf({ pruned: all }: RunResult, url: string): { pruned?: number; live?: number } {
  const own = all.find((counts) => counts.url === url);
  return own === undefined ? {} : { pruned: own.pruned, live: own.live };
}

function digestsOf({ digests }: RunResult, url: string): { digests?: SinkDigests } {
  const own = digests.get(url);
  return own === undefined ? {} : { digests: own };
}

function changedOf({ changed }: RunResult, url: string): { changedOnly?: SinkChanges } {
  const own = changed.find((one) => one.url === url);
  if (own === undefined) return {};
  const { baselineRunId, ranges } = own;
  return { changedOnly: { baselineRunId, ranges, changedRanges: own.changed.length } };
}

function byCode(deadLetters: LetterCounts): { code: string; rows: number }[] {
  return Object.entries(rowsByCode(deadLetters))
    .map(([code, rows]) => ({ code, rows }))
    .sort((a, b) => b.rows - a.rows);
}

function filtersOf(run: RunFile): Record<string, string> {
  const { where, levels, limit, shard, coerceText, redriveOf } = run;
  return {
    ...(redriveOf === undefined ? {} : { redriveOf }),
    ...(where === null ? {} : { where }),
    ...(levels.min === 0 && levels.max === 26 ? {} : { levels: `${levels.min}..${levels.max}` }),
    ...(limit === null ? {} : { limit: String(limit) }),
    ...(shard === null ? {} : { shard: `${shard.index}/${shard.count}` }),
    ...(coerceText ? { coerceText: "yes" } : {}),
  };
}

function warningsOf(result: RunResult): RunReport["warnings"] {
  const { unreadableCreated, derived, goneRows } = result;
  const warnings: { code: string; rows: number; message: string }[] = [];
  if (goneRows > 0) {
    const { cause } = errorEntry("REDRIVE_ROW_GONE");
    warnings.push({ code: "REDRIVE_ROW_GONE", rows: goneRows, message: cause });
  }
  if (unreadableCreated > 0) {
    const { cause } = errorEntry("CREATED_UNREADABLE");
    warnings.push({ code: "CREATED_UNREADABLE", rows: unreadableCreated, message: cause });
  }
  if (derived !== undefined && derived.orphans > 0) {
    const message = "No row has the cell directly around this one; it is loaded all the same.";
    warnings.push({ code: "ORPHAN", rows: derived.orphans, message });
  }
  return warnings;
}
