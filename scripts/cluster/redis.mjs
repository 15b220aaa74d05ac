// Redis servers on this machine.
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../lib/run.mjs";
import {
  authorityFile,
  certificateFile,
  keyFile,
  makeCertificates,
  presentCertificate,
} from "./certificates.mjs";
import { claimNetwork, redisEndpoints } from "./networks.mjs";
import { RedisNode, redisCommand } from "./redis-node.mjs";
import { createCluster } from "./state.mjs";
import { takeDown } from "./take-down.mjs";

/**
 * @typedef {import("./state.mjs").Cluster} Cluster
 * @typedef {import("./state.mjs").RedisState} RedisState
 * @typedef {import("./state.mjs").RedisMode} RedisMode
 * @typedef {import("./certificates.mjs").CertificateKind} CertificateKind
 */

/**
 * @typedef {object} RedisOptions
 * @property {RedisMode} [mode] standalone (the default); cluster: three masters, then a replica of
 *   each; acl-tls: TLS only, the default user off, one user without the dangerous commands
 * @property {Cluster} [cluster] to be part of; by default one of its own, in a temporary folder
 * @property {(line: string) => void} [tell] gets what is being done
 */

const mastersCount = 3;
const joinTimeoutMs = 30_000;

/**
 * Starts Redis and waits until it serves every key.
 *
 * @param {RedisOptions} [options]
 * @returns {Promise<RedisServers>}
 */
export async function startRedis(options = {}) {
  const { mode = "standalone", tell = () => undefined, cluster = createCluster() } = options;
  try {
    const servers = await configure(cluster, mode);
    tell(`starting Redis (${mode}) on ${servers.contactPoints.join(" ")}`);
    await Promise.all(servers.nodes.map((node) => node.start()));
    if (mode === "cluster") await servers.join();
    return servers;
  } catch (error) {
    await takeDown(cluster);
    throw error;
  }
}

/**
 * @param {Cluster} cluster
 * @param {RedisMode} mode
 */
async function configure(cluster, mode) {
  const network = cluster.state.network ?? (await claimNetwork(cluster, 0));
  const certificates = mode === "acl-tls" ? join(cluster.dir, "certificates") : null;
  if (certificates !== null && cluster.state.cassandra?.certificates !== certificates) {
    await makeCertificates(certificates, network);
  }
  /** @type {RedisState} */
  const state = {
    mode,
    credentials: mode === "acl-tls" ? newCredentials("octoload") : null,
    admin: mode === "acl-tls" ? newCredentials("admin") : null,
    certificates,
    nodes: [],
  };
  const count = mode === "cluster" ? 2 * mastersCount : 1;
  for (let index = 1; index <= count; index++) {
    const folder = join(cluster.dir, `redis-${index}`);
    const node = { ...redisEndpoints(network, index).client, folder, process: null };
    state.nodes.push(node);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "redis.conf"), settings(state, node), { mode: 0o600 });
  }
  cluster.state.redis = state;
  cluster.save();
  return new RedisServers(cluster, state);
}

/** @param {string} username */
function newCredentials(username) {
  return { username, password: randomBytes(18).toString("base64url") };
}

/**
 * @param {RedisState} redis
 * @param {import("./state.mjs").ServerState} node
 */
function settings({ mode, credentials, admin, certificates }, { address, port, folder }) {
  const lines = [`bind ${address}`, `dir ${folder}`, 'save ""', "appendonly no", "daemonize no"];
  // Of the loopback addresses it knows 127.0.0.1 alone as one, and would refuse its own replicas.
  lines.push("protected-mode no");
  if (certificates === null) lines.push(`port ${port}`);
  else {
    lines.push("port 0", `tls-port ${port}`, "tls-auth-clients no");
    lines.push(
      `tls-cert-file ${certificateFile(certificates)}`,
      `tls-key-file ${keyFile(certificates)}`,
    );
    lines.push(`tls-ca-cert-file ${authorityFile(certificates)}`);
  }
  if (mode === "cluster") {
    lines.push("cluster-enabled yes", "cluster-node-timeout 2000");
    // Servers learn each other's address from whom a connection comes; unbound, that is 127.0.0.1.
    lines.push(`bind-source-addr ${address}`, `cluster-announce-ip ${address}`);
  }
  if (credentials !== null && admin !== null) {
    lines.push("user default off");
    lines.push(`user ${admin.username} on >${admin.password} ~* &* +@all`);
    lines.push(
      `user ${credentials.username} on >${credentials.password} ~* &* +@all -@dangerous +info`,
    );
  }
  return `${lines.join("\n")}\n`;
}

export class RedisServers {
  /**
   * @param {Cluster} cluster
   * @param {RedisState} state
   */
  constructor(cluster, state) {
    this.cluster = cluster;
    this.state = state;
    this.nodes = state.nodes.map((_, at) => new RedisNode(cluster, state, at + 1));
  }

  /** address:port of each; in a cluster the masters come first. */
  get contactPoints() {
    return this.state.nodes.map(({ address, port }) => `${address}:${port}`);
  }

  /** @param {number} index from 1 */
  node(index) {
    const node = this.nodes[index - 1];
    if (node === undefined)
      throw new Error(`there is no Redis server ${index} of ${this.nodes.length}`);
    return node;
  }

  /** Makes one cluster of the servers and waits until each of them says that it is whole. */
  async join() {
    const create = ["--cluster", "create", ...this.contactPoints, "--cluster-replicas", "1"];
    const { code, output } = await run("redis-cli", [...create, "--cluster-yes"], {
      timeoutMs: joinTimeoutMs,
    });
    if (code !== 0)
      throw new Error(`${output.trimEnd()}\nredis-cli --cluster create: exit code ${code}`);
    await this.waitUntilWhole();
  }

  /** Until every server answers and, in a cluster, sees all slots served and each replica linked. */
  async waitUntilWhole() {
    for (const node of this.nodes) await node.waitUntil(() => this.#isWhole(node));
  }

  /**
   * Lets the servers present another certificate to new connections.
   *
   * @param {CertificateKind} kind
   */
  async presentCertificate(kind) {
    const { certificates } = this.state;
    if (certificates === null) throw new Error("these servers have no TLS");
    presentCertificate(certificates, kind);
    // Setting a file anew loads it. What it presents until then may be bad, too.
    const files = [
      "tls-cert-file",
      certificateFile(certificates),
      "tls-key-file",
      keyFile(certificates),
    ];
    for (const { index } of this.nodes) {
      const command = ["CONFIG", "SET", ...files];
      await redisCommand(this.state, index, this.state.admin, command, { insecure: true });
    }
  }

  /** Ends every server of the cluster and removes its folder. */
  async stop() {
    await takeDown(this.cluster);
  }

  /** @param {RedisNode} node */
  async #isWhole(node) {
    if (this.state.mode !== "cluster") return (await node.command("PING")) === "PONG";
    if (!/^cluster_state:ok/m.test(await node.command("CLUSTER", "INFO"))) return false;
    const replication = await node.command("INFO", "replication");
    return /^role:master/m.test(replication)
      ? /^connected_slaves:[1-9]/m.test(replication)
      : /^master_link_status:up/m.test(replication);
  }
}
