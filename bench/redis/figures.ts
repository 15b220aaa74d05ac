import type { Bar } from "../cassandra/chart.js";
import { alignColumns, thousands } from "../cassandra/figures.js";
import type { Spread } from "../paired.js";
import type { Line, Section } from "../report.js";
import type { Contender } from "./contenders.js";
import * as known from "./contenders.js";
import {
  type Load,
  type Loads,
  loadsOf,
  type Pass,
  passes,
  ratioOver,
  spreadOver,
} from "./measure.js";

type LineBar = NonNullable<Line["bar"]>;

export const NOT_MEASURED = "(not measured)";

const passNames: Readonly<Record<Pass, string>> = {
  empty: "into an empty server",
  existing: "over existing entries",
};

const speed = ({ cost }: Load) => 1 / cost.wallMs;
const clientCpu = ({ cost }: Load) => cost.cpuMs;
const usPerRow = (rows: number, figure: (load: Load) => number) => (load: Load) =>
  (figure(load) * 1000) / rows;

/** A table of all contenders: speed, CPU of client and server, and whether all entries are there. */
export function renderLoads(all: Loads, contenders: readonly Contender[], rows: number): string {
  const headings = ["", "rows/s", "min .. max", "client us/row", "server us/row", "RSS MiB"];
  const table = passes.flatMap((pass) => [
    [passNames[pass], "", "", "", "", "", "", ""],
    ...contenders.flatMap((contender) => {
      const loads = loadsOf(all, contender, pass);
      return loads.length === 0 ? [] : [cellsOf(contender, loads, rows)];
    }),
  ]);
  return alignColumns([[...headings, "missing", "differing"], ...table]);
}

function cellsOf({ name }: Contender, loads: readonly Load[], rows: number): string[] {
  const rate = spreadOver(loads, (load) => rows * 1000 * speed(load));
  const median = (figure: (load: Load) => number) =>
    (spreadOver(loads, figure)?.median ?? Number.NaN).toFixed(2);
  const sum = (count: (load: Load) => number) =>
    loads.reduce((total, load) => total + count(load), 0);
  return [
    `  ${name}`,
    thousands(rate?.median),
    `${thousands(rate?.min)} .. ${thousands(rate?.max)}`,
    median(usPerRow(rows, clientCpu)),
    median(usPerRow(rows, ({ serverCpuMs }) => serverCpuMs)),
    (spreadOver(loads, ({ cost }) => cost.maxRssMib)?.max ?? Number.NaN).toFixed(0),
    String(sum(({ audit }) => audit.missing)),
    `${sum(({ audit }) => audit.differing)} of ${sum(({ audit }) => audit.looked)}`,
  ];
}

const CPU_US = 1.5;

/** What octoload is held to. */
export function sectionsOf(all: Loads, rows: number): Section[] {
  return passes.flatMap((pass) => [
    {
      title: `${known.octoload.name}, ${passNames[pass]}`,
      lines: [
        ratio(all, pass, [known.octoload, known.ceiling], { atLeast: 0.9 }),
        ratio(all, pass, [known.octoload, known.ioredisPlain], { atLeast: 1.6 }),
        cost(all, pass, known.octoload, rows),
        share(all, pass, [known.octoload, known.ioredisSame]),
        share(all, pass, [known.octoload, known.ioredisPlain]),
        ratio(all, pass, [known.octoload, known.octoloadPlain]),
        ratio(all, pass, [known.octoload, known.redisCli]),
      ],
    },
    {
      title: `${known.octoloadSingle.name}, ${passNames[pass]}`,
      lines: [
        ratio(all, pass, [known.octoloadSingle, known.ceilingSingle], { atLeast: 0.9 }),
        ratio(all, pass, [known.octoloadSingle, known.ioredisPlain], { atLeast: 1.6 }),
        cost(all, pass, known.octoloadSingle, rows),
        share(all, pass, [known.octoloadSingle, known.ioredisSingle]),
      ],
    },
  ]);
}

function ratio(all: Loads, pass: Pass, pair: readonly [Contender, Contender], bar?: LineBar): Line {
  return lineOf(`speed, of: ${pair[1].name}`, ratioOver(all, pass, pair, speed), "x", bar);
}

function cost(all: Loads, pass: Pass, contender: Contender, rows: number): Line {
  const value = spreadOver(loadsOf(all, contender, pass), usPerRow(rows, clientCpu));
  return lineOf("client CPU a node", value, "us", { atMost: CPU_US });
}

function share(all: Loads, pass: Pass, pair: readonly [Contender, Contender]): Line {
  const value = ratioOver(all, pass, pair, clientCpu);
  return lineOf(`client CPU, of: ${pair[1].name}`, value, "x", { atMost: 0.2 });
}

const none: Spread = { median: Number.NaN, min: Number.NaN, max: Number.NaN };

/** What was not measured is held to nothing. */
function lineOf(name: string, value: Spread | undefined, unit: Line["unit"], bar?: LineBar): Line {
  if (value === undefined) return { name: `${name} ${NOT_MEASURED}`, value: none, unit };
  return { name, value, unit, ...(bar === undefined ? {} : { bar }) };
}

export function barsOf(all: Loads, contenders: readonly Contender[], rows: number): Bar[] {
  return passes.flatMap((pass) =>
    contenders.flatMap((contender) => {
      const loads = loadsOf(all, contender, pass);
      const rate = spreadOver(loads, (load) => rows * 1000 * speed(load));
      const cpu = spreadOver(loads, usPerRow(rows, clientCpu));
      if (rate === undefined || cpu === undefined) return [];
      const isOurs = contender.id.startsWith("octoload");
      const { name } = contender;
      const bar = { name, group: passNames[pass], isOurs };
      return [{ ...bar, rowsPerSecond: rate.median, cpuUs: cpu.median }];
    }),
  );
}
