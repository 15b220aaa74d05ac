import type { Spread } from "../paired.js";
import type { Line, Section } from "../report.js";
import { runHotJob } from "./contenders.js";
import { type BenchRedis, infoField, tell } from "./server.js";

/** What job-hits.mjs tells. */
interface HitFigures {
  readonly reads: number;
  readonly hitRate: number;
  readonly ideal: number;
  readonly seconds: number;
}

/** How a server chooses what to evict. */
interface EvictionSettings {
  readonly policy: string;
  readonly samples: number;
  readonly lfuLogFactor: number;
  readonly isRecommended: boolean;
}

export interface HitRun extends HitFigures {
  readonly exponent: number;
  readonly settings: EvictionSettings;
  /** In the server at the end, of those it was to have room for. */
  readonly keysHeld: number;
  readonly held: number;
}

const usual = { samples: 5, lfuLogFactor: 10, isRecommended: false };
const runsToDo: readonly { readonly exponent: number; readonly settings: EvictionSettings }[] = [
  // Counts every read of an entry, up to 255, instead of fewer and fewer of them.
  ...[1, 1.2].map((exponent) => ({
    exponent,
    settings: { policy: "allkeys-lfu", samples: 10, lfuLogFactor: 0, isRecommended: true },
  })),
  // Where they fall short.
  { exponent: 1, settings: { policy: "allkeys-lfu", ...usual } },
  { exponent: 1, settings: { policy: "allkeys-lru", ...usual } },
];
const HELD_SHARE = 0.1;
const READS_OF_KEY = 10;

/** Replays traces through the cached reader, the cache having room for a tenth of the keys. */
export async function measureHits(
  server: BenchRedis,
  { source, target, keys }: { readonly source: string; readonly target: string; keys: number },
): Promise<HitRun[]> {
  const { client, host, port } = server;
  const held = Math.floor(keys * HELD_SHARE);
  const job = { source, target, host, port, held };
  await client.config("SET", "maxmemory", "0");
  await client.flushall("SYNC");
  await runHotJob("hits", job);
  const maxBytes = infoField(await client.info("memory"), "used_memory");
  const runs: HitRun[] = [];
  for (const { exponent, settings } of runsToDo) {
    tell(`replaying a Zipf ${exponent} trace, ${describe(settings)} ...`);
    await client.flushall("SYNC");
    await applySettings(server, settings, maxBytes);
    const trace = { keys, reads: READS_OF_KEY * keys, exponent, seed: 1 };
    const figures = (await runHotJob("hits", { ...job, trace })) as HitFigures;
    runs.push({ ...figures, exponent, settings, keysHeld: await client.dbsize(), held });
  }
  await client.flushall("SYNC");
  await client.config("SET", "maxmemory", "0");
  return runs;
}

async function applySettings({ client }: BenchRedis, settings: EvictionSettings, bytes: string) {
  const { policy, samples, lfuLogFactor } = settings;
  await client.config("SET", "maxmemory-policy", policy);
  await client.config("SET", "maxmemory-samples", samples);
  await client.config("SET", "lfu-log-factor", lfuLogFactor);
  await client.config("SET", "maxmemory", bytes);
}

function describe({ policy, samples, lfuLogFactor }: EvictionSettings): string {
  const factor = policy === "allkeys-lfu" ? `, lfu-log-factor ${lfuLogFactor}` : "";
  return `${policy}, maxmemory-samples ${samples}${factor}`;
}

/** The exponent at which a hit rate itself is asked for. */
const POPULAR_EXPONENT = 1.2;

export function hitsSection(runs: readonly HitRun[]): Section {
  const [first] = runs;
  const [reads, held] = [first?.reads ?? 0, first?.held ?? 0];
  return {
    title: `hit rate of ${reads} reads from an empty cache on, room for ${held} keys: a tenth`,
    lines: runs.flatMap(linesOf),
  };
}

function linesOf({ exponent, settings, hitRate, ideal, keysHeld, held }: HitRun): Line[] {
  const { isRecommended } = settings;
  const name = `Zipf ${exponent.toFixed(1)}, ${describe(settings)}`;
  const share = `; ideal ${ideal.toFixed(3)}; ${((100 * keysHeld) / held).toFixed(0)} % of the room`;
  const rateBar = isRecommended && exponent === POPULAR_EXPONENT ? { bar: { atLeast: 0.9 } } : {};
  const idealBar = isRecommended ? { bar: { atLeast: 0.95 } } : {};
  return [
    { name: `${name}: hits${share}`, value: once(hitRate), unit: "x", ...rateBar },
    { name: "  of the ideal", value: once(hitRate / ideal), unit: "x", ...idealBar },
  ];
}

function once(value: number): Spread {
  return { median: value, min: value, max: value };
}
