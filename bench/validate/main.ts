/**
 * `npm run bench -- validate`: a full validation beside a bare scan of the same target, beside a
 * point query a row and beside cqlsh COPY TO with a diff, in processes of their own, in turn. A server
 * is scanned before until it gets no faster.
 *
 *   npm run bench -- validate [ROWS [ROUNDS]]     1,000,000 shuffled rows and 3 rounds by default
 *
 *   --cluster DIR   of `npm run cluster -- up --dir DIR`; else a node is started, and ended
 *   --embedded      only the embedded target
 *
 * The ratio that counts is that of the medians: rows a second compared, to rows a second scanned.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { withServer } from "../cassandra/server.js";
import { makeSourceTable } from "../load/source-table.js";
import { describeMachine } from "../machine.js";
import { type CopyAndDiff, copyAndDiff } from "./copy-and-diff.js";

interface Cost {
  readonly rows: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly maxRssMib: number;
  readonly stagesMs: Readonly<Record<string, number>>;
}

/** What one target took, a cost a round each. */
interface Figures {
  readonly target: string;
  readonly scans: Cost[];
  readonly validations: Cost[];
  readonly points: Cost[];
  readonly copy: CopyAndDiff | undefined;
}

/** A server is warm when so many scans in a row were not faster than the fastest by this part of it. */
const GAIN = 0.05;
const STALE_SCANS = 2;
const MAX_WARM_UPS = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { cluster: { type: "string" }, embedded: { type: "boolean" } },
});
const rows = Number(positionals[0] ?? 1_000_000);
const rounds = Number(positionals[1] ?? 3);
const dataFolder = fileURLToPath(new URL("../data/", import.meta.url));
const bars: Readonly<Record<string, number>> = { node: 0.7, tile: 0.6, embedded: 0.5 };

mkdirSync(dataFolder, { recursive: true });
const folder = mkdtempSync(join(dataFolder, "validate-"));
const source = join(dataFolder, `shuffled-${rows}.db`);
console.error("making the source ...");
makeSourceTable(source, rows, "shuffled");

try {
  const figures = [measure("embedded", `sqlite:${join(folder, "t.octree")}`)];
  if (values.embedded !== true) {
    await withServer(values.cluster, async ({ host, port, dc, client, flush }) => {
      for (const layout of ["node", "tile"] as const) {
        const keyspace = `octoload_bench_validate_${layout}`;
        await client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`);
        const url = `cassandra://${host}:${port}/${keyspace}?dc=${dc}&layout=${layout}`;
        load(layout, url);
        await flush(keyspace);
        warmUp(layout, url);
        const measured = measureLoaded(layout, url);
        // In layout tile cqlsh would write the same values.
        const copy =
          layout === "node"
            ? await copyAndDiff({ host, port, keyspace, layout, folder })
            : undefined;
        figures.push({ ...measured, copy });
        await client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`);
      }
    });
  }
  report(figures);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function job(name: string, ...args: readonly string[]): Cost {
  const path = fileURLToPath(new URL(name, import.meta.url));
  const output = execFileSync(process.execPath, [path, ...args], { encoding: "utf8" });
  return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "") as Cost;
}

function load(target: string, url: string): void {
  console.error(`loading ${target} ...`);
  job("../load/job-backfill.mjs", source, url, join(folder, `run-${target}`));
}

function measure(target: string, url: string): Figures {
  load(target, url);
  return measureLoaded(target, url);
}

function warmUp(target: string, url: string): void {
  let bestMs = Number.POSITIVE_INFINITY;
  let stale = 0;
  for (let scan = 1; scan <= MAX_WARM_UPS && stale < STALE_SCANS; scan += 1) {
    const { wallMs } = job("job-scan.mjs", url);
    console.error(`${target}, warming the server: ${(wallMs / 1000).toFixed(1)} s a scan`);
    stale = wallMs > bestMs * (1 - GAIN) ? stale + 1 : 0;
    bestMs = Math.min(bestMs, wallMs);
  }
}

function measureLoaded(target: string, url: string): Figures {
  const figures: Figures = { target, scans: [], validations: [], points: [], copy: undefined };
  for (let round = 0; round < rounds; round += 1) {
    console.error(`${target}, round ${round + 1} of ${rounds}`);
    figures.scans.push(job("job-scan.mjs", url));
    const run = join(folder, `run-${target}`);
    const validation = join(folder, `validation-${target}-${round}`);
    figures.validations.push(job("job-validate.mjs", source, url, run, validation));
    rmSync(validation, { recursive: true, force: true });
    figures.points.push(job("job-points.mjs", source, url, "5000"));
  }
  return figures;
}

function median(costs: readonly Cost[], of: (cost: Cost) => number): number {
  const sorted = costs.map(of).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function copyLines(copy: CopyAndDiff | undefined): string[] {
  if (copy === undefined) return [];
  const name = "  cqlsh COPY TO and diff    ";
  if (copy.kind === "missing") return [`${name}not measured: ${copy.reason}`];
  const { wallMs, cpuMs } = copy.cost;
  const cpuUs = ((1000 * cpuMs) / rows).toFixed(0);
  return [`${name}${(rows / wallMs).toFixed(1)}k rows/s, ${cpuUs} us of client CPU a row`];
}

function report(figures: readonly Figures[]): void {
  const { cpu, cores, node, commit } = describeMachine();
  console.log(
    `octoload validation benchmark, commit ${commit}; ${cpu}, ${cores} cores; Node ${node}`,
  );
  console.log(`${rows} shuffled rows; medians of ${rounds} rounds in turn\n`);
  for (const { target, scans, validations, points, copy } of figures) {
    const rate = (cost: Cost) => cost.rows / cost.wallMs;
    const scan = median(scans, rate);
    const whole = median(validations, rate);
    const compare = median(validations, (cost) => cost.rows / (cost.stagesMs.compare ?? 1));
    const bar = bars[target] ?? 0;
    const verdict = whole / scan >= bar ? "met" : "MISSED";
    console.log(
      [
        `${target}`,
        `  bare scan                 ${scan.toFixed(0)}k rows/s`,
        `  validation, source's scan and sorts included  ${whole.toFixed(0)}k rows/s, ${(whole / scan).toFixed(2)} of the scan (bar ${bar}: ${verdict})`,
        `  of it, comparing          ${compare.toFixed(0)}k rows/s, ${(compare / scan).toFixed(2)} of the scan`,
        `  client CPU                ${median(validations, (cost) => (1000 * cost.cpuMs) / cost.rows).toFixed(2)} us a row, the scan ${median(scans, (cost) => (1000 * cost.cpuMs) / cost.rows).toFixed(2)}`,
        `  resident at most          ${median(validations, (cost) => cost.maxRssMib).toFixed(0)} MiB`,
        `  a point query a row       ${median(points, rate).toFixed(1)}k rows/s, ${median(points, (cost) => (1000 * cost.cpuMs) / cost.rows).toFixed(0)} us of client CPU a row`,
        ...copyLines(copy),
        "",
      ].join("\n"),
    );
  }
  const results = fileURLToPath(new URL("../results/", import.meta.url));
  mkdirSync(results, { recursive: true });
  const facts = { machine: describeMachine(), rows, rounds, figures };
  writeFileSync(join(results, "validate.json"), `${JSON.stringify(facts, undefined, 2)}\n`);
}
