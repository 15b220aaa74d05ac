// Whether a Cassandra node answers clients.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { auth, Client, types } from "cassandra-driver";

/** @typedef {import("./state.mjs").CassandraState} CassandraState */

/**
 * Runs one statement by one node, as the superuser where there is one.
 *
 * @param {CassandraState} cassandra
 * @param {number} index of the node, from 1
 * @param {string} statement
 * @param {{consistency?: types.consistencies}} [options]
 * @returns {Promise<types.Row[]>}
 */
export async function queryNode(cassandra, index, statement, options = {}) {
  const client = clientOf(cassandra, index);
  try {
    await client.connect();
    const host = client.hosts
      .values()
      .find(({ address }) => address === endpointOf(cassandra, index));
    if (host === undefined) throw new Error("the node does not know itself yet");
    return (await client.execute(statement, [], { ...options, host })).rows;
  } finally {
    await client.shutdown();
  }
}

/**
 * Fails unless the node sees every node of the cluster alive: it then reads from all replicas of
 * a table that each node has a replica of.
 *
 * @param {CassandraState} cassandra
 * @param {number} index
 */
export async function checkNode(cassandra, index) {
  const statement =
    "SELECT parent_id FROM system_distributed.parent_repair_history WHERE parent_id = 00000000-0000-1000-8000-000000000000";
  await queryNode(cassandra, index, statement, { consistency: types.consistencies.all });
}

/**
 * @param {CassandraState} cassandra
 * @param {number} index
 */
function endpointOf({ nodes }, index) {
  const node = nodes[index - 1];
  if (node === undefined) throw new Error(`there is no node ${index}`);
  return `${node.address}:${node.port}`;
}

/**
 * @param {CassandraState} cassandra
 * @param {number} index
 */
function clientOf(cassandra, index) {
  const { dc, credentials, certificates } = cassandra;
  return new Client({
    contactPoints: [endpointOf(cassandra, index)],
    localDataCenter: dc,
    pooling: { coreConnectionsPerHost: { [types.distance.local]: 1 } },
    socketOptions: { connectTimeout: 2000, readTimeout: 10_000 },
    ...(credentials === null
      ? {}
      : {
          authProvider: new auth.PlainTextAuthProvider(credentials.username, credentials.password),
        }),
    ...(certificates === null
      ? {}
      : {
          sslOptions: {
            ca: [readFileSync(join(certificates, "ca.pem"))],
            rejectUnauthorized: true,
          },
        }),
  });
}
