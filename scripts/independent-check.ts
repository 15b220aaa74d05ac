// Loads a generated octree into a real Cassandra in both layouts, by the command that users have,
// and lets a Python program that shares no code with octoload say whether all of it arrived.
//
//   npm run independent-check [-- --rows N --envelopes N --cluster DIR --dir DIR --json]
//   npm run independent-check -- --install      only installs the Python driver, by pip
//
// Starts a Cassandra node of its own unless --cluster names a running one (npm run cluster). DIR
// keeps the source and the run directories. Of all rows the columns are compared, and the envelopes
// of all, or of a sample of --envelopes. Exits 0 when all agrees, 6 when something differs, 3
// where Python or its driver is missing or the command line is wrong, 5 where a load failed.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { startCassandra } from "./cluster/cassandra.mjs";
import { createCluster, openCluster } from "./cluster/state.mjs";
import { takeDown } from "./cluster/take-down.mjs";
import { findChecker, type LoadedPlace, runChecker, runCqlsh } from "./independent/checker.js";
import { packageRoot } from "./lib/package.mjs";
import { run, secondsSince } from "./lib/run.mjs";

const DEFAULT_ROWS = 1_000_000;
const AGREES = 0;
const USAGE = 3;
const FAILED = 5;

const usage =
  "usage: npm run independent-check [-- --rows N --envelopes N --cluster DIR --dir DIR --json]";
const layouts = ["node", "tile"] as const;

type Found = Extract<Awaited<ReturnType<typeof findChecker>>, { kind: "found" }>;
type Server = Pick<LoadedPlace, "host" | "port" | "dc">;

interface Command {
  readonly rows: number;
  /** Further arguments of the checker. */
  readonly checkerArgs: readonly string[];
  readonly cluster: string | undefined;
  readonly dir: string | undefined;
  readonly install: boolean;
}

/** undefined: it is wrong. */
function readCommand(): Command | undefined {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const options = {
    rows: text,
    envelopes: text,
    cluster: text,
    dir: text,
    json: flag,
    install: flag,
  };
  try {
    const { values } = parseArgs({ options });
    const { cluster, dir, json, install, envelopes } = values;
    const rows = Number(values.rows ?? DEFAULT_ROWS);
    const isCount = (number: number) => Number.isInteger(number) && number > 0;
    if (!isCount(rows) || !isCount(Number(envelopes ?? rows))) return undefined;
    const sample = envelopes === undefined ? [] : ["--envelopes", envelopes];
    return { rows, cluster, dir, install, checkerArgs: json ? [...sample, "--json"] : sample };
  } catch {
    return undefined;
  }
}

const tell = (line: string) => console.error(line);

/** Runs the command as users do; throws what it said where it does not exit 0. */
async function octoload(...args: readonly string[]): Promise<void> {
  tell(`$ octoload ${args.join(" ")}`);
  const startMs = performance.now();
  const program = join(packageRoot, "dist/cli/main.js");
  const { code, output } = await run(process.execPath, [program, ...args]);
  if (code !== 0) throw new Error(`${output.trimEnd()}\noctoload: exit code ${code}`);
  tell(`  exit code 0 after ${secondsSince(startMs)}`);
}

/** @returns path of a source that a former call may have made */
async function generated(folder: string, rows: number): Promise<string> {
  const source = join(folder, `earth-${rows}.gpkg`);
  if (!existsSync(source)) await octoload("generate", source, "--nodes", `${rows}`, "--seed", "1");
  return source;
}

/** Loads into a keyspace of its own and checks it. @returns the checker's exit code */
async function checkLayout(
  { cqlsh }: Found,
  source: string,
  folder: string,
  place: LoadedPlace,
  args: readonly string[],
): Promise<number> {
  const { host, port, dc, keyspace, layout } = place;
  const url = `cassandra://${host}:${port}/${keyspace}?dc=${dc}&layout=${layout}`;
  try {
    await octoload("backfill", source, "--to", url, "--run-dir", join(folder, keyspace));
    const { code, output } = await runChecker(cqlsh, source, place, args);
    console.log(output.trimEnd());
    const query = /^ {2}one of them: (SELECT .*)$/m.exec(output)?.[1];
    if (query !== undefined) await show(cqlsh, place, query);
    return code;
  } finally {
    await runCqlsh(cqlsh, place, `DROP KEYSPACE IF EXISTS ${keyspace}`);
  }
}

/** One row as a person would look at it. */
async function show(cqlsh: Found["cqlsh"], place: LoadedPlace, query: string): Promise<void> {
  const { code, output } = await runCqlsh(cqlsh, place, `EXPAND ON; ${query}`);
  console.log(`\n$ cqlsh ${place.host} ${place.port}\n${output.trimEnd()}\n`);
  if (code !== 0) throw new Error(`cqlsh: exit code ${code}`);
}

async function withServer(dir: string | undefined, use: (server: Server) => Promise<number>) {
  if (dir !== undefined) {
    const cassandra = openCluster(dir)?.state.cassandra;
    const node = cassandra?.nodes[0];
    if (cassandra == null || node === undefined) throw new Error(`no Cassandra in ${dir}`);
    return use({ host: node.address, port: node.port, dc: cassandra.dc });
  }
  const cluster = createCluster();
  const leave = async () => {
    await takeDown(cluster);
    process.exit(130);
  };
  process.once("SIGINT", leave).once("SIGTERM", leave);
  try {
    const servers = await startCassandra({ cluster, tell });
    return await use({ host: servers.contactPoints[0] ?? "", port: servers.port, dc: servers.dc });
  } finally {
    process.off("SIGINT", leave).off("SIGTERM", leave);
    await takeDown(cluster);
  }
}

async function checkAll(found: Found, command: Command): Promise<number> {
  const { rows, cluster, dir, checkerArgs } = command;
  const folder = resolve(dir ?? mkdtempSync(join(tmpdir(), "octoload-check-")));
  mkdirSync(folder, { recursive: true });
  try {
    const source = await generated(folder, rows);
    return await withServer(cluster, async (server) => {
      let worst = AGREES;
      for (const layout of layouts) {
        const keyspace = `octoload_check_${layout}_${randomBytes(4).toString("hex")}`;
        const place = { ...server, keyspace, layout };
        worst = Math.max(worst, await checkLayout(found, source, folder, place, checkerArgs));
      }
      return worst;
    });
  } finally {
    if (dir === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  const command = readCommand();
  if (command === undefined) {
    tell(usage);
    return USAGE;
  }
  const found = await findChecker({ install: true });
  if (found.kind === "missing") {
    tell(`nothing was checked: ${found.reason}`);
    return USAGE;
  }
  if (command.install) return AGREES;
  try {
    return await checkAll(found, command);
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
    return FAILED;
  }
}

process.exitCode = await main();
