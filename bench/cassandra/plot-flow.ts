/**
 * Draws docs/flow-control.svg from a run that flow-run.ts recorded.
 *
 *   node --import tsx bench/cassandra/plot-flow.ts [RUN.ndjson [OUT.svg]]
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { FlowRun, FlowSample } from "./flow-samples.js";

const WIDTH = 760;
const PANEL = { left: 64, right: 16, top: 30, height: 130, gap: 46 };
const COLOURS = ["#1b6ca8", "#d1661c", "#4c8c2b"];
const INK = "#444";
/** Of the rates: the mean of so many samples around each. */
const RATE_SPAN = 5;

interface Series {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly number[];
}

interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
}

function panelsOf({ nodes, samples }: FlowRun): Panel[] {
  const ofNodes = (pick: (sample: FlowSample) => readonly number[]): Series[] =>
    nodes.map((name, at) => ({
      name,
      colour: COLOURS[at % COLOURS.length] ?? INK,
      values: samples.map((sample) => pick(sample)[at] ?? 0),
    }));
  const rate = { name: "", colour: INK, values: ratesOf(samples) };
  return [
    { title: "thousand rows acknowledged a second", series: [rate] },
    { title: "window: requests a node may hold", series: ofNodes(({ windows }) => windows) },
    {
      title: "latency of acknowledged frames, median of 5 to 10 s, ms",
      series: ofNodes(({ p50Ms }) => p50Ms),
    },
  ];
}

function ratesOf(samples: readonly FlowSample[]): number[] {
  return samples.map((_, at) => {
    const first = samples[Math.max(0, at - RATE_SPAN)];
    const last = samples[Math.min(samples.length - 1, at + RATE_SPAN)];
    if (first === undefined || last === undefined || last === first) return 0;
    return (last.rows - first.rows) / (last.seconds - first.seconds) / 1000;
  });
}

function drawPanel(panel: Panel, run: FlowRun, top: number): string {
  const { samples, freeze } = run;
  const endSeconds = samples.at(-1)?.seconds ?? 1;
  const max = niceMax(Math.max(...panel.series.flatMap(({ values }) => values)));
  const x = (seconds: number) =>
    PANEL.left + (seconds / endSeconds) * (WIDTH - PANEL.left - PANEL.right);
  const y = (value: number) => top + PANEL.height * (1 - value / max);
  const frozen =
    freeze.fromSeconds < endSeconds
      ? `<rect x="${fix(x(freeze.fromSeconds))}" y="${top}" width="${fix(x(freeze.toSeconds) - x(freeze.fromSeconds))}" height="${PANEL.height}" fill="#ddd"/>`
      : "";
  const grid = [0, 0.5, 1].map((part) => {
    const at = fix(y(part * max));
    return `<line x1="${PANEL.left}" x2="${WIDTH - PANEL.right}" y1="${at}" y2="${at}" stroke="#ccc" stroke-width="0.5"/><text x="${PANEL.left - 6}" y="${at}" dy="4" text-anchor="end">${fix(part * max)}</text>`;
  });
  const lines = panel.series.map(({ values, colour }) => {
    const points = values.map(
      (value, at) => `${fix(x(samples[at]?.seconds ?? 0))},${fix(y(value))}`,
    );
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="1.2"/>`;
  });
  const ticks = Array.from({ length: Math.floor(endSeconds / 5) + 1 }, (_, at) => at * 5).map(
    (seconds) =>
      `<text x="${fix(x(seconds))}" y="${top + PANEL.height + 15}" text-anchor="middle">${seconds} s</text>`,
  );
  const title = `<text x="${PANEL.left}" y="${top - 8}" font-weight="bold">${panel.title}</text>`;
  return [frozen, ...grid, ...lines, ...ticks, title, drawNames(panel, top)].join("\n");
}

function drawNames({ series }: Panel, top: number): string {
  return series
    .filter(({ name }) => name !== "")
    .map(
      ({ name, colour }, at) =>
        `<text x="${WIDTH - PANEL.right - 60 * (series.length - 1 - at)}" y="${top - 8}" text-anchor="end" fill="${colour}">${name}</text>`,
    )
    .join("");
}

/** The next of 1, 2, 5, 10, 20, 50 and so on. */
function niceMax(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

function fix(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function draw(run: FlowRun): string {
  const panels = panelsOf(run);
  const height = PANEL.top + panels.length * (PANEL.height + PANEL.gap);
  const drawn = panels.map((panel, at) =>
    drawPanel(panel, run, PANEL.top + at * (PANEL.height + PANEL.gap)),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11" fill="${INK}">
<title>A load into three nodes: rows, windows and latency over time</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${drawn.join("\n")}
</svg>
`;
}

const [, , runFile = "bench/cassandra/flow-run.ndjson", outFile = "docs/flow-control.svg"] =
  process.argv;
const run: FlowRun = JSON.parse(readFileSync(runFile, "utf8"));
writeFileSync(outFile, draw(run));
