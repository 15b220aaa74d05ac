import type { Limit, Phase, Progress } from "../load/progress.js";
import { formatDuration } from "../report/numbers.js";
import { shortTargetUrl } from "../sink/target-path.js";
import type { ProgressStyle, Tone } from "./progress-style.js";
import {
  formatClock,
  formatCount,
  formatPercent,
  formatRows,
  plainText,
  truncate,
} from "./progress-text.js";

export interface BlockContext {
  readonly columns: number;
  readonly style: ProgressStyle;
  /** How the run is named on a command line: its id or its folder. */
  readonly runName: string;
  readonly isStopping: boolean;
}

interface BlockLine {
  readonly label: string;
  readonly text: string;
  readonly tone?: Tone;
}

export const phaseNames: Readonly<Record<Phase, string>> = {
  scan: "reading",
  derive: "deriving",
  load: "loading",
  prune: "pruning",
  done: "done",
};

const doneWith: Readonly<Record<Phase, string>> = {
  scan: "read",
  derive: "derived",
  load: "loaded",
  prune: "compared",
  done: "loaded",
};

const limits: Readonly<Record<Limit, string>> = {
  source: "reading the source",
  encode: "the processor: encoding",
  disk: "the disk that holds the run's files",
  derive: "the processor: deriving columns",
  order: "bringing rows into the target's order",
  sink: "the target",
  rate: "the rate that is set",
  paused: "the pause: nothing moves until it is resumed",
};

const LABEL_WIDTH = 10;
const MAX_BAR_WIDTH = 60;

/** The live block: lines no wider than the terminal. */
export function renderBlock(progress: Progress, context: BlockContext): string[] {
  const { columns, style } = context;
  // The last column stays free: some terminals wrap when it is written.
  const width = Math.max(1, columns - 1);
  const lines = [
    ...factLines(progress),
    ...sinkLines(progress),
    ...rejectedLines(progress),
    hintLine(context),
  ].map(({ label, text, tone = "plain" }) => {
    const shortLabel = truncate(label.padEnd(LABEL_WIDTH), width);
    const shortText = truncate(plainText(text), width - shortLabel.length);
    return `${style.paint("dim", shortLabel)}${style.paint(tone, shortText)}`;
  });
  return [barLine(progress, width, style), ...lines];
}

function barLine(progress: Progress, width: number, style: ProgressStyle): string {
  const label = (progress.isPaused ? "paused" : phaseNames[progress.phase]).padEnd(LABEL_WIDTH);
  const percent = formatPercent(progress.percent).padStart(8);
  const barWidth = Math.min(MAX_BAR_WIDTH, width - label.length - percent.length);
  if (barWidth < 1) return truncate(label.trimEnd(), width);
  const bar = style.bar(progress.percent / 100, barWidth);
  return `${label}${style.paint(progress.isPaused ? "warn" : "good", bar)}${percent}`;
}

function factLines(progress: Progress): BlockLine[] {
  const { rowsPerSecond, averageRowsPerSecond, rateLimit } = progress;
  const left = progress.etaMs === null ? "" : `, ${formatClock(progress.etaMs)} left`;
  const allowed = rateLimit === null ? "" : `, ${formatCount(rateLimit)} allowed`;
  return [
    { label: "rows", text: rowsText(progress) },
    {
      label: "rows/s",
      text: `${formatCount(rowsPerSecond)} now, ${formatCount(averageRowsPerSecond)} average${allowed}`,
    },
    { label: "time", text: `${formatClock(progress.elapsedMs)} elapsed${left}` },
    {
      label: "limit",
      text: limitText(progress),
      tone: progress.limit === "paused" || progress.limit === "rate" ? "warn" : "plain",
    },
    { label: "stages", text: stagesText(progress) },
  ].filter(({ text }) => text !== "") as BlockLine[];
}

function rowsText({ phase, phaseRows, phaseTotal, failed }: Progress): string {
  const of = phaseTotal === null ? "" : ` of ${formatCount(phaseTotal)}`;
  const rejected = failed === 0 ? "" : `, ${formatCount(failed)} rejected`;
  return `${formatCount(phaseRows)}${of} ${doneWith[phase]}${rejected}`;
}

function limitText({ limit, sinks }: Progress): string {
  if (limit !== "sink") return limits[limit];
  const slowest = sinks.toSorted((a, b) => b.lagRows - a.lagRows)[0];
  if (slowest === undefined) return limits.sink;
  const reason = slowest.limit === undefined ? "" : `: ${slowest.limit}`;
  return `${limits.sink} ${shortTargetUrl(slowest.url)}${reason}`;
}

function stagesText({ stages }: Progress): string {
  return stages.map(({ name, busyMs }) => `${name} ${formatDuration(busyMs)}`).join("  ");
}

function sinkLines({ sinks, phase }: Progress): BlockLine[] {
  if (phase === "scan" || phase === "derive") return [];
  const urlWidth = Math.max(0, ...sinks.map(({ url }) => shortTargetUrl(url).length));
  return sinks.map(({ url, loaded, rejected, skipped, pruned = 0, lagRows }) => {
    const parts = [
      `${formatCount(loaded)} loaded`,
      ...(rejected > 0 ? [`${formatCount(rejected)} rejected`] : []),
      ...(skipped > 0 ? [`${formatCount(skipped)} skipped`] : []),
      ...(pruned > 0 ? [`${formatCount(pruned)} deleted`] : []),
      ...(sinks.length > 1 ? [`${formatRows(lagRows)} behind`] : []),
    ];
    return {
      label: "target",
      text: `${shortTargetUrl(url).padEnd(urlWidth)}  ${parts.join(", ")}`,
    };
  });
}

function rejectedLines({ rejectedByCode }: Progress): BlockLine[] {
  const codes = Object.entries(rejectedByCode).toSorted(([, a], [, b]) => b - a);
  if (codes.length === 0) return [];
  const text = codes.map(([code, rows]) => `${code} ${formatCount(rows)}`).join("  ");
  return [{ label: "rejected", text, tone: "bad" }];
}

function hintLine({ isStopping, runName }: BlockContext): BlockLine {
  const text = isStopping
    ? "finishing what is in flight; Ctrl-C again leaves at once"
    : `Ctrl-C saves and stops; octoload runs pause|resume|rate ${runName}`;
  return { label: isStopping ? "stopping" : "keys", text, tone: isStopping ? "warn" : "dim" };
}
