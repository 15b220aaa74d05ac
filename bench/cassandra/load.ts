import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeMachine, type Machine } from "../machine.js";
import { renderSection, type Section, verdict } from "../report.js";
import { renderBars, renderSvg } from "./chart.js";
import type { Contender, PeerContender } from "./contenders.js";
import * as known from "./contenders.js";
import { barsOf, NOT_MEASURED, type Peers, renderLoads, sectionsOf } from "./figures.js";
import { dropKeyspace, makeKeyspace } from "./keyspaces.js";
import { type LoadBench, runJob, type StartCost } from "./load-bench.js";
import { keyspaceOf, type Loads, measureRounds } from "./measure.js";
import { findCqlsh, findDsbulk } from "./peer-programs.js";
import { type BenchServer, tell } from "./server.js";
import { makeForestTable } from "./source-table.js";

/** What job-rows.mjs tells of the rows it made. */
interface RowFacts {
  readonly rows: number;
  readonly envelopeBytes: number;
  readonly rowsOfTile: number;
}

interface Field {
  readonly contenders: readonly Contender[];
  readonly peers: Peers;
  /** Why a peer is not among them. */
  readonly missing: readonly string[];
}

const dataFolder = fileURLToPath(new URL("../data/", import.meta.url));
const resultsFolder = fileURLToPath(new URL("../results/", import.meta.url));
const SLOW_EVERY = 3;
/** A server is warm when another load of the ceiling is hardly faster than the ones before. */
const STILL_FASTER = 0.95;
const MAX_WARM_UPS = 8;

export interface LoadBenchOptions {
  readonly rows: number;
  readonly rounds: number;
  /** Names of contenders; undefined: all. */
  readonly only: readonly string[] | undefined;
}

/** Measures, prints and keeps the figures of loads. */
export async function runLoadBench(
  server: BenchServer,
  { rows, rounds, only }: LoadBenchOptions,
): Promise<void> {
  mkdirSync(dataFolder, { recursive: true });
  const source = forestSource(rows);
  const folder = mkdtempSync(join(dataFolder, "cassandra-"));
  try {
    tell("preparing the rows, as blocks and as CSV ...");
    const facts = (await runJob("rows", source, folder)) as RowFacts;
    const { host, port, dc } = server;
    const bench: LoadBench = { host, port, dc, source, folder, rows };
    const field = await assemble(only);
    const starts = await warmUp(server, bench, field.contenders);
    tell("measuring ...");
    const options = { rounds, slowEvery: SLOW_EVERY, tell };
    const loads = await measureRounds(server.client, bench, field.contenders, options);
    publish({ server, machine: describeMachine(), facts, rounds, field, starts, loads });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function forestSource(rows: number): string {
  const path = join(dataFolder, `forest-${rows}.sqlite`);
  makeForestTable(path, rows);
  return path;
}

async function assemble(only: readonly string[] | undefined): Promise<Field> {
  const [dsbulk, cqlsh] = [await findDsbulk(), await findCqlsh()];
  const dsbulkNode =
    dsbulk.kind === "found" ? known.dsbulkContender(dsbulk.peer, "node") : undefined;
  const dsbulkTile =
    dsbulk.kind === "found" ? known.dsbulkContender(dsbulk.peer, "tile") : undefined;
  const copy = cqlsh.kind === "found" ? [known.copyContender(cqlsh.peer)] : [];
  const all: Contender[] = [
    ...[known.nodeCeiling, known.nodeOctoload, known.driverBatches],
    ...[known.tileCeiling, known.tileOctoload],
    ...[known.nodeQuietCeiling, known.nodeSingles, known.driverConcurrent, ...copy],
    ...(dsbulkNode === undefined ? [] : [dsbulkNode]),
    ...(dsbulkTile === undefined ? [] : [dsbulkTile]),
  ];
  const contenders = all.filter(({ id }) => only?.includes(id) ?? true);
  const missing = [dsbulk, cqlsh].flatMap((peer) => (peer.kind === "missing" ? [peer.reason] : []));
  for (const reason of missing) tell(`left out: ${reason}`);
  return { contenders, peers: { dsbulkNode, dsbulkTile }, missing };
}

/** The server's code is compiled while it runs, over millions of rows; what starting a peer costs is taken meanwhile. */
async function warmUp(
  { client }: BenchServer,
  bench: LoadBench,
  contenders: readonly Contender[],
): Promise<Record<string, StartCost>> {
  tell("warming the server up ...");
  const starts: Record<string, StartCost> = {};
  const inKeyspace = async (contender: Contender, act: (keyspace: string) => Promise<void>) => {
    const keyspace = keyspaceOf(contender);
    await makeKeyspace(client, keyspace, contender.layout, bench.dc);
    await act(keyspace);
    await dropKeyspace(client, keyspace);
  };
  for (const contender of [known.nodeCeiling, known.tileCeiling]) {
    let fastestMs = Number.POSITIVE_INFINITY;
    for (let load = 0, isFaster = true; load < MAX_WARM_UPS && isFaster; load += 1) {
      await inKeyspace(contender, async (keyspace) => {
        const { wallMs } = await contender.load(bench, keyspace, `warm-up-${load}`);
        isFaster = wallMs < fastestMs * STILL_FASTER;
        fastestMs = Math.min(fastestMs, wallMs);
      });
    }
  }
  for (const contender of contenders.filter(isPeer)) {
    await inKeyspace(contender, async (keyspace) => {
      starts[contender.id] = await contender.measureStart(bench, keyspace);
    });
  }
  return starts;
}

function isPeer(contender: Contender): contender is PeerContender {
  return "measureStart" in contender;
}

interface Findings {
  readonly server: BenchServer;
  readonly machine: Machine;
  readonly facts: RowFacts;
  readonly rounds: number;
  readonly field: Field;
  readonly starts: Record<string, StartCost>;
  readonly loads: Loads;
}

function publish({ server, machine, facts, rounds, field, starts, loads }: Findings): void {
  const ordered = [...field.contenders].sort((a, b) => a.layout.localeCompare(b.layout));
  const title = `${facts.rows} rows into Cassandra ${server.version}, one node`;
  const caption = `${machine.cpu}, ${machine.cores} cores shared with the server; median of each loader's loads; client CPU a row`;
  const heading = [
    `octoload bench:cassandra, commit ${machine.commit}`,
    `${machine.cpu}, ${machine.cores} cores, shared with the server; ${machine.compiler}; Node ${machine.node}`,
    `${title}; envelopes of ${facts.envelopeBytes.toFixed(0)} bytes, ${facts.rowsOfTile.toFixed(0)} rows a tile`,
    `${rounds} rounds, loaders in turn, slow ones in every ${SLOW_EVERY}rd from the first; CPU is of the client's whole process tree, its start left out`,
  ];
  console.log(`\n${heading.join("\n")}\n\n${renderLoads(loads, ordered, facts.rows)}`);
  const bars = barsOf(loads, ordered, facts.rows);
  console.log(`\n${renderBars(bars)}`);
  const sections = sectionsOf(loads, field.peers, facts.rows);
  for (const section of sections) console.log(`\n${renderSection(section)}`);
  printMissed(sections, loads, field);
  mkdirSync(resultsFolder, { recursive: true });
  writeFileSync(join(resultsFolder, "cassandra.svg"), renderSvg(bars, title, caption));
  const json = { machine, cassandra: server.version, ...facts, rounds, starts, sections };
  writeFileSync(
    join(resultsFolder, "cassandra.json"),
    `${JSON.stringify({ ...json, ...plainLoads(loads), missing: field.missing }, undefined, 2)}\n`,
  );
  console.log(
    "\nFigures as JSON: bench/results/cassandra.json; as a chart: bench/results/cassandra.svg",
  );
}

function printMissed(sections: readonly Section[], { loads, skipped }: Loads, field: Field): void {
  const held = sections.flatMap(({ title, lines }) =>
    lines.filter(({ bar }) => bar !== undefined).map((line) => ({ title, line })),
  );
  const missed = held.filter(({ line }) => verdict(line) === "MISSED");
  console.log(`\n${held.length - missed.length} of ${held.length} bars met.`);
  for (const { title, line } of missed) console.log(`missed: ${title}: ${line.name}`);
  for (const { title, lines } of sections) {
    for (const { name } of lines.filter((line) => line.name.endsWith(NOT_MEASURED))) {
      console.log(`${title}: ${name}`);
    }
  }
  for (const { contender, reason } of skipped) console.log(`left out: ${contender.id}: ${reason}`);
  for (const reason of field.missing) console.log(`left out: ${reason}`);
  for (const { contender, round, audit } of loads) {
    if (audit.missing === 0 && audit.differing === 0) continue;
    console.log(
      `not all as given: ${contender.id} in round ${round + 1}: ${JSON.stringify(audit)}`,
    );
  }
}

function plainLoads({ loads, skipped }: Loads) {
  return {
    loads: loads.map(({ contender, round, cost, audit }) => ({
      ...{ contender: contender.id, name: contender.name, layout: contender.layout, round },
      ...{ ...cost, audit },
    })),
    skipped: skipped.map(({ contender, reason }) => ({ contender: contender.id, reason })),
  };
}
