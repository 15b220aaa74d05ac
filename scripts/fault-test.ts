// Whole loads into real clusters that are harmed meanwhile: every scenario of test/faults/load, at
// full length. Takes about a quarter of an hour; some of them, in small, are part of `npm test`.
//
//   npm run fault-test [-- --only NAME,... --rows N --out FOLDER]
//
// Leaves a report, FOLDER/YYYY-MM-DD.md (by default fault-reports/), unless only some scenarios were
// asked for and no folder. Exits 1 where a scenario failed, 3 where the command line is wrong.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { generate } from "../dist/generate/generate.js";
import { durableNodes } from "../test/faults/load/durable-nodes.js";
import { fullSizes, makeWorld } from "../test/faults/load/fault-case.js";
import { refusals } from "../test/faults/load/refusals.js";
import { ScenarioLog } from "../test/faults/load/scenario-log.js";
import { runScenario, scenarios } from "../test/faults/load/scenarios.js";
import { type CassandraServers, startCassandra } from "./cluster/cassandra.mjs";
import { createCluster } from "./cluster/state.mjs";
import { takeDown } from "./cluster/take-down.mjs";
import { type ScenarioResult, writeFaultReport } from "./fault-report.js";
import { packageCommand } from "./lib/package.mjs";
import { run } from "./lib/run.mjs";

const DEFAULT_ROWS = 400_000;
const DEFAULT_FOLDER = "fault-reports";
const REFUSALS = { name: "refusals", what: "loads that may not begin: users, TLS, schema" };

/** Tests of parts, each file on a cluster of its own. */
const PARTS = [
  {
    name: "dispatcher",
    what: "frames alone, while a node is killed, frozen or refuses them",
    file: "test/faults/dispatch.test.ts",
  },
  {
    name: "reads",
    what: "get and export, while nodes are gone",
    file: "test/faults/reads.test.ts",
  },
  {
    name: "validation",
    what: "a validation whose only node dies",
    file: "test/faults/validate.test.ts",
  },
] as const;

const names = [...scenarios, REFUSALS, ...PARTS].map(({ name }) => name);

interface Command {
  readonly chosen: readonly string[];
  readonly rows: number;
  /** undefined: no report. */
  readonly out: string | undefined;
}

/** undefined: it is wrong. */
function readCommand(): Command | undefined {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({ options: { only: text, rows: text, out: text } });
    const chosen = values.only?.split(",") ?? names;
    const rows = Number(values.rows ?? DEFAULT_ROWS);
    if (!chosen.every((name) => names.includes(name)) || !(rows >= 10_000)) return undefined;
    const out = values.out ?? (values.only === undefined ? DEFAULT_FOLDER : undefined);
    return { chosen, rows, out };
  } catch {
    return undefined;
  }
}

async function runOne(
  name: string,
  what: string,
  run: (log: ScenarioLog) => Promise<void>,
): Promise<ScenarioResult> {
  console.log(`\n${name}: ${what}`);
  const log = new ScenarioLog((line) => console.log(line));
  const startedAt = new Date();
  const failure = await run(log).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  console.log(failure === undefined ? "  ok" : `  FAILED: ${failure}`);
  return { name, what, startedAt, seconds: log.seconds, log, failure };
}

/** Starts servers for some scenarios and takes them down however those end, also by a signal. */
async function withServers<Result>(
  options: Parameters<typeof startCassandra>[0],
  use: (servers: CassandraServers) => Promise<Result>,
): Promise<Result> {
  const cluster = createCluster();
  const leave = async () => {
    await takeDown(cluster);
    process.exit(130);
  };
  process.once("SIGINT", leave).once("SIGTERM", leave);
  try {
    return await use(await startCassandra({ ...options, cluster, tell: console.log }));
  } finally {
    process.off("SIGINT", leave).off("SIGTERM", leave);
    await takeDown(cluster);
  }
}

/** @param onResult called after each scenario */
async function runAll(
  { chosen, rows }: Command,
  folder: string,
  onResult: (result: ScenarioResult) => Promise<void>,
): Promise<void> {
  const source = join(folder, "earth.gpkg");
  console.log(`generating ${rows} shuffled rows`);
  await generate({ path: source, nodes: rows, seed: 11, order: "shuffled" });
  const wanted = scenarios.filter(({ name }) => chosen.includes(name));
  if (wanted.length > 0) {
    await withServers({ nodes: 3, yaml: durableNodes }, async (servers) => {
      const world = await makeWorld(servers, folder, source, fullSizes);
      for (const one of wanted) {
        await onResult(await runOne(one.name, one.what, (log) => runScenario(one, world, log)));
      }
    });
  }
  if (chosen.includes(REFUSALS.name)) {
    await withServers({ auth: true, tls: true }, async (servers) => {
      const world = { servers, folder, source };
      await onResult(await runOne(REFUSALS.name, REFUSALS.what, (log) => refusals(world, log)));
    });
  }
  for (const { name, what, file } of PARTS) {
    if (chosen.includes(name))
      await onResult(await runOne(name, what, (log) => runTests(file, log)));
  }
}

/** @throws AssertionError where a test failed, or was skipped */
async function runTests(file: string, log: ScenarioLog): Promise<void> {
  const args = [packageCommand("vitest"), "run", "--no-color", "--reporter=verbose", file];
  const { code, output } = await run(process.execPath, args, { env: { CI: "true" } });
  const passed = [...output.matchAll(/^ *✓ \S+ > (.*?)(?: +\d+ms)?$/gm)].map(
    ([, test = ""]) => test,
  );
  for (const test of passed) log.holds(test, true);
  if (code !== 0) log.did(output.slice(-4000));
  log.equal("exit code of the tests", code, 0);
}

async function main(): Promise<number> {
  const command = readCommand();
  if (command === undefined) {
    console.error(`usage: npm run fault-test [-- --only NAME,... --rows N --out FOLDER]`);
    console.error(`scenarios: ${names.join(", ")}; rows: 10000 and more`);
    return 3;
  }
  const folder = mkdtempSync(join(tmpdir(), "octoload-faults-"));
  try {
    const results: ScenarioResult[] = [];
    let report = "none";
    // After each, so that what was found is kept if the machine gives up.
    await runAll(command, folder, async (result) => {
      results.push(result);
      if (command.out === undefined) return;
      report = await writeFaultReport(command.out, command.rows, results);
    });
    const failed = results.filter(({ failure }) => failure !== undefined);
    console.log(`\n${results.length - failed.length} passed, ${failed.length} failed`);
    console.log(`report: ${report}`);
    return failed.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
