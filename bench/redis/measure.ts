import type { LoadCost } from "../cassandra/load-bench.js";
import { type Spread, spreadOf } from "../paired.js";
import { type Audit, auditServer } from "./audit.js";
import type { Contender, HotBench } from "./contenders.js";
import { serverCpuMs } from "./server.js";

/** Into an empty server, or over the entries of the load before. */
export type Pass = "empty" | "existing";
export const passes: readonly Pass[] = ["empty", "existing"];

/** One load of one contender. */
export interface Load {
  readonly contender: Contender;
  readonly pass: Pass;
  /** From 0. */
  readonly round: number;
  readonly cost: LoadCost;
  readonly serverCpuMs: number;
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

const SAMPLES = 500;
const MAX_REASON_CHARACTERS = 400;

/**
 * Lets the contenders load the same rows in turn within each round, each into the emptied server
 * and then once more, and looks at what they left. Who fails is out.
 */
export async function measureRounds(
  bench: HotBench,
  contenders: readonly Contender[],
  { rounds, tell }: { readonly rounds: number; readonly tell: (line: string) => void },
): Promise<Loads> {
  const loads: Load[] = [];
  const skipped: Skipped[] = [];
  for (const { contender, round } of planOf(contenders, rounds)) {
    if (skipped.some((one) => one.contender === contender)) continue;
    try {
      for (const load of await measureBoth(bench, contender, round)) {
        loads.push(load);
        tell(lineOf(load, bench.rows));
      }
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const reason = text.replace(/\s+/g, " ").slice(0, MAX_REASON_CHARACTERS);
      skipped.push({ contender, reason });
      tell(`  ${contender.id} is left out: ${reason}`);
    }
  }
  return { loads, skipped };
}

/** Each round begins with another contender, so that none always comes first. */
function* planOf(contenders: readonly Contender[], rounds: number) {
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of rotated(contenders, round * 3)) yield { contender, round };
  }
}

async function measureBoth(bench: HotBench, contender: Contender, round: number): Promise<Load[]> {
  const { server, rows } = bench;
  await server.client.flushall("SYNC");
  const beganUs = BigInt(Date.now()) * 1000n;
  const loads: Load[] = [];
  for (const [i, pass] of passes.entries()) {
    const wtsUs = beganUs + BigInt(i);
    const before = await serverCpuMs(server);
    const cost = await contender.load(bench, wtsUs);
    const cpuMs = (await serverCpuMs(server)) - before;
    const expected = contender.keepsNewer ? wtsUs : undefined;
    const audit = await auditServer(server, rows, { samples: SAMPLES, wtsUs: expected });
    loads.push({ contender, pass, round, cost, serverCpuMs: cpuMs, audit });
  }
  return loads;
}

function lineOf({ contender, pass, round, cost, serverCpuMs: cpuMs, audit }: Load, rows: number) {
  const rate = Math.round(rows / cost.wallMs);
  const [client, server] = [cost.cpuMs, cpuMs].map((ms) => ((ms * 1000) / rows).toFixed(2));
  const lost = audit.missing === 0 && audit.differing === 0 ? "" : `; ${JSON.stringify(audit)}`;
  return `  round ${round + 1}, ${contender.id}, ${pass}: ${rate}k rows/s, ${client} us a row, server ${server}${lost}`;
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

export function loadsOf({ loads }: Loads, { id }: Contender, pass: Pass): Load[] {
  return loads.filter((load) => load.contender.id === id && load.pass === pass);
}

/** A figure of a contender over its loads; undefined where it has none. */
export function spreadOver(
  loads: readonly Load[],
  figure: (load: Load) => number,
): Spread | undefined {
  return loads.length === 0 ? undefined : spreadOf(loads.map(figure));
}

/** A figure of one over that of another one, by the rounds that have both. */
export function ratioOver(
  all: Loads,
  pass: Pass,
  [one, other]: readonly [Contender, Contender],
  figure: (load: Load) => number,
): Spread | undefined {
  const others = loadsOf(all, other, pass);
  const ratios = loadsOf(all, one, pass).flatMap((load) => {
    const match = others.find(({ round }) => round === load.round);
    return match === undefined ? [] : [figure(load) / figure(match)];
  });
  return ratios.length === 0 ? undefined : spreadOf(ratios);
}
