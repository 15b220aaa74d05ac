// `npm run cluster -- up|down|status`: real Cassandra and Redis on this machine, on loopback,
// without containers. See scripts/cluster/.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startCassandra } from "./cluster/cassandra.mjs";
import { endpointsOf, testEnvironment } from "./cluster/environment.mjs";
import { claimedFolders } from "./cluster/networks.mjs";
import { isRunning } from "./cluster/processes.mjs";
import { startRedis } from "./cluster/redis.mjs";
import { createCluster, openCluster } from "./cluster/state.mjs";
import { serversOf, takeDown } from "./cluster/take-down.mjs";
import { packageRoot } from "./lib/package.mjs";

/** @typedef {import("./cluster/state.mjs").Cluster} Cluster */

const usage = `usage: npm run cluster -- up [--nodes 1|3] [--auth] [--random-password] [--tls]
                             [--redis standalone|cluster|acl-tls|none] [--dir DIR] [--json]
       npm run cluster -- down [--dir DIR]
       npm run cluster -- status [--dir DIR] [--json]

up      starts Cassandra (by default one node) and Redis (by default standalone) and waits until
        they answer; DIR/cluster.json then has addresses, ports, process ids, users, certificates
down    ends them and removes DIR
status  what runs: in DIR, else in every cluster of yours`;

const options = /** @type {const} */ ({
  nodes: { type: "string", default: "1" },
  auth: { type: "boolean", default: false },
  "random-password": { type: "boolean", default: false },
  tls: { type: "boolean", default: false },
  redis: { type: "string", default: "standalone" },
  dir: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
});

const redisModes = /** @type {const} */ (["standalone", "cluster", "acl-tls"]);
const defaultDir = join(packageRoot, ".cluster", "default");

class UsageError extends Error {}

function parse() {
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : `${error}`);
  }
}

/** @typedef {ReturnType<typeof parse>["values"]} Values */

/** @param {Values} values */
async function up(values) {
  const nodes = Number(values.nodes);
  if (nodes !== 1 && nodes !== 3) throw new UsageError(`--nodes is 1 or 3, not ${values.nodes}`);
  const mode = redisModes.find((name) => name === values.redis);
  if (mode === undefined && values.redis !== "none") {
    throw new UsageError(`--redis is ${redisModes.join(", ")} or none, not ${values.redis}`);
  }
  const cluster = createCluster(values.dir ?? defaultDir);
  takeDownOnSignals(cluster);
  const { auth, tls, "random-password": randomPassword } = values;
  const tell = console.error;
  await startCassandra({ nodes, auth, tls, randomPassword, cluster, tell });
  if (mode !== undefined) await startRedis({ mode, cluster, tell });
  if (values.json) printJson(cluster.state);
  else {
    printCluster(cluster);
    const where = values.dir === undefined ? "" : ` --dir ${cluster.dir}`;
    console.log(`down again: npm run cluster -- down${where}`);
  }
}

/** @param {Values} values */
async function down(values) {
  const dir = values.dir ?? defaultDir;
  const cluster = openCluster(dir);
  if (cluster === undefined) {
    console.log(`no cluster in ${dir}`);
    return;
  }
  const running = runningOf(cluster);
  await takeDown(cluster);
  console.log(`ended ${running} servers and removed ${cluster.dir}`);
}

/** @param {Values} values */
function status(values) {
  const folders = values.dir === undefined ? claimedFolders() : [values.dir];
  const clusters = folders.map(openCluster).filter((cluster) => cluster !== undefined);
  if (values.json) printJson(clusters.map(({ dir, state }) => ({ dir, ...state })));
  else if (clusters.length === 0) console.log("no cluster");
  else for (const cluster of clusters) printCluster(cluster);
}

/** @param {Cluster} cluster */
function printCluster(cluster) {
  console.log(`${cluster.dir}: ${runningOf(cluster)} of ${serversOf(cluster).length} servers run`);
  for (const line of endpointsOf(cluster.state)) console.log(`  ${line}`);
  for (const [name, value] of Object.entries(testEnvironment(cluster))) {
    console.log(`  ${name}=${value}`);
  }
}

/** @param {Cluster} cluster */
function runningOf(cluster) {
  return serversOf(cluster).filter(({ process }) => process !== null && isRunning(process)).length;
}

/** @param {unknown} value */
function printJson(value) {
  console.log(JSON.stringify(value, null, 2));
}

/**
 * A cluster that is not up yet does not outlive the command.
 *
 * @param {Cluster} cluster
 */
function takeDownOnSignals(cluster) {
  for (const [signal, code] of /** @type {const} */ ([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])) {
    process.once(signal, async () => {
      await takeDown(cluster);
      process.exit(code);
    });
  }
}

const commands = new Map(Object.entries({ up, down, status }));

async function main() {
  const { values, positionals } = parse();
  const command = commands.get(positionals[0] ?? "");
  if (values.help) console.log(usage);
  else if (command === undefined || positionals.length > 1) {
    throw new UsageError(`expected up, down or status, got ${positionals.join(" ") || "nothing"}`);
  } else await command(values);
}

try {
  await main();
} catch (error) {
  const message = error instanceof Error ? error.message : `${error}`;
  console.error(error instanceof UsageError ? `${message}\n\n${usage}` : message);
  process.exitCode = error instanceof UsageError ? 3 : 5;
}
