import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeMachine } from "../machine.js";
import { type Line, renderSection, type Section, verdict } from "../report.js";
import type { Latencies } from "./latencies.mjs";
import type { BenchServer } from "./server.js";

/** By kind of query: point, nearest, box. */
export type StoreLatencies = Readonly<Record<string, Latencies>>;

/** What job-reads-while-loading.mjs tells. */
export interface BusyReads {
  readonly latencies: Latencies;
  readonly loadedRowsPerSecond: number;
}

interface LayoutFigures {
  readonly idle: StoreLatencies;
  readonly busy: BusyReads;
}

export interface ReadFigures {
  readonly node: LayoutFigures;
  readonly tile: LayoutFigures;
  /** Of the source. */
  readonly reference: StoreLatencies;
}

export const PROTECT_P99_MS = 10;

const resultsFolder = fileURLToPath(new URL("../results/", import.meta.url));
const bars = { p95: { atMost: 10 }, p99: { atMost: 25 } };

/** Prints the figures and keeps them. */
export function publishReads(
  server: BenchServer,
  { rows, queries }: { readonly rows: number; readonly queries: number },
  figures: ReadFigures,
): void {
  const machine = describeMachine();
  const { node, tile, reference } = figures;
  const sections: Section[] = [
    layoutSection("node", node),
    layoutSection("tile", tile),
    {
      title: "the source, better-sqlite3 with an index on level and position",
      lines: Object.entries(reference).flatMap(([query, one]) => linesOf(query, one, false)),
    },
  ];
  const heading = [
    `octoload bench:cassandra reads, commit ${machine.commit}`,
    `${machine.cpu}, ${machine.cores} cores, shared with the server; Node ${machine.node}`,
    `${queries} queries of each kind, one after another, of ${rows} rows; Cassandra ${server.version}, one node, flushed`,
  ];
  console.log(`\n${heading.join("\n")}`);
  for (const section of sections) console.log(`\n${renderSection(section)}`);
  const differences = disagreements(figures);
  const missed = sections.flatMap(({ title, lines }) =>
    lines.filter((line) => verdict(line) === "MISSED").map(({ name }) => `${title}: ${name}`),
  );
  console.log("");
  for (const line of missed) console.log(`missed: ${line}`);
  for (const line of differences) console.log(`not the same rows: ${line}`);
  mkdirSync(resultsFolder, { recursive: true });
  const json = {
    machine,
    cassandra: server.version,
    rows,
    queries,
    figures,
    differences,
    sections,
  };
  writeFileSync(
    join(resultsFolder, "cassandra-reads.json"),
    `${JSON.stringify(json, undefined, 2)}\n`,
  );
  console.log("Figures as JSON: bench/results/cassandra-reads.json");
}

function layoutSection(layout: string, { idle, busy }: LayoutFigures): Section {
  const { latencies, loadedRowsPerSecond } = busy;
  const speed = `${Math.round(loadedRowsPerSecond / 1000)}k rows/s`;
  const beside = `point beside a load of ${speed}, --protect-p99 ${PROTECT_P99_MS}`;
  return {
    title: `octoload, layout ${layout}`,
    lines: [
      ...Object.entries(idle).flatMap(([query, one]) => linesOf(query, one, query === "point")),
      ...linesOf(beside, latencies, false),
    ],
  };
}

function linesOf(query: string, { queries, rows, ...latencies }: Latencies, isHeld: boolean) {
  return (["p50", "p95", "p99"] as const).map((rank): Line => {
    const ms = latencies[rank];
    const detail = rank === "p50" ? ` (${(rows / queries).toFixed(1)} rows a query)` : "";
    const bar = isHeld && rank !== "p50" ? { bar: bars[rank] } : {};
    return {
      name: `${query}, ${rank}${detail}`,
      value: { median: ms, min: ms, max: ms },
      unit: "ms",
      ...bar,
    };
  });
}

/** All stores hold the same rows, so all must have found as many. */
function disagreements({ node, tile, reference }: ReadFigures): string[] {
  const layouts = { node: node.idle, tile: tile.idle };
  return Object.entries(layouts).flatMap(([layout, latencies]) =>
    Object.entries(latencies).flatMap(([query, { rows }]) => {
      const expected = reference[query]?.rows;
      if (rows === expected) return [];
      return [`${query}: layout ${layout} found ${rows} rows, the source ${expected}`];
    }),
  );
}
