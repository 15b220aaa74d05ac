// One Redis server and what tests do to it.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../lib/run.mjs";
import { authorityFile } from "./certificates.mjs";
import { isRunning, signalProcess, waitUntilGone } from "./processes.mjs";
import { startFailure } from "./start-failure.mjs";
import { startServer } from "./start-server.mjs";

/**
 * @typedef {import("./state.mjs").Cluster} Cluster
 * @typedef {import("./state.mjs").RedisState} RedisState
 * @typedef {import("./state.mjs").Credentials} Credentials
 */

const readyTimeoutMs = 30_000;
const goneTimeoutMs = 30_000;
const commandTimeoutMs = 10_000;

export class RedisNode {
  /**
   * @param {Cluster} cluster
   * @param {RedisState} redis
   * @param {number} index from 1
   */
  constructor(cluster, redis, index) {
    const state = redis.nodes[index - 1];
    if (state === undefined) throw new Error(`there is no Redis server ${index}`);
    this.cluster = cluster;
    this.redis = redis;
    this.index = index;
    this.state = state;
  }

  get logFile() {
    return join(this.state.folder, "redis.log");
  }

  isRunning() {
    return this.state.process !== null && isRunning(this.state.process);
  }

  /** Starts the server and waits until it answers. It keeps no data over a restart. */
  async start() {
    if (this.isRunning()) throw new Error(`Redis server ${this.index} runs already`);
    const { folder } = this.state;
    await startServer(this.cluster, this.state, {
      program: "redis-server",
      args: [join(folder, "redis.conf")],
      logFile: this.logFile,
    });
    await this.waitUntil(async () => (await this.command("PING")) === "PONG");
  }

  /**
   * Ends the server and waits until it is gone.
   *
   * @param {NodeJS.Signals} [signal]
   */
  async kill(signal = "SIGKILL") {
    const { process } = this.state;
    if (process === null) return;
    if (signalProcess(process, signal)) await waitUntilGone(process, goneTimeoutMs);
    this.state.process = null;
    this.cluster.save();
  }

  /** Stops it from running without ending it: its connections stay open and silent. */
  pause() {
    this.#signal("SIGSTOP");
  }

  resume() {
    this.#signal("SIGCONT");
  }

  /**
   * Runs one command by redis-cli, as the administrator where there is one.
   *
   * @param {...string} args
   * @returns {Promise<string>} the reply as text
   * @throws {Error} with Redis's own words when it is refused
   */
  async command(...args) {
    return redisCommand(this.redis, this.index, this.redis.admin, args);
  }

  /**
   * @param {() => Promise<boolean>} check tried until it says yes
   * @throws {Error} when the server ends or time is up, with the end of its log
   */
  async waitUntil(check) {
    const endMs = performance.now() + readyTimeoutMs;
    for (;;) {
      const last = await check().catch((error) => error);
      if (last === true) return;
      const what = `Redis server ${this.index}`;
      if (!this.isRunning()) throw startFailure(`${what} ended`, this.logFile);
      if (performance.now() > endMs) {
        const why = last instanceof Error ? `: ${last.message}` : "";
        throw startFailure(
          `${what} was not ready after ${readyTimeoutMs / 1000} s${why}`,
          this.logFile,
        );
      }
      await sleep(50);
    }
  }

  /** @param {NodeJS.Signals} signal */
  #signal(signal) {
    if (this.state.process === null || !signalProcess(this.state.process, signal)) {
      throw new Error(`Redis server ${this.index} does not run`);
    }
  }
}

/**
 * @param {RedisState} redis
 * @param {number} index from 1
 * @param {Credentials | null} credentials
 * @param {readonly string[]} args
 * @param {{insecure?: boolean}} [options] insecure: whatever certificate the server presents
 * @returns {Promise<string>}
 */
export async function redisCommand(redis, index, credentials, args, { insecure = false } = {}) {
  const node = redis.nodes[index - 1];
  if (node === undefined) throw new Error(`there is no Redis server ${index}`);
  const options = ["-h", node.address, "-p", `${node.port}`, "-e"];
  if (credentials !== null) options.push("--user", credentials.username);
  if (redis.certificates !== null) {
    options.push("--tls", ...(insecure ? ["--insecure"] : trust(redis.certificates)));
  }
  const env = credentials === null ? {} : { REDISCLI_AUTH: credentials.password };
  const { code, output } = await run("redis-cli", [...options, ...args], {
    env,
    timeoutMs: commandTimeoutMs,
  });
  if (code !== 0) throw new Error(`redis-cli ${args[0]}: ${output.trim()} (exit code ${code})`);
  return output.trim();
}

/** @param {string} certificates */
function trust(certificates) {
  return ["--cacert", authorityFile(certificates)];
}
