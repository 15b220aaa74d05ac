// What tests are told of servers: variables of the environment.
import { authorityFile } from "./certificates.mjs";

/**
 * @typedef {import("./state.mjs").Cluster} Cluster
 * @typedef {import("./state.mjs").ClusterState} ClusterState
 */

/**
 * Names a cluster's servers as tests want them: OCTOLOAD_TEST_CASSANDRA and OCTOLOAD_TEST_REDIS
 * are host:port. Only servers without TLS and users can be named so.
 *
 * @param {Cluster} cluster
 * @returns {Record<string, string>}
 */
export function testEnvironment({ state: { cassandra, redis } }) {
  /** @type {Record<string, string>} */
  const variables = {};
  const node = cassandra?.nodes[0];
  if (cassandra != null && node !== undefined && isOpen(cassandra)) {
    variables.OCTOLOAD_TEST_CASSANDRA = `${node.address}:${node.port}`;
  }
  const server = redis?.nodes[0];
  if (redis?.mode === "standalone" && server !== undefined) {
    variables.OCTOLOAD_TEST_REDIS = `${server.address}:${server.port}`;
  }
  return variables;
}

/** @param {{credentials: unknown, certificates: unknown}} servers */
function isOpen({ credentials, certificates }) {
  return credentials === null && certificates === null;
}

/**
 * @param {ClusterState} state
 * @returns {string[]} a line for each kind of server
 */
export function endpointsOf({ cassandra, redis }) {
  const lines = [];
  if (cassandra !== null) {
    const name = `Cassandra ${cassandra.version}, dc ${cassandra.dc}`;
    lines.push(`${name}: ${listed(cassandra)}${access(cassandra)}`);
  }
  if (redis !== null) lines.push(`Redis, ${redis.mode}: ${listed(redis)}${access(redis)}`);
  return lines;
}

/** @param {{nodes: {address: string, port: number}[]}} servers */
function listed({ nodes }) {
  return nodes.map(({ address, port }) => `${address}:${port}`).join(" ");
}

/** @param {{credentials: {username: string} | null, certificates: string | null}} servers */
function access({ credentials, certificates }) {
  const user =
    credentials === null ? "" : `, user ${credentials.username} (password: cluster.json)`;
  return certificates === null ? user : `${user}, TLS (trust ${authorityFile(certificates)})`;
}
