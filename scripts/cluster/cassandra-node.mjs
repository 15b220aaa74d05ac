// One Cassandra node and what tests do to it.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../lib/run.mjs";
import { daemonArgs, nodetoolArgs } from "./cassandra-config.mjs";
import { queryNode } from "./cassandra-probe.mjs";
import { isFree } from "./networks.mjs";
import { isRunning, signalProcess, waitUntilGone } from "./processes.mjs";
import { startFailure } from "./start-failure.mjs";
import { startServer } from "./start-server.mjs";

/**
 * @typedef {import("./state.mjs").Cluster} Cluster
 * @typedef {import("./state.mjs").CassandraState} CassandraState
 */

const readyTimeoutMs = 300_000;
const goneTimeoutMs = 60_000;
const nodetoolTimeoutMs = 120_000;

export class CassandraNode {
  /**
   * @param {Cluster} cluster
   * @param {CassandraState} cassandra
   * @param {number} index from 1
   * @param {{java: string, jars: string}} programs
   */
  constructor(cluster, cassandra, index, programs) {
    const state = cassandra.nodes[index - 1];
    if (state === undefined) throw new Error(`there is no node ${index}`);
    this.cluster = cluster;
    this.cassandra = cassandra;
    this.index = index;
    this.state = state;
    this.programs = programs;
  }

  get endpoint() {
    return `${this.state.address}:${this.state.port}`;
  }

  get logFile() {
    return join(this.state.folder, "system.log");
  }

  isRunning() {
    return this.state.process !== null && isRunning(this.state.process);
  }

  /** Starts the node and waits until it answers a query. Its data are as it left them. */
  async start() {
    if (this.isRunning()) throw new Error(`node ${this.index} runs already`);
    const { folder, jmxPort } = this.state;
    const { heapMb, isShortLived, nodes } = this.cassandra;
    const { jars } = this.programs;
    await startServer(this.cluster, this.state, {
      program: this.programs.java,
      args: daemonArgs({ folder, jars, heapMb, isShortLived, jmxPort, nodes: nodes.length }),
      logFile: this.logFile,
    });
    await this.waitUntil(() =>
      queryNode(this.cassandra, this.index, "SELECT key FROM system.local"),
    );
  }

  /**
   * Ends the node and waits until it is gone and its ports are free.
   *
   * @param {NodeJS.Signals} [signal]
   */
  async kill(signal = "SIGKILL") {
    const { process, jmxPort } = this.state;
    if (process === null) return;
    if (signalProcess(process, signal)) await waitUntilGone(process, goneTimeoutMs);
    this.state.process = null;
    this.cluster.save();
    const endMs = performance.now() + goneTimeoutMs;
    while (!(await isFree({ address: "127.0.0.1", port: jmxPort }))) {
      if (performance.now() > endMs) throw new Error(`127.0.0.1:${jmxPort} (JMX) stays in use`);
      await sleep(50);
    }
  }

  /** Stops it from running without ending it: its connections stay open and silent. */
  pause() {
    this.#signal("SIGSTOP");
  }

  resume() {
    this.#signal("SIGCONT");
  }

  /**
   * @param {...string} args
   * @returns {Promise<string>} what it printed
   * @throws {Error} when it failed
   */
  async nodetool(...args) {
    const command = nodetoolArgs({ ...this.state, jars: this.programs.jars }, args);
    const { code, output } = await run(this.programs.java, command, {
      timeoutMs: nodetoolTimeoutMs,
    });
    if (code !== 0) throw new Error(`${output.trimEnd()}\nnodetool ${args[0]}: exit code ${code}`);
    return output;
  }

  /**
   * @param {() => Promise<unknown>} check tried until it passes
   * @throws {Error} when the node ends or time is up, with the end of its log
   */
  async waitUntil(check) {
    const endMs = performance.now() + readyTimeoutMs;
    for (;;) {
      try {
        await check();
        return;
      } catch (error) {
        const last = error instanceof Error ? error.message : `${error}`;
        const what = `Cassandra node ${this.index}`;
        if (!this.isRunning()) throw startFailure(`${what} ended`, this.logFile);
        if (performance.now() > endMs) {
          throw startFailure(
            `${what} was not ready after ${readyTimeoutMs / 1000} s: ${last}`,
            this.logFile,
          );
        }
        await sleep(300);
      }
    }
  }

  /** @param {NodeJS.Signals} signal */
  #signal(signal) {
    if (this.state.process === null || !signalProcess(this.state.process, signal)) {
      throw new Error(`Cassandra node ${this.index} does not run`);
    }
  }
}
