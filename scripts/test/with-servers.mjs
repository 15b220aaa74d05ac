// Runs the tests that need servers: starts one Cassandra node and one Redis, tells the tests
// where they are, and takes them down however the tests end.
//
//   node scripts/test/with-servers.mjs [VITEST ARGUMENT...]    by default every such test
//
// A server that the environment names already (OCTOLOAD_TEST_CASSANDRA, OCTOLOAD_TEST_REDIS) is
// used as it is.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { startCassandra } from "../cluster/cassandra.mjs";
import { testEnvironment } from "../cluster/environment.mjs";
import { startRedis } from "../cluster/redis.mjs";
import { createCluster } from "../cluster/state.mjs";
import { takeDown } from "../cluster/take-down.mjs";
import { packageCommand, packageRoot } from "../lib/package.mjs";
import { serverTests } from "./server-tests.mjs";

const signals = /** @type {const} */ ([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
]);

const tell = console.log;
const cluster = createCluster();
/** @type {import("node:child_process").ChildProcess | undefined} */
let vitest;

for (const [signal, code] of signals) {
  process.once(signal, async () => {
    vitest?.kill("SIGTERM");
    await takeDown(cluster);
    process.exit(code);
  });
}

async function startServers() {
  if (!process.env.OCTOLOAD_TEST_CASSANDRA)
    await startCassandra({ isShortLived: true, cluster, tell });
  if (!process.env.OCTOLOAD_TEST_REDIS) await startRedis({ cluster, tell });
  return testEnvironment(cluster);
}

/**
 * @param {Record<string, string>} env
 * @returns {Promise<number>} exit code
 */
function runVitest(env) {
  const named = process.argv.slice(2);
  const folders = serverTests.filter((folder) => existsSync(join(packageRoot, folder)));
  const args = ["run", "--no-color", ...(named.length > 0 ? named : folders)];
  return new Promise((resolve, reject) => {
    vitest = spawn(process.execPath, [packageCommand("vitest"), ...args], {
      cwd: packageRoot,
      env: { ...process.env, ...env },
      stdio: "inherit",
    });
    vitest.once("error", reject);
    vitest.once("close", (code) => resolve(code ?? 1));
  });
}

try {
  process.exitCode = await runVitest(await startServers());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await takeDown(cluster);
}
