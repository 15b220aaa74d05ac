import type { CheckResult, LatencyFigures, LatencySummary } from "../validate/result.js";
import { alignColumns } from "./output.js";
import { formatCount, plainText } from "./progress-text.js";

const BAR_COLUMNS = 40;
/** Where a plan names many indexes. */
const PLAN_LENGTH = 60;

/** A line a check, what it found and noted, and the baseline's histogram. */
export function renderChecks(checks: readonly CheckResult[]): string {
  if (checks.length === 0) return "";
  const lines = checks.map(({ check, status, checked, findings, figures = {} }) => {
    const found = Object.entries(findings).map(([name, count]) => `${name} ${formatCount(count)}`);
    const measured = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
    return [`  ${check}`, status, formatCount(checked), [...found, ...measured].join(", ")];
  });
  const table = alignColumns([["  check", "status", "checked", ""], ...lines], new Set([2]));
  const notes = checks.flatMap(({ check, notes: texts }) =>
    texts.map((text) => `  ${check}: ${plainText(text)}\n`),
  );
  const latency = checks.find((check) => check.latency !== undefined)?.latency;
  const baseline = latency === undefined ? "" : renderLatency(latency);
  return `${table}${notes.join("")}${baseline}`;
}

function renderLatency({ target, source }: LatencyFigures): string {
  const line = (name: string, summary: LatencySummary, more: string) => {
    const { queries, errors, avgMs, p50Ms, p95Ms, maxMs } = summary;
    const times = [avgMs, p50Ms, p95Ms, maxMs].map((ms) => ms.toFixed(2));
    return [name, formatCount(queries), String(errors), ...times, more];
  };
  const head = ["  point queries", "queries", "errors", "avg ms", "p50", "p95", "max", ""];
  const ofSource = source.map(({ query, plan, latency, timesTarget }) => {
    const how = `${timesTarget} times the target's; ${plainText(plan.slice(0, PLAN_LENGTH))}`;
    return line(`  source, ${query}`, latency, how);
  });
  const table = [head, line("  target", target, ""), ...ofSource];
  return `${alignColumns(table, new Set([1, 2, 3, 4, 5, 6]))}${renderHistogram(target)}`;
}

function renderHistogram({ histogram }: LatencySummary): string {
  const most = Math.max(1, ...histogram.map(({ queries }) => queries));
  const isShown = histogram.map(({ queries }) => queries > 0);
  const [first, last] = [isShown.indexOf(true), isShown.lastIndexOf(true)];
  const lines = histogram.slice(Math.max(0, first), last + 1).map(({ upToMs, queries }) => {
    const bound = upToMs === null ? "more" : `up to ${upToMs} ms`;
    const bar = "#".repeat(Math.ceil((queries / most) * BAR_COLUMNS));
    return [`  ${bound}`, formatCount(queries), bar];
  });
  return alignColumns(lines, new Set([1]));
}
