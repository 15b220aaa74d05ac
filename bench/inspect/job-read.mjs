// Only reading: every row as the loader's own reader gives it, in batches that nobody looks at.
//   node job-read.mjs SOURCE
import { Source } from "../../dist/source/source.js";
import { printCost } from "../load/process-cost.mjs";

const LIMITS = { maxRows: 8192, maxBytes: 4 * 2 ** 20 };
const HEAD_WORDS = 4;
const [path = ""] = process.argv.slice(2);

await printCost(async () => {
  const source = await Source.open({ paths: [path] });
  let rows = 0;
  for (let after = /** @type {bigint | null} */ (null); ; ) {
    const block = await source.read(0, after, LIMITS);
    if (block === null) break;
    const count = Number(new BigUint64Array(block, 8, 1)[0]);
    after = new BigInt64Array(block, HEAD_WORDS * 8, count)[count - 1] ?? null;
    rows += count;
  }
  await source.close();
  return { rows };
});
