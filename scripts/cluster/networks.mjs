// Addresses and ports for a cluster, so that several run side by side.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, ownIdentity } from "./processes.mjs";
import { cacheFolder } from "./state.mjs";

/** @typedef {import("./state.mjs").Cluster} Cluster */

/**
 * A block of loopback addresses, 127.0.BLOCK.x, of which one cluster has the sole use. All
 * Cassandra nodes of a cluster have one native port and one storage port, so each has an
 * address of its own.
 *
 * @typedef {object} Network
 * @property {number} block 0..254
 * @property {number} shift added to the ports that servers usually have
 */

/** @typedef {{address: string, port: number}} Endpoint */

const blocks = 64;
/** Only where a server listens on all addresses are the usual ports taken in every block. */
const shifts = [0, 100, 200];

/** Held while addresses are chosen; the system frees it when its holder dies. */
const lockPort = 17_099;
const jmxBasePort = 17_100;
export const redisServersMax = 6;

/** @param {Network} network */
export function addressesOf({ block }) {
  return [1, 2, 3].map((index) => `127.0.${block}.${index}`);
}

/**
 * @param {Network} network
 * @param {number} index of the node, from 1
 */
export function cassandraEndpoints({ block, shift }, index) {
  const address = `127.0.${block}.${index}`;
  return {
    native: { address, port: 9042 + shift },
    storage: { address, port: 7000 + shift },
    // Cassandra's local JMX listens there and nowhere else.
    jmx: { address: "127.0.0.1", port: jmxBasePort + 4 * block + index },
  };
}

/**
 * @param {Network} network
 * @param {number} index of the server, from 1
 */
export function redisEndpoints({ block, shift }, index) {
  const address = `127.0.${block}.1`;
  const port = 6378 + shift + index;
  // Redis Cluster takes this one too, by its own rule.
  return { client: { address, port }, bus: { address, port: port + 10_000 } };
}

/**
 * Finds a block with all the ports free that clusters may use, and claims it for this one.
 *
 * @param {Cluster} cluster its state gets the network, and is saved
 * @param {number} nodes Cassandra nodes there will be
 * @returns {Promise<Network>}
 * @throws {Error} when there is none
 */
export async function claimNetwork(cluster, nodes) {
  const unlock = await lock();
  try {
    const claimed = claimedBlocks();
    for (const shift of shifts) {
      for (let block = 0; block < blocks; block++) {
        if (claimed.has(block) || !(await allFree(endpointsOf({ block, shift }, nodes)))) continue;
        writeClaim(block, cluster);
        cluster.state.network = { block, shift };
        cluster.save();
        return cluster.state.network;
      }
    }
  } finally {
    await unlock();
  }
  throw new Error(
    "no free loopback addresses: 127.0.0.1 to 127.0.63.3 all have ports in use or cannot be listened on" +
      (process.platform === "darwin"
        ? " (macOS: sudo ifconfig lo0 alias 127.0.1.1, and .2, .3)"
        : ""),
  );
}

/** @param {Cluster} cluster */
export function releaseNetwork({ dir, state: { network } }) {
  if (network === null) return;
  const file = claimFile(network.block);
  if (existsSync(file) && readClaim(file).dir === dir) rmSync(file, { force: true });
}

/** Folders of the clusters of this user, also of those that tests started. */
export function claimedFolders() {
  return claims().map(({ dir }) => dir);
}

/**
 * Whether nothing listens there, and something could.
 *
 * @param {Endpoint} endpoint
 * @returns {Promise<boolean>}
 */
export function isFree({ address, port }) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: address, port, exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}

/**
 * @param {Network} network
 * @param {number} nodes
 * @returns {Endpoint[]}
 */
function endpointsOf(network, nodes) {
  const endpoints = [];
  for (let index = 1; index <= nodes; index++) {
    endpoints.push(...Object.values(cassandraEndpoints(network, index)));
  }
  for (let index = 1; index <= redisServersMax; index++) {
    endpoints.push(...Object.values(redisEndpoints(network, index)));
  }
  return endpoints;
}

/** @param {readonly Endpoint[]} endpoints */
async function allFree(endpoints) {
  for (const endpoint of endpoints) if (!(await isFree(endpoint))) return false;
  return true;
}

/** @returns {Promise<() => Promise<unknown>>} unlocks */
async function lock() {
  const endMs = performance.now() + 30_000;
  while (performance.now() < endMs) {
    const server = createServer();
    const listening = await new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen({ host: "127.0.0.1", port: lockPort, exclusive: true }, () => resolve(true));
    });
    if (listening) return () => new Promise((resolve) => server.close(resolve));
    await sleep(50);
  }
  throw new Error(`127.0.0.1:${lockPort}, held while addresses are chosen, was not free for 30 s`);
}

function claimFolder() {
  return join(cacheFolder(), "networks");
}

/** @param {number} block */
function claimFile(block) {
  return join(claimFolder(), `${block}.json`);
}

/**
 * @param {number} block
 * @param {Cluster} cluster
 */
function writeClaim(block, { dir }) {
  mkdirSync(claimFolder(), { recursive: true });
  writeFileSync(claimFile(block), `${JSON.stringify({ dir, claimer: ownIdentity() })}\n`);
}

/**
 * @param {string} file
 * @returns {{dir: string, claimer: import("./processes.mjs").ProcessIdentity}}
 */
function readClaim(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Those whose cluster is there or being made; a claim that was left behind is no claim. */
function claims() {
  if (!existsSync(claimFolder())) return [];
  return readdirSync(claimFolder())
    .filter((name) => /^\d+\.json$/.test(name))
    .map((name) => ({ block: Number.parseInt(name, 10), ...readClaim(join(claimFolder(), name)) }))
    .filter(({ dir, claimer }) => existsSync(join(dir, "cluster.json")) || isRunning(claimer));
}

function claimedBlocks() {
  return new Set(claims().map(({ block }) => block));
}
