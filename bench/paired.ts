import { Bench } from "tinybench";

/** Something to time: `run` handles `rows` rows. */
export interface Contender {
  readonly name: string;
  readonly rows: number;
  readonly run: () => unknown;
}

/** Median, least and greatest of the rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Measured {
  readonly name: string;
  /** Nanoseconds a row. */
  readonly nsPerRow: Spread;
  /** How many times as fast as the reference of the same round. */
  readonly speedup: Spread;
}

export interface PairedOptions {
  readonly rounds: number;
  /** Of each contender in each round. */
  readonly timeMs: number;
}

/**
 * Times contenders against the first one, the reference, in turn within each of
 * several rounds: these machines' speed drifts by the second, so only figures
 * that were taken side by side are compared. Medians of the rounds count.
 */
export async function measurePaired(
  contenders: readonly Contender[],
  { rounds, timeMs }: PairedOptions,
): Promise<Measured[]> {
  const nsPerRow = contenders.map((): number[] => []);
  for (const { run } of contenders) run();
  for (let round = 0; round < rounds; round += 1) {
    const figures = await oneRound(contenders, timeMs);
    for (const [i, figure] of figures.entries()) nsPerRow[i]?.push(figure);
  }
  const reference = nsPerRow[0] ?? [];
  return contenders.map(({ name }, i) => {
    const own = nsPerRow[i] ?? [];
    const ratios = own.map((figure, round) => (reference[round] ?? Number.NaN) / figure);
    return { name, nsPerRow: spreadOf(own), speedup: spreadOf(ratios) };
  });
}

async function oneRound(contenders: readonly Contender[], timeMs: number): Promise<number[]> {
  const bench = new Bench({
    time: timeMs,
    warmupTime: timeMs / 5,
    warmupIterations: 1,
    iterations: 3,
  });
  for (const { name, run } of contenders) {
    bench.add(name, () => {
      run();
    });
  }
  await bench.run();
  return bench.tasks.map(({ result }, i) => {
    if (!("latency" in result)) throw new Error(`${contenders[i]?.name}: ${result.state}`);
    return (result.latency.p50 * 1e6) / (contenders[i]?.rows ?? 1);
  });
}

export function spreadOf(figures: readonly number[]): Spread {
  const sorted = [...figures].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return {
    median: at(Math.floor(sorted.length / 2)),
    min: at(0),
    max: at(sorted.length - 1),
  };
}
