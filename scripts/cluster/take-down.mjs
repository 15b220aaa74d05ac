// The end of a cluster.
import { releaseNetwork } from "./networks.mjs";
import { signalProcess, waitUntilGone } from "./processes.mjs";
import { removeFolder } from "./state.mjs";

/** @typedef {import("./state.mjs").Cluster} Cluster */

const goneTimeoutMs = 30_000;

/**
 * Ends what the cluster started and nothing else, frees its addresses and removes its folder.
 * SIGKILL: the data go anyway, and a paused server heeds no other signal.
 *
 * @param {Cluster} cluster
 */
export async function takeDown(cluster) {
  cluster.isDown = true;
  const servers = serversOf(cluster);
  for (const { process } of servers) if (process !== null) signalProcess(process, "SIGKILL");
  for (const { process } of servers)
    if (process !== null) await waitUntilGone(process, goneTimeoutMs);
  releaseNetwork(cluster);
  removeFolder(cluster);
}

/** @param {Cluster} cluster */
export function serversOf({ state: { cassandra, redis } }) {
  return [...(cassandra?.nodes ?? []), ...(redis?.nodes ?? [])];
}
