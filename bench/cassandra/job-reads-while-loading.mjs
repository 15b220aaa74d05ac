// Point queries, one after another, while another process loads into another
// keyspace of the same server: those that began within its load phase.
//   node job-reads-while-loading.mjs '{"source", "target", "load": {…}}'
// load: what job-octoload.mjs takes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { openTarget } from "../../dist/target/open-target.js";
import { latenciesOf } from "./latencies.mjs";
import { readPlaces } from "./read-queries.mjs";

const PLACES = 10_000;
const loader = fileURLToPath(new URL("job-octoload.mjs", import.meta.url));
/** @type {{source: string, target: string, load: object}} */
const { source, target, load } = JSON.parse(process.argv[2] ?? "{}");

const places = readPlaces(source, PLACES);
const opened = await openTarget(target);
const child = spawn(process.execPath, [loader, JSON.stringify(load)], {
  stdio: ["ignore", "pipe", "inherit"],
});
const output = text(child.stdout);
const ended = once(child, "close");

/** @type {{startMs: number, ms: number, rows: number}[]} */
const reads = [];
while (child.exitCode === null && child.signalCode === null) {
  const place = places[reads.length % places.length];
  if (place === undefined) break;
  const startMs = performance.now();
  const row = await opened.getCell(place.code, place.level);
  reads.push({ startMs, ms: performance.now() - startMs, rows: row === undefined ? 0 : 1 });
}
await ended;
await opened.close();

/** @type {import("../load/process-cost.mjs").Cost} */
const { loadPhase, rows } = JSON.parse((await output).trimEnd().split("\n").at(-1) ?? "");
if (loadPhase === null) throw new Error("the load told of no load phase");
const beginMs = loadPhase.beganAtMs - performance.timeOrigin;
const within = reads.filter(
  ({ startMs }) => startMs >= beginMs && startMs <= beginMs + loadPhase.wallMs,
);
const found = within.reduce((sum, read) => sum + read.rows, 0);
const latencies = latenciesOf(
  Float64Array.from(within, ({ ms }) => ms),
  found,
);
console.log(JSON.stringify({ latencies, loadedRowsPerSecond: (rows / loadPhase.wallMs) * 1000 }));
