import { join, relative } from "node:path";
import type { Outcome } from "../load/progress.js";
import type { RunReport } from "../load/run-report.js";
import { adviceOn } from "../report/advice.js";
import { formatDuration } from "../report/numbers.js";
import { quantity } from "../report/plan-section.js";
import { samplePoint } from "../report/sample-point.js";
import { shortTargetUrl } from "../sink/target-path.js";
import { alignColumns } from "./output.js";
import { formatCount, formatRows, plainText } from "./progress-text.js";

export interface SummaryContext {
  /** As the user would type it. */
  readonly runDir: string;
}

const outcomes: Readonly<Record<Outcome, string>> = {
  done: "done",
  rejected: "finished, some rows rejected",
  "max-errors": "stopped: more rows rejected than --max-errors allows",
  interrupted: "interrupted, progress saved",
  failed: "failed",
  "dry-run": "dry run, nothing written",
};

/** A word that a shell takes as it is; all others are quoted. */
const PLAIN_WORD = /^[\w@%+=:,./-]+$/;

/** What people read when a run has ended: what became of the rows, and what to do next. */
export function renderSummary(report: RunReport, { runDir }: SummaryContext): string {
  const parts = [
    ...[facts(report), targets(report), cache(report)],
    ...[rejections(report), plan(report), files(report, runDir)],
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function facts(report: RunReport): string {
  const { runId, source, outcome, exitCode, elapsedMs, total, orphans } = report;
  const resumes = report.resumes === 0 ? "" : `, resumed ${timesText(report.resumes)}`;
  const moved = Math.min(...report.sinks.map(({ loaded }) => loaded), total);
  const perSecond = elapsedMs > 0 ? `, ${formatCount((moved * 1000) / elapsedMs)} rows/s` : "";
  return alignColumns([
    ["run", `${plainText(runId)}: ${outcomes[outcome]} (exit code ${exitCode})`],
    ["source", `${plainText(source.name)}, ${formatRows(total)}`],
    ["time", `${formatDuration(elapsedMs)}${perSecond}${resumes}`],
    ...(orphans > 0 ? [["orphans", `${formatRows(orphans)} without a parent, loaded`]] : []),
    ...report.warnings.map(({ code, rows, message }) => [
      "warning",
      `${code}${rows > 0 ? ` (${formatRows(rows)})` : ""}: ${plainText(message)}`,
    ]),
  ]);
}

function targets({ sinks, total }: RunReport): string {
  if (sinks.length === 0) return "";
  const isPruned = sinks.some(({ pruned }) => pruned !== undefined);
  const rows = sinks.map(({ url, loaded, rejected, skipped, pruned = 0, live = 0 }) => [
    plainText(shortTargetUrl(url)),
    ...[total, loaded, rejected, skipped, ...(isPruned ? [pruned, live] : [])].map(formatCount),
  ]);
  const counts = ["rows", "loaded", "rejected", "skipped", ...(isPruned ? ["pruned", "live"] : [])];
  return alignColumns([["target", ...counts], ...rows], new Set(counts.map((_, i) => i + 1)));
}

function cache({ cache: found }: RunReport): string {
  if (found === undefined) return "";
  const { url, offered, cached, older, skipped, skippedBy, lastErrors } = found;
  const counts = ["hot rows", "cached", "newer there", "not cached"];
  const [place = ""] = url.split("?");
  const row = [plainText(place), ...[offered, cached, older, skipped].map(formatCount)];
  const table = alignColumns([["cache", ...counts], row], new Set(counts.map((_, i) => i + 1)));
  const reasons = Object.entries(skippedBy).map(([reason, rows]) => {
    const text = lastErrors[reason as keyof typeof lastErrors];
    return ["not cached", `${formatRows(rows)}: ${reason}${text ? `, ${plainText(text)}` : ""}`];
  });
  return reasons.length === 0 ? table : `${table}\n${alignColumns(reasons)}`;
}

function rejections({ rejectedByCode }: RunReport): string {
  if (rejectedByCode.length === 0) return "";
  const rows = rejectedByCode.map(({ code, rows }) => [
    plainText(code),
    formatCount(rows),
    adviceOn(code)?.remedy ?? "",
  ]);
  return alignColumns([["rejected", "rows", "what to do"], ...rows], new Set([1]));
}

/** What octoload inspect foretold, where the run began with a plan. */
function plan({ plan: found }: RunReport): string {
  if (found === undefined) return "";
  const rows = found.values.map((one) => [
    one.name,
    quantity(one.predicted, one.unit),
    one.measured === null ? "-" : quantity(one.measured, one.unit),
    one.target === undefined ? "" : plainText(placeOf(one.target)),
  ]);
  const head = ["plan", "foreseen", "measured", found.isSameSource ? "" : "of another source"];
  return alignColumns([head, ...rows], new Set([1, 2]));
}

/** A cache's URL is none of a target. */
function placeOf(url: string): string {
  return url.startsWith("redis") ? (url.split("?")[0] ?? "") : shortTargetUrl(url);
}

function files(report: RunReport, runDir: string): string {
  return alignColumns([
    ["report", plainText(join(shortPath(runDir), "report.html"))],
    ...nextSteps(report, runDir).map((command) => ["next", plainText(command)]),
  ]);
}

/** Commands to try, the most useful first. */
export function nextSteps(report: RunReport, runDir: string): string[] {
  const { outcome } = report;
  const folder = shellWord(shortPath(runDir));
  if (outcome === "interrupted" || outcome === "failed" || outcome === "max-errors") {
    return [`octoload backfill --run-dir ${folder}`];
  }
  const redrive = outcome === "rejected" ? [`octoload redrive --run-dir ${folder}`] : [];
  return [...redrive, ...lookAtTarget(report)];
}

function lookAtTarget(report: RunReport): string[] {
  const target = report.sinks.find(({ url, loaded }) => url.startsWith("sqlite:") && loaded > 0);
  const point = samplePoint(report);
  if (target === undefined || point === undefined || report.outcome === "dry-run") return [];
  const { x, y, z, level } = point;
  return [
    `octoload get --to ${shellWord(shortTargetUrl(target.url))} ${x} ${y} ${z} --level ${level} --nearest`,
  ];
}

/** As short as it can be typed from here. */
function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere === "" || fromHere.startsWith("..") ? path : fromHere;
}

function shellWord(text: string): string {
  return PLAIN_WORD.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function timesText(count: number): string {
  return count === 1 ? "once" : `${formatCount(count)} times`;
}
