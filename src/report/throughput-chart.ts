import type { RunReport } from "../load/run-report.js";
import { timeTickLabel, timeTicks, valueTicks } from "./axis.js";
import { type Html, html } from "./html.js";
import { formatDuration, groupedCount, shortCount } from "./numbers.js";

/** The drawing's own units; it is stretched to whatever room there is. */
const WIDTH = 1000;
const HEIGHT = 200;

interface Interval {
  readonly startMs: number;
  readonly endMs: number;
  readonly phase: string;
  readonly rowsPerSecond: number;
}

const phaseNames: Readonly<Record<string, string>> = {
  scan: "reading",
  derive: "deriving",
  load: "loading",
  prune: "pruning",
  done: "finishing",
};

/** Rows a second over the run's time, its phases shaded and named. */
export function throughputChart({ throughput }: RunReport): Html {
  const intervals = intervalsOf(throughput);
  const endMs = intervals.at(-1)?.endMs ?? 0;
  if (endMs <= 0)
    return html`<p class="empty">The run was too short for a course of its speed.</p>`;
  const yTicks = valueTicks(Math.max(...intervals.map(({ rowsPerSecond }) => rowsPerSecond)));
  const top = yTicks.at(-1) ?? 1;
  const x = (ms: number) => (ms / endMs) * WIDTH;
  const y = (rate: number) => HEIGHT - (rate / top) * HEIGHT;
  const phases = joinPhases(intervals);
  return html`<p class="unit">rows per second</p><div class="plot">
<div class="y-axis">${yTicks.map((tick) => label("bottom", tick / top, shortCount(tick)))}</div>
<div class="canvas">
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="rows per second over time">
${phases.map((phase, i) => band(phase, i, x))}
${yTicks.map((tick) => html`<line class="rule" x1="0" x2="${WIDTH}" y1="${y(tick)}" y2="${y(tick)}"/>`)}
${phases.map((phase) =>
  curve(
    intervals.filter((interval) => isWithin(interval, phase)),
    x,
    y,
  ),
)}
${intervals.map((interval) => hoverArea(interval, x))}
</svg>
${phases.map((phase) => phaseLabel(phase, endMs))}
</div>
<div class="x-axis">${timeTicks(endMs).map((tick, _, ticks) =>
    label("left", tick / endMs, timeTickLabel(tick, ticks)),
  )}</div>
</div>`;
}

/** Each point's rate is the mean since the point before. */
function intervalsOf(points: RunReport["throughput"]): Interval[] {
  let startMs = 0;
  const intervals: Interval[] = [];
  for (const { atMs, phase, rowsPerSecond } of points) {
    if (atMs > startMs) intervals.push({ startMs, endMs: atMs, phase, rowsPerSecond });
    startMs = Math.max(startMs, atMs);
  }
  return intervals;
}

function joinPhases(intervals: readonly Interval[]): Interval[] {
  const phases: Interval[] = [];
  for (const interval of intervals) {
    const last = phases.at(-1);
    if (last?.phase === interval.phase)
      phases[phases.length - 1] = { ...last, endMs: interval.endMs };
    else phases.push(interval);
  }
  return phases;
}

function isWithin(interval: Interval, phase: Interval): boolean {
  return interval.startMs >= phase.startMs && interval.endMs <= phase.endMs;
}

function band({ startMs, endMs }: Interval, index: number, x: (ms: number) => number): Html {
  const left = x(startMs).toFixed(2);
  const width = (x(endMs) - x(startMs)).toFixed(2);
  const name = index % 2 === 0 ? "band even" : "band odd";
  return html`<rect class="${name}" x="${left}" y="0" width="${width}" height="${HEIGHT}"/>`;
}

/** Steps, since a mean over an interval is what is known; filled down to zero. */
function curve(
  intervals: readonly Interval[],
  x: (ms: number) => number,
  y: (rate: number) => number,
): Html {
  const steps = intervals.map(({ startMs, endMs, rowsPerSecond }) => {
    const height = y(rowsPerSecond).toFixed(2);
    return `${x(startMs).toFixed(2)},${height} ${x(endMs).toFixed(2)},${height}`;
  });
  const left = x(intervals[0]?.startMs ?? 0).toFixed(2);
  const right = x(intervals.at(-1)?.endMs ?? 0).toFixed(2);
  return html`<polygon class="area" points="${left},${HEIGHT} ${steps.join(" ")} ${right},${HEIGHT}"/>
<polyline class="line" points="${steps.join(" ")}"/>`;
}

function hoverArea(
  { startMs, endMs, phase, rowsPerSecond }: Interval,
  x: (ms: number) => number,
): Html {
  const left = x(startMs).toFixed(2);
  const width = (x(endMs) - x(startMs)).toFixed(2);
  const time = `${formatDuration(startMs)} to ${formatDuration(endMs)}`;
  return html`<rect class="hover" x="${left}" y="0" width="${width}" height="${HEIGHT}"><title>${time}
${phaseNames[phase] ?? phase}: ${groupedCount(rowsPerSecond)} rows/s</title></rect>`;
}

function phaseLabel({ startMs, endMs, phase }: Interval, totalMs: number): Html {
  const left = ((startMs / totalMs) * 100).toFixed(2);
  const width = (((endMs - startMs) / totalMs) * 100).toFixed(2);
  const name = phaseNames[phase] ?? phase;
  return html`<span class="phase" style="left:${left}%;width:${width}%">&#8203;<b>${name}</b></span>`;
}

function label(side: "left" | "bottom", place: number, text: string): Html {
  return html`<span style="${side}:${(place * 100).toFixed(2)}%">${text}</span>`;
}
