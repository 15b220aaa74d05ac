/**
 * `npm run bench:cassandra`: the same rows into the same server by octoload, by other loaders and by
 * what comes close to nothing, in turn; each in a process of its own.
 *
 *   npm run bench:cassandra [-- ROWS [ROUNDS]]      500,000 rows and 3 rounds by default
 *   npm run bench:cassandra -- reads [ROWS [QUERIES]]   point, nearest and box queries, 10,000 of each
 *
 *   --only ID,ID …  only these loaders, by the names that progress shows
 *   --cluster DIR   of `npm run cluster -- up --dir DIR`; else a node is started, and ended
 *
 * The figures go to bench/results/ too.
 */
import { parseArgs } from "node:util";
import { countOf } from "../arguments.js";
import { runLoadBench } from "./load.js";
import { runReadsBench } from "./reads.js";
import { withServer } from "./server.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { cluster: { type: "string" }, only: { type: "string" } },
});

function countAt(index: number, usual: number): number {
  return countOf(positionals[index], usual);
}

if (positionals[0] === "reads") {
  const [rows, queries] = [countAt(1, 500_000), countAt(2, 10_000)];
  await withServer(values.cluster, (server) => runReadsBench(server, rows, queries));
} else {
  const [rows, rounds] = [countAt(0, 500_000), countAt(1, 3)];
  const only = values.only?.split(",");
  await withServer(values.cluster, (server) => runLoadBench(server, { rows, rounds, only }));
}
