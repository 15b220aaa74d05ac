// Starting one server of a cluster.
import { signalProcess, startProcess } from "./processes.mjs";

/**
 * @typedef {import("./state.mjs").Cluster} Cluster
 * @typedef {import("./state.mjs").ServerState} ServerState
 */

/**
 * Starts a server and keeps whose process it is. One that was being started while its cluster was
 * taken down is ended again: nobody else would know of it.
 *
 * @param {Cluster} cluster
 * @param {ServerState} server
 * @param {{program: string, args: readonly string[], logFile: string}} command
 * @throws {Error} when it cannot be started, or its cluster is gone
 */
export async function startServer(cluster, server, command) {
  if (!cluster.isDown) {
    const started = await startProcess({ ...command, cwd: server.folder });
    if (!cluster.isDown) {
      server.process = started;
      cluster.save();
      return;
    }
    signalProcess(started, "SIGKILL");
  }
  throw new Error(`the cluster in ${cluster.dir} was taken down`);
}
