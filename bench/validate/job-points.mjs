// The naive way: of a sample of the source each row is asked for by itself, 32 at a time.
//   node job-points.mjs SOURCE URL ROWS

import { encodePoint } from "../../dist/encoding/point.js";
import { Source } from "../../dist/source/source.js";
import { openTarget } from "../../dist/target/open-target.js";
import { printCost } from "../load/process-cost.mjs";

const AT_ONCE = 32;
const [path = "", url = "", count = "5000"] = process.argv.slice(2);
const source = await Source.open({ paths: [path] });
const sample = await source.sample(Number(count));
const rowids = sample.map(({ rowid }) => rowid);
const rows = await source.rows(0, rowids);
await source.close();
const target = await openTarget(url);

await printCost(async () => {
  const left = rows.flatMap((row) => (row === null ? [] : [row]));
  let found = 0;
  const lane = async () => {
    for (let row = left.pop(); row !== undefined; row = left.pop()) {
      const [, x, y, z, level] = row.map(Number);
      const code = encodePoint(x ?? 0, y ?? 0, z ?? 0, level ?? 0, target.frame);
      if ((await target.getCell(code, level ?? 0)) !== undefined) found += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  if (found !== rows.length) throw new Error(`${found} of ${rows.length} rows were found`);
  return { rows: found };
});
await target.close();
