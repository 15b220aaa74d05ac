/**
 * `npm run bench:redis`: the same rows into the same server by octoload's hot cache, by other ways to
 * put them there and by what comes close to nothing, in turn; each in a process of its own.
 *
 *   npm run bench:redis [-- ROWS [ROUNDS]]      500,000 rows and 3 rounds by default
 *   npm run bench:redis -- reads [ROWS [ROUNDS]]   latencies and hit rates of cached reads; 100,000
 *
 *   --only ID,ID …  only these ways, by the names that progress shows
 *
 * The figures go to bench/results/ too.
 */
import { parseArgs } from "node:util";
import { countOf } from "../arguments.js";
import { runLoadBench } from "./load.js";
import { runReadsBench } from "./reads.js";
import { withRedis } from "./server.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" } },
});

function countAt(index: number, usual: number): number {
  return countOf(positionals[index], usual);
}

if (positionals[0] === "reads") {
  const [rows, rounds] = [countAt(1, 100_000), countAt(2, 3)];
  await withRedis((redis) => runReadsBench(redis, { rows, rounds }));
} else {
  const [rows, rounds] = [countAt(0, 500_000), countAt(1, 3)];
  const only = values.only?.split(",");
  await withRedis((server) => runLoadBench(server, { rows, rounds, only }));
}
