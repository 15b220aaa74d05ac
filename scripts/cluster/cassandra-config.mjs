// Configuration of one Cassandra node.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keystoreFile, keystorePassword } from "./certificates.mjs";
import { moduleOptions } from "./java.mjs";
import { cassandraEndpoints } from "./networks.mjs";

/** @typedef {import("./networks.mjs").Network} Network */

/**
 * @typedef {object} NodeConfig
 * @property {string} folder of the node
 * @property {number} index from 1
 * @property {number} nodes of the cluster
 * @property {Network} network
 * @property {string} dc
 * @property {string} rack
 * @property {boolean} auth
 * @property {string | null} certificates folder of them, for TLS to clients
 * @property {Record<string, unknown>} yaml settings that replace these
 */

const logback = `<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level [%thread] %date{ISO8601} %F:%L - %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="STDOUT" /></root>
</configuration>
`;

/** @param {NodeConfig} config */
export function writeNodeConfig(config) {
  const conf = join(config.folder, "conf");
  mkdirSync(conf, { recursive: true });
  mkdirSync(join(config.folder, "tmp"), { recursive: true });
  // JSON is YAML.
  writeFileSync(join(conf, "cassandra.yaml"), `${JSON.stringify(settings(config), null, 2)}\n`);
  writeFileSync(
    join(conf, "cassandra-rackdc.properties"),
    `dc=${config.dc}\nrack=${config.rack}\n`,
  );
  writeFileSync(join(conf, "logback.xml"), logback);
}

/** @param {NodeConfig} config */
function settings({ folder, index, nodes, network, auth, certificates, yaml }) {
  const { native, storage } = cassandraEndpoints(network, index);
  const seed = cassandraEndpoints(network, 1).storage;
  return {
    cluster_name: "octoload",
    num_tokens: 16,
    allocate_tokens_for_local_replication_factor: Math.min(nodes, 3),
    partitioner: "org.apache.cassandra.dht.Murmur3Partitioner",
    endpoint_snitch: "GossipingPropertyFileSnitch",
    seed_provider: [
      {
        class_name: "org.apache.cassandra.locator.SimpleSeedProvider",
        parameters: [{ seeds: `${seed.address}:${seed.port}` }],
      },
    ],
    listen_address: storage.address,
    storage_port: storage.port,
    rpc_address: native.address,
    native_transport_port: native.port,
    data_file_directories: [join(folder, "data")],
    commitlog_directory: join(folder, "commitlog"),
    hints_directory: join(folder, "hints"),
    saved_caches_directory: join(folder, "saved_caches"),
    cdc_raw_directory: join(folder, "cdc_raw"),
    commitlog_sync: "periodic",
    commitlog_sync_period: "10000ms",
    commitlog_total_space: "512MiB",
    // Dropping a table of a test frees its disk.
    auto_snapshot: false,
    ...(auth ? authSettings : { authenticator: "AllowAllAuthenticator" }),
    ...(certificates === null ? {} : { client_encryption_options: encryption(certificates) }),
    ...yaml,
  };
}

const authSettings = {
  authenticator: "PasswordAuthenticator",
  authorizer: "CassandraAuthorizer",
  role_manager: "CassandraRoleManager",
};

/** @param {string} certificates */
function encryption(certificates) {
  return {
    enabled: true,
    optional: false,
    keystore: keystoreFile(certificates),
    keystore_password: keystorePassword,
    store_type: "PKCS12",
    require_client_auth: false,
  };
}

/**
 * Arguments of java for the node's daemon.
 *
 * @param {object} node
 * @param {string} node.folder
 * @param {string} node.jars
 * @param {number} node.heapMb
 * @param {boolean} node.isShortLived
 * @param {number} node.jmxPort
 * @param {number} node.nodes
 */
export function daemonArgs({ folder, jars, heapMb, isShortLived, jmxPort, nodes }) {
  const conf = join(folder, "conf");
  const properties = {
    "cassandra.config": `file://${join(conf, "cassandra.yaml")}`,
    "cassandra.storagedir": folder,
    "logback.configurationFile": join(conf, "logback.xml"),
    "cassandra.jmx.local.port": jmxPort,
    "cassandra.ring_delay_ms": 2000,
    "cassandra.skip_wait_for_gossip_to_settle": 0,
    "cassandra.superuser_setup_delay_ms": 0,
    // So that each node has a replica of it, which tells whether a node sees all others.
    "cassandra.system_distributed.default_rf": nodes,
    "jdk.attach.allowAttachSelf": true,
    "java.io.tmpdir": join(folder, "tmp"),
  };
  return [
    `-Xms${heapMb}M`,
    `-Xmx${heapMb}M`,
    "-XX:+PerfDisableSharedMem",
    "-XX:+ExitOnOutOfMemoryError",
    // The optimizing compiler costs a new process more than it gives it in its first minutes.
    ...(isShortLived ? ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"] : []),
    ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
    ...moduleOptions,
    "-cp",
    `${conf}:${join(jars, "*")}`,
    "org.apache.cassandra.service.CassandraDaemon",
  ];
}

/**
 * Arguments of java for nodetool.
 *
 * @param {object} node
 * @param {string} node.folder
 * @param {string} node.jars
 * @param {number} node.jmxPort
 * @param {readonly string[]} args
 */
export function nodetoolArgs({ folder, jars, jmxPort }, args) {
  const home = join(folder, "tools");
  mkdirSync(home, { recursive: true });
  return [
    "-Xmx128M",
    "-XX:TieredStopAtLevel=1",
    // It keeps a history of its commands.
    `-Dcassandra.storagedir=${home}`,
    `-Duser.home=${home}`,
    `-Dlogback.configurationFile=${join(folder, "conf", "logback.xml")}`,
    ...moduleOptions,
    "-cp",
    `${join(folder, "conf")}:${join(jars, "*")}`,
    "org.apache.cassandra.tools.NodeTool",
    "-h",
    "127.0.0.1",
    "-p",
    `${jmxPort}`,
    ...args,
  ];
}
