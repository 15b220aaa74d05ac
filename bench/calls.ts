import { frames } from "../dist/encoding/frame.js";
import { encode } from "../dist/encoding/morton.js";
import { tileTokens, tokens } from "../dist/encoding/token.js";
import { randomNumbers, randomPoints } from "./data.js";
import { type Measured, measurePaired, type PairedOptions } from "./paired.js";
import { type Line, rateLine, type Section } from "./report.js";

const BATCH = 2 ** 16;
const CALLS = 1000;

/** token(): million tokens a second on one core. */
export async function benchTokens(options: PairedOptions): Promise<Section> {
  const next = randomNumbers(3n);
  const keys = BigUint64Array.from({ length: BATCH }, () => BigInt(Math.floor(next() * 2 ** 53)));
  const out = new BigInt64Array(BATCH);
  const measured = await measurePaired(
    [
      {
        name: "tokens of bigint keys (layout node)",
        rows: BATCH,
        run: () => tokens(keys, { out }),
      },
      {
        name: "tokens of (level, tile) (layout tile)",
        rows: BATCH,
        run: () => tileTokens(18, keys, { out }),
      },
    ],
    options,
  );
  return { title: "Cassandra tokens", lines: measured.map((result) => rateLine(result, 100)) };
}

/**
 * What a batch call costs beyond its work: batches of one row, whose work is a
 * few nanoseconds, and of 64 rows beside it to show how little the rows add.
 */
export async function benchOverhead(options: PairedOptions): Promise<Section> {
  const calls = (rows: number) => {
    const points = randomPoints(rows, frames.centred, 4n);
    const out = { codes: new BigUint64Array(rows), status: new Uint8Array(rows) };
    return () => {
      for (let i = 0; i < CALLS; i += 1) encode(points, 21, { out });
    };
  };
  const measured = await measurePaired(
    [
      { name: "encode() of 1 row, a call", rows: CALLS, run: calls(1) },
      { name: "encode() of 64 rows, a call", rows: CALLS, run: calls(64) },
    ],
    options,
  );
  return { title: "A batch call from JavaScript", lines: measured.map(overheadLine) };
}

function overheadLine(measured: Measured, index: number): Line {
  const bar = index === 0 ? { bar: { atMost: 1000 } } : {};
  return { name: measured.name, value: measured.nsPerRow, unit: "ns", ...bar };
}
