// Cassandra nodes on this machine.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { types } from "cassandra-driver";
import { writeNodeConfig } from "./cassandra-config.mjs";
import { CassandraNode } from "./cassandra-node.mjs";
import { checkNode, queryNode } from "./cassandra-probe.mjs";
import { authorityFile, makeCertificates, presentCertificate } from "./certificates.mjs";
import { cassandraJars, cassandraVersion, findJava } from "./java.mjs";
import { cassandraEndpoints, claimNetwork } from "./networks.mjs";
import { createCluster } from "./state.mjs";
import { takeDown } from "./take-down.mjs";

/**
 * @typedef {import("./state.mjs").Cluster} Cluster
 * @typedef {import("./state.mjs").CassandraState} CassandraState
 * @typedef {import("./certificates.mjs").CertificateKind} CertificateKind
 */

/**
 * @typedef {object} CassandraOptions
 * @property {number} [nodes] 1 (the default) to 3, each in a rack of its own
 * @property {boolean} [auth] the superuser is cassandra with the password cassandra; Cassandra lets
 *   this one user in by a quorum, so with two of three nodes down tests need another
 * @property {boolean} [randomPassword] gives the superuser another one, see `state.credentials`
 * @property {boolean} [tls] for clients, and no connection without
 * @property {number} [heapMb] of each node; by default 1500 for one, 800 for each of several
 * @property {boolean} [isShortLived] started faster and with less of the machine, for tests; slower
 *   under a long load, so not for measuring
 * @property {Record<string, unknown>} [yaml] settings of cassandra.yaml
 * @property {Cluster} [cluster] to be part of; by default one of its own, in a temporary folder
 * @property {(line: string) => void} [tell] gets what is being done
 */

const dc = "datacenter1";

/**
 * Starts Cassandra and waits until every node answers and sees every other. What was started is
 * ended again where that fails.
 *
 * @param {CassandraOptions} [options]
 * @returns {Promise<CassandraServers>}
 * @throws {Error} with the end of the log of the node that failed
 */
export async function startCassandra(options = {}) {
  const { tell = () => undefined, cluster = createCluster() } = options;
  try {
    const programs = { java: await findJava(), jars: await cassandraJars(tell) };
    const servers = new CassandraServers(cluster, await configure(cluster, options), programs);
    for (const node of servers.nodes) {
      tell(`starting Cassandra node ${node.index} of ${servers.nodes.length} on ${node.endpoint}`);
      await node.start();
    }
    await servers.waitUntilWhole();
    await servers.spreadUsers();
    if (options.randomPassword) await servers.changePassword(randomBytes(18).toString("base64url"));
    return servers;
  } catch (error) {
    await takeDown(cluster);
    throw error;
  }
}

/**
 * @param {Cluster} cluster
 * @param {CassandraOptions} options
 * @returns {Promise<CassandraState>}
 */
async function configure(cluster, options) {
  const { nodes = 1, tls = false, heapMb = nodes === 1 ? 1500 : 800, yaml = {} } = options;
  const isShortLived = options.isShortLived ?? false;
  const auth = (options.auth ?? false) || (options.randomPassword ?? false);
  const network = cluster.state.network ?? (await claimNetwork(cluster, nodes));
  const certificates = tls ? join(cluster.dir, "certificates") : null;
  if (certificates !== null) await makeCertificates(certificates, network);
  /** @type {CassandraState} */
  const state = {
    version: cassandraVersion,
    dc,
    credentials: auth ? { username: "cassandra", password: "cassandra" } : null,
    certificates,
    heapMb,
    isShortLived,
    nodes: [],
  };
  for (let index = 1; index <= nodes; index++) {
    const { native, jmx } = cassandraEndpoints(network, index);
    const rack = `rack${index}`;
    const folder = join(cluster.dir, `cassandra-${index}`);
    state.nodes.push({ ...native, jmxPort: jmx.port, rack, folder, process: null });
    writeNodeConfig({ folder, index, nodes, network, dc, rack, auth, certificates, yaml });
  }
  cluster.state.cassandra = state;
  cluster.save();
  return state;
}

/**
 * The servers of a running cluster, for a process that did not start them.
 *
 * @param {Cluster} cluster
 * @returns {Promise<CassandraServers>}
 */
export async function attachCassandra(cluster) {
  const state = cluster.state.cassandra;
  if (state === null) throw new Error(`the cluster in ${cluster.dir} has no Cassandra`);
  const jars = await cassandraJars(() => undefined);
  return new CassandraServers(cluster, state, { java: await findJava(), jars });
}

export class CassandraServers {
  /**
   * @param {Cluster} cluster
   * @param {CassandraState} state
   * @param {{java: string, jars: string}} programs
   */
  constructor(cluster, state, programs) {
    this.cluster = cluster;
    this.state = state;
    this.nodes = state.nodes.map((_, at) => new CassandraNode(cluster, state, at + 1, programs));
  }

  /** Addresses; all nodes have one port. */
  get contactPoints() {
    return this.state.nodes.map(({ address }) => address);
  }

  get port() {
    return this.state.nodes[0]?.port ?? 0;
  }

  get dc() {
    return this.state.dc;
  }

  /** PEM of the authority that clients trust; null without TLS. */
  get authorityFile() {
    return this.state.certificates === null ? null : authorityFile(this.state.certificates);
  }

  /** @param {number} index from 1 */
  node(index) {
    const node = this.nodes[index - 1];
    if (node === undefined) throw new Error(`there is no node ${index} of ${this.nodes.length}`);
    return node;
  }

  /** Until every node sees every node of the cluster alive. */
  async waitUntilWhole() {
    for (const node of this.nodes) await node.waitUntil(() => checkNode(this.state, node.index));
  }

  /** Lets every node know the users, so that one node's death does not take the logins with it. */
  async spreadUsers() {
    const count = this.nodes.length;
    if (this.state.credentials === null || count === 1) return;
    const replication = `{'class': 'NetworkTopologyStrategy', '${dc}': ${count}}`;
    await queryNode(this.state, 1, `ALTER KEYSPACE system_auth WITH replication = ${replication}`);
    // Reading from all replicas repairs those that lack a row.
    await queryNode(this.state, 1, "SELECT * FROM system_auth.roles", {
      consistency: types.consistencies.all,
    });
  }

  /**
   * Gives the superuser another password.
   *
   * @param {string} password without a quote
   */
  async changePassword(password) {
    const { credentials } = this.state;
    if (credentials === null) throw new Error("these servers have no users");
    const statement = `ALTER ROLE ${credentials.username} WITH PASSWORD = '${password}'`;
    await queryNode(this.state, 1, statement);
    credentials.password = password;
    this.cluster.save();
    // Nodes remember a password they checked for a while.
    await this.waitUntilWhole();
  }

  /**
   * Lets the nodes present another certificate to new connections.
   *
   * @param {CertificateKind} kind
   */
  async presentCertificate(kind) {
    const { certificates } = this.state;
    if (certificates === null) throw new Error("these servers have no TLS");
    presentCertificate(certificates, kind);
    for (const node of this.nodes) await node.nodetool("reloadssl");
  }

  /** Ends every server of the cluster and removes its folder. */
  async stop() {
    await takeDown(this.cluster);
  }
}
