import type { Client } from "cassandra-driver";
import type { Spread } from "../paired.js";
import { spreadOf } from "../paired.js";
import type { Contender } from "./contenders.js";
import { type Audit, auditTable, dropKeyspace, makeKeyspace } from "./keyspaces.js";
import type { LoadBench, LoadCost } from "./load-bench.js";
import { rowsFile } from "./load-bench.js";
import { type Layout, readRows, type SinkBatch } from "./rows-file.mjs";

/** One load of one contender. */
export interface Load {
  readonly contender: Contender;
  /** From 0. */
  readonly round: number;
  readonly cost: LoadCost;
  readonly audit: Audit;
}

export interface Skipped {
  readonly contender: Contender;
  readonly reason: string;
}

export interface Loads {
  readonly loads: readonly Load[];
  readonly skipped: readonly Skipped[];
}

export interface RoundsOptions {
  readonly rounds: number;
  /** A slow contender takes part in the first of so many rounds. */
  readonly slowEvery: number;
  readonly tell: (line: string) => void;
}

const SAMPLES = 500;
const MAX_REASON_CHARACTERS = 400;

export function keyspaceOf({ id }: Contender): string {
  return `octoload_bench_${id}`;
}

/**
 * Lets the contenders load the same rows in turn within each round, each into fresh tables of its
 * own, and looks at what they left. Who fails is out.
 */
export async function measureRounds(
  client: Client,
  bench: LoadBench,
  contenders: readonly Contender[],
  { tell, ...options }: RoundsOptions,
): Promise<Loads> {
  const rowsOf: Record<Layout, SinkBatch> = {
    node: readRows(rowsFile(bench, "node")),
    tile: readRows(rowsFile(bench, "tile")),
  };
  const loads: Load[] = [];
  const skipped: Skipped[] = [];
  for (const { contender, round } of planOf(contenders, options)) {
    if (skipped.some((one) => one.contender === contender)) continue;
    try {
      const load = await measureOnce(client, bench, contender, rowsOf[contender.layout], round);
      loads.push(load);
      tell(lineOf(load, bench.rows));
    } catch (error) {
      const reason = inOneLine(error instanceof Error ? error.message : String(error));
      skipped.push({ contender, reason });
      tell(`  ${contender.id} is left out: ${reason}`);
    }
  }
  return { loads, skipped };
}

/** Each round begins with another contender, so that none always comes first. */
function* planOf(
  contenders: readonly Contender[],
  { rounds, slowEvery }: Omit<RoundsOptions, "tell">,
): Generator<{ contender: Contender; round: number }> {
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of rotated(contenders, round * 2)) {
      if (!contender.isSlow || round % slowEvery === 0) yield { contender, round };
    }
  }
}

async function measureOnce(
  client: Client,
  bench: LoadBench,
  contender: Contender,
  given: SinkBatch,
  round: number,
): Promise<Load> {
  const keyspace = keyspaceOf(contender);
  await makeKeyspace(client, keyspace, contender.layout, bench.dc);
  try {
    const cost = await contender.load(bench, keyspace, `${contender.id}-${round}`);
    const audit = await auditTable(client, keyspace, contender.layout, given, SAMPLES);
    return { contender, round, cost, audit };
  } finally {
    await dropKeyspace(client, keyspace);
  }
}

function lineOf({ contender, round, cost, audit }: Load, rows: number): string {
  const rate = Math.round(rows / cost.wallMs);
  const cpu = ((cost.cpuMs * 1000) / rows).toFixed(2);
  const lost = audit.missing === 0 && audit.differing === 0 ? "" : `; ${JSON.stringify(audit)}`;
  return `  round ${round + 1}, ${contender.id}: ${rate}k rows/s, ${cpu} us a row${lost}`;
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, " ").slice(0, MAX_REASON_CHARACTERS);
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

export function loadsOf({ loads }: Loads, { id }: Contender): Load[] {
  return loads.filter(({ contender }) => contender.id === id);
}

/** A figure of a contender over its loads; undefined where it has none. */
export function spreadOver(
  loads: readonly Load[],
  figure: (cost: LoadCost) => number,
): Spread | undefined {
  return loads.length === 0 ? undefined : spreadOf(loads.map(({ cost }) => figure(cost)));
}

/** How many times as fast as another one, by the rounds that have both. */
export function speedupOver(all: Loads, one: Contender, other: Contender): Spread | undefined {
  const others = loadsOf(all, other);
  const ratios = loadsOf(all, one).flatMap(({ round, cost }) => {
    const match = others.find((load) => load.round === round);
    return match === undefined ? [] : [match.cost.wallMs / cost.wallMs];
  });
  return ratios.length === 0 ? undefined : spreadOf(ratios);
}
