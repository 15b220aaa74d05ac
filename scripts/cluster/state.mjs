// What is kept of a cluster: one file in its folder, read by whoever uses or ends it.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";

/**
 * @typedef {import("./processes.mjs").ProcessIdentity} ProcessIdentity
 * @typedef {import("./networks.mjs").Network} Network
 */

/**
 * @typedef {object} ServerState
 * @property {string} address
 * @property {number} port that clients use
 * @property {string} folder configuration, data and log
 * @property {ProcessIdentity | null} process null when it was stopped
 */

/**
 * @typedef {object} Credentials
 * @property {string} username
 * @property {string} password
 */

/**
 * @typedef {object} CassandraNodeExtras
 * @property {number} jmxPort on 127.0.0.1
 * @property {string} rack
 *
 * @typedef {object} CassandraState
 * @property {string} version
 * @property {string} dc
 * @property {Credentials | null} credentials null without --auth
 * @property {string | null} certificates folder of them; null without --tls
 * @property {number} heapMb
 * @property {boolean} isShortLived
 * @property {(ServerState & CassandraNodeExtras)[]} nodes
 */

/** @typedef {"standalone" | "cluster" | "acl-tls"} RedisMode */

/**
 * @typedef {object} RedisState
 * @property {RedisMode} mode
 * @property {Credentials | null} credentials
 * @property {Credentials | null} admin
 * @property {string | null} certificates
 * @property {ServerState[]} nodes masters first
 */

/**
 * @typedef {object} ClusterState
 * @property {1} format
 * @property {string} createdAt
 * @property {Network | null} network
 * @property {CassandraState | null} cassandra
 * @property {RedisState | null} redis
 */

const stateFile = "cluster.json";

/** Of this user, shared by all clusters: jars and claims of addresses. */
export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "octoload");
}

/** A cluster's folder and what is kept there. */
export class Cluster {
  /**
   * @param {string} dir absolute
   * @param {ClusterState} state changed in place; `save` keeps it
   */
  constructor(dir, state) {
    this.dir = dir;
    this.state = state;
    /** Set when it is taken down: nothing is started in it any more. */
    this.isDown = false;
  }

  /** Replaces the file as a whole: a reader sees the old state or the new one. */
  save() {
    const file = join(this.dir, stateFile);
    writeFileSync(`${file}.new`, `${JSON.stringify(this.state, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}

/**
 * A cluster without servers yet.
 *
 * @param {string} [dir] must be absent or empty; by default a new temporary folder
 * @returns {Cluster}
 * @throws {Error} when the folder is in use
 */
export function createCluster(dir = mkdtempSync(join(tmpdir(), "octoload-cluster-"))) {
  const folder = resolve(dir);
  if (existsSync(join(folder, stateFile))) {
    throw new Error(`a cluster is in ${folder} already: take it down first, or name another --dir`);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Everything in it goes when the cluster does.
  if (readdirSync(folder).length > 0) {
    throw new Error(`${folder} is not empty: a cluster needs a folder of its own`);
  }
  const cluster = new Cluster(folder, {
    format: 1,
    createdAt: new Date().toISOString(),
    network: null,
    cassandra: null,
    redis: null,
  });
  cluster.save();
  return cluster;
}

/**
 * @param {string} dir
 * @returns {Cluster | undefined} undefined when no cluster is there
 */
export function openCluster(dir) {
  const folder = resolve(dir);
  if (!existsSync(join(folder, stateFile))) return undefined;
  return new Cluster(folder, JSON.parse(readFileSync(join(folder, stateFile), "utf8")));
}

/** @param {Cluster} cluster */
export function removeFolder({ dir }) {
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
}
