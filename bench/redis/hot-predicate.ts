import { join } from "node:path";
import { generate } from "../../dist/generate/generate.js";
import { spreadOf } from "../paired.js";
import type { Line, Section } from "../report.js";
import { runHotJob } from "./contenders.js";
import { tell } from "./server.js";

const EXPRESSION = "coastal:10;urban:5;level>=12";
const EARTH_ROWS = 200_000;
const US_PER_ROW = 0.2;

/** What job-hot.mjs tells. */
interface PredicateFigures {
  readonly buildMs: number;
  readonly indexMib: number;
  readonly rows: readonly {
    readonly name: string;
    readonly rows: number;
    readonly hotShare: number;
    /** CPU of the whole process, a figure a repeat. */
    readonly usPerRow: readonly number[];
  }[];
}

/** What it costs a load to find out which of its rows are hot, called as a load calls it. */
export async function measurePredicate(folder: string, rounds: number): Promise<Section> {
  tell("measuring the hot predicate ...");
  const source = join(folder, "earth.gpkg");
  await generate({ path: source, nodes: EARTH_ROWS, seed: 1 });
  const options = { source, expression: EXPRESSION, repeats: 5 * rounds };
  const { buildMs, indexMib, rows } = (await runHotJob("hot", options)) as PredicateFigures;
  const lines = rows.map(
    (one): Line => ({
      name: `CPU a row, ${one.name} (${one.rows} rows, ${(100 * one.hotShare).toFixed(0)} % hot)`,
      value: spreadOf(one.usPerRow),
      unit: "us",
      bar: { atMost: US_PER_ROW },
    }),
  );
  const build = `index of ${indexMib.toFixed(1)} MiB, read and built in ${buildMs.toFixed(0)} ms`;
  return { title: `${EXPRESSION}: ${build}`, lines };
}
