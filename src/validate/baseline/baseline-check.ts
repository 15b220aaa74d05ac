import { codeOf } from "../../encoding/cell.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import { WorkerClient } from "../../worker/worker-client.js";
import type { CheckContext } from "../checks/check-context.js";
import type { CheckDraft } from "../checks/check-draft.js";
import { type SourceRow, sourceRows } from "../checks/source-rows.js";
import type { LatencySummary } from "../result.js";
import { interrupted } from "../source-side.js";
import { LatencyHistogram } from "./latency-histogram.js";
import type { PointQuery } from "./source-queries.js";
import type { SourceQueriesApi } from "./source-queries-worker.js";

const QUERIES = 1000;
/** First queries prepare statements and open connections. */
const WARM_UP = 50;
/** A source without an index goes through all its rows for each query. */
const SOURCE_BUDGET_MS = 10_000;

/** What a target has to keep to. */
export const baselineBars = Object.freeze({ avgMs: 10, p95Ms: 25, errorShare: 0.01 });

/**
 * How long point queries take, one after another: of the target, and of the source beside it.
 *
 * @throws OctoloadError SOURCE_*, VALIDATION_INTERRUPTED
 */
export async function checkBaseline(context: CheckContext, draft: CheckDraft): Promise<void> {
  const { source, plan, target, rows: reader, meter } = context;
  const options = { frame: target.frame, coerceText: plan.settings.coerceText };
  const addresses = await source.sample(QUERIES, plan.seed);
  const rows: SourceRow[] = [];
  for await (const some of sourceRows(source, addresses, options)) {
    rows.push(...some.filter(({ key }) => key !== undefined && key.level <= reader.maxLevel));
  }
  meter.enter("baseline", rows.length);
  const ofTarget = await measureTarget(context, rows);
  draft.checked = ofTarget.queries;
  draft.isUnfinished = ofTarget.queries === 0;
  const ofSource = await measureSource(context, rows);
  draft.latency = {
    target: ofTarget,
    source: ofSource.map((measured) => ({
      ...measured,
      timesTarget: Math.round((10 * measured.latency.avgMs) / ofTarget.avgMs) / 10,
    })),
  };
  judge(ofTarget, draft);
}

async function measureTarget(
  { target, signal, meter }: CheckContext,
  rows: readonly SourceRow[],
): Promise<LatencySummary> {
  const histogram = new LatencyHistogram();
  const queries = [...rows.slice(0, WARM_UP), ...rows];
  for (const [i, { key }] of queries.entries()) {
    if (signal.aborted) throw interrupted();
    if (key === undefined) continue;
    const isMeasured = i >= Math.min(WARM_UP, rows.length);
    const startMs = performance.now();
    try {
      await target.getCell(codeOf(key.tile, key.cell), key.level);
      if (isMeasured) histogram.add(performance.now() - startMs);
    } catch (error) {
      if (!(error instanceof OctoloadError)) throw error;
      if (isMeasured) histogram.addError();
    }
    meter.rows(i);
  }
  return histogram.summary();
}

async function measureSource({ source, plan }: CheckContext, rows: readonly SourceRow[]) {
  const queries = rows.map((row): PointQuery => {
    const { x, y, z, level } = row.of.columnNames;
    const value = (name: string | null) => (name === null ? undefined : row.values.get(name));
    const { point } = row;
    const position = [value(x) ?? point?.x, value(y) ?? point?.y, value(z) ?? point?.z] as const;
    const at = [...position, value(level)].map((one) => one ?? null);
    return { file: row.file, rowid: row.rowid, position: at as unknown as PointQuery["position"] };
  });
  const { table, columns } = plan.source;
  const paths = source.files.map(({ path, snapshotPath }) => snapshotPath ?? path);
  const worker = WorkerClient.start<SourceQueriesApi>("./source-queries-worker", import.meta.url);
  try {
    const options = { paths, table, columns, budgetMs: SOURCE_BUDGET_MS };
    return await worker.call("measureSource", [queries, options]);
  } finally {
    await worker.close();
  }
}

/** @returns nothing: what was missed is noted */
export function judge({ queries, errors, avgMs, p95Ms }: LatencySummary, draft: CheckDraft): void {
  const missed = [
    ...(avgMs < baselineBars.avgMs ? [] : [`${avgMs} ms on average, not below 10 ms`]),
    ...(p95Ms < baselineBars.p95Ms ? [] : [`95 % within ${p95Ms} ms, not below 25 ms`]),
    ...(errors < baselineBars.errorShare * Math.max(1, queries)
      ? []
      : [`${errors} of ${queries} queries failed, not below 1 %`]),
  ];
  if (missed.length === 0) return;
  draft.hasFailed = true;
  draft.notes.push(...missed.map((text) => `the target misses: ${text}`));
}
