import type { Spread } from "../paired.js";
import type { Line, Section } from "../report.js";
import type { Bar } from "./chart.js";
import {
  type Contender,
  driverBatches,
  nodeCeiling,
  nodeOctoload,
  tileCeiling,
  tileOctoload,
} from "./contenders.js";
import type { LoadCost } from "./load-bench.js";
import { type Load, type Loads, loadsOf, speedupOver, spreadOver } from "./measure.js";

type LineBar = NonNullable<Line["bar"]>;

const MAX_RSS_MIB = 400;
export const NOT_MEASURED = "(not measured)";

/** The contenders that the bars are about, besides those with fixed names. */
export interface Peers {
  readonly dsbulkNode: Contender | undefined;
  readonly dsbulkTile: Contender | undefined;
}

/** A table of all loaders: speed, client CPU, memory, and whether the rows are all there. */
export function renderLoads(all: Loads, contenders: readonly Contender[], rows: number): string {
  const headings = [
    ...["", "rows/s", "min .. max", "CPU us/row", "RSS MiB", "loads", "rows missing", "differing"],
  ];
  const lines = contenders.flatMap((contender) => {
    const loads = loadsOf(all, contender);
    return loads.length === 0 ? [] : [cellsOf(contender, loads, rows)];
  });
  return alignColumns([headings, ...lines]);
}

function cellsOf(contender: Contender, loads: readonly Load[], rows: number): string[] {
  const rate = spreadOver(loads, ratePerSecond(rows));
  const cpu = spreadOver(loads, cpuUsPerRow(rows));
  const rss = spreadOver(loads, ({ maxRssMib }) => maxRssMib);
  const sum = (count: (load: Load) => number) =>
    loads.reduce((total, load) => total + count(load), 0);
  return [
    `${contender.layout}: ${contender.name}`,
    thousands(rate?.median),
    `${thousands(rate?.min)} .. ${thousands(rate?.max)}`,
    (cpu?.median ?? Number.NaN).toFixed(2),
    (rss?.max ?? Number.NaN).toFixed(0),
    String(loads.length),
    String(sum(({ audit }) => audit.missing)),
    `${sum(({ audit }) => audit.differing)} of ${sum(({ audit }) => audit.looked)}`,
  ];
}

const ratePerSecond =
  (rows: number) =>
  ({ wallMs }: LoadCost) =>
    (rows / wallMs) * 1000;
const cpuUsPerRow =
  (rows: number) =>
  ({ cpuMs }: LoadCost) =>
    (cpuMs * 1000) / rows;

export function thousands(figure = Number.NaN): string {
  return Math.round(figure).toLocaleString("en-GB");
}

export function alignColumns(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return table.map((row) => row.map(pad).join("  ")).join("\n");
}

/** What octoload is held to; a line without a figure says so by its name's end. */
export function sectionsOf(all: Loads, peers: Peers, rows: number): Section[] {
  const { dsbulkNode, dsbulkTile } = peers;
  return [
    {
      title: "octoload, layout node",
      lines: [
        ratio(all, nodeOctoload, nodeCeiling, "of the ceiling", { atLeast: 0.85 }),
        ratio(all, nodeOctoload, dsbulkNode, "against DSBulk", { atLeast: 3 }),
        ratio(all, nodeOctoload, driverBatches, "against the driver's batches", { atLeast: 0.95 }),
        ...costLines(all, nodeOctoload, rows, { load: 1.8, whole: 3.3 }),
      ],
    },
    {
      title: "octoload, layout tile",
      lines: [
        ratio(all, tileOctoload, tileCeiling, "of the ceiling", { atLeast: 0.8 }),
        ratio(all, tileOctoload, nodeOctoload, "against layout node", { atLeast: 2.5 }),
        ratio(all, tileOctoload, dsbulkTile, "against DSBulk", { atLeast: 10 }),
        ...costLines(all, tileOctoload, rows, { load: 1 }),
      ],
    },
  ];
}

const none: Spread = { median: Number.NaN, min: Number.NaN, max: Number.NaN };

function ratio(
  all: Loads,
  one: Contender,
  other: Contender | undefined,
  name: string,
  bar: LineBar,
): Line {
  const value = other === undefined ? undefined : speedupOver(all, one, other);
  return lineOf(name, value, "x", bar);
}

function costLines(
  all: Loads,
  contender: Contender,
  rows: number,
  atMost: { readonly load: number; readonly whole?: number },
): Line[] {
  const loads = loadsOf(all, contender);
  const line = (
    name: string,
    unit: Line["unit"],
    figure: (cost: LoadCost) => number,
    most?: number,
  ) => {
    return lineOf(
      name,
      spreadOver(loads, figure),
      unit,
      most === undefined ? most : { atMost: most },
    );
  };
  const usPerRow = (ms: number | undefined) => ((ms ?? Number.NaN) * 1000) / rows;
  const stages = Object.keys(loads[0]?.cost.stagesMs ?? {});
  return [
    line("CPU a row, load phase, ordering included", "us", cpuUsPerRow(rows), atMost.load),
    line(
      "CPU a row, source file to acknowledgement",
      "us",
      (cost) => usPerRow(cost.whole?.cpuMs),
      atMost.whole,
    ),
    ...stages.map((stage) =>
      line(`  ${stageName(stage)}, wall clock while busy`, "us", ({ stagesMs }) =>
        usPerRow(stagesMs?.[stage]),
      ),
    ),
    line("RSS", "MiB", ({ maxRssMib }) => maxRssMib, MAX_RSS_MIB),
  ];
}

/** A sink's stage has its URL, which names the keyspace of this bench. */
function stageName(stage: string): string {
  return stage.includes("://") ? "the sink" : stage;
}

/** What was not measured is held to nothing. */
function lineOf(
  name: string,
  value: Spread | undefined,
  unit: Line["unit"],
  bar: LineBar | undefined,
): Line {
  if (value === undefined) return { name: `${name} ${NOT_MEASURED}`, value: none, unit };
  return { name, value, unit, ...(bar === undefined ? {} : { bar }) };
}

export function barsOf(all: Loads, contenders: readonly Contender[], rows: number): Bar[] {
  return contenders.flatMap((contender) => {
    const loads = loadsOf(all, contender);
    const rate = spreadOver(loads, ratePerSecond(rows));
    const cpu = spreadOver(loads, cpuUsPerRow(rows));
    if (rate === undefined || cpu === undefined) return [];
    return [
      {
        name: contender.name,
        group: `layout ${contender.layout}`,
        rowsPerSecond: rate.median,
        cpuUs: cpu.median,
        isOurs: contender.id.startsWith("octoload"),
      },
    ];
  });
}
