import { setTimeout as sleep } from "node:timers/promises";
import { FaultCase, type FaultWorld } from "./fault-case.js";
import type { ScenarioLog } from "./scenario-log.js";

/** Longer than a node takes to start. */
const LONG_SECONDS = 600;

/** A node is killed while rows are on their way to it, and comes back before the load ends. */
export async function nodeKilled(world: FaultWorld, log: ScenarioLog): Promise<void> {
  const { servers } = world;
  const one = new FaultCase(world, log);
  const load = await one.startSlowly();
  await servers.node(3).kill("SIGKILL");
  log.did("node 3 was killed with SIGKILL");
  await load.untilSaid(/^node \S+ is down$/);
  log.did("the load said that a node is down");
  await load.untilLoaded(load.loadedRows + 1);
  log.did("more rows were loaded");
  // So that it has not ended when the node is back.
  await load.rate(Math.ceil(world.rows / LONG_SECONDS));
  await servers.node(3).start();
  log.did("node 3 answers again");
  await load.untilSaid(/^node \S+ is up again/);
  log.did("the load said that it is up again");
  await load.rate(null);
  await one.checkDone(await load.end());
}

/** With two of three nodes down no row has its quorum. */
export async function twoNodesDown(world: FaultWorld, log: ScenarioLog): Promise<void> {
  const { servers } = world;
  const one = new FaultCase(world, log);
  const load = await one.startSlowly();
  const down = [servers.node(2), servers.node(3)];
  await Promise.all(down.map((node) => node.kill("SIGKILL")));
  log.did("nodes 2 and 3 were killed with SIGKILL");
  await load.untilSaid(/^too few replicas are up, waiting for/);
  log.did("the load said that it waits");
  await load.until("progress names the reason", (event) => {
    return event.event === "progress" && event.sinks[0]?.limit === "too few replicas up";
  });
  await sleep(2_000);
  const before = load.loadedRows;
  await sleep(world.sizes.freezeSeconds * 1_000);
  log.equal("rows loaded while it waited", load.loadedRows - before, 0);
  await Promise.all(down.map((node) => node.start()));
  log.did("both answer again");
  await load.untilSaid(/^going on after/);
  log.did("the load said that it goes on");
  await load.rate(null);
  await one.checkDone(await load.end());
}

/** All nodes are down for longer than the load was told to wait. */
export async function allNodesDown(world: FaultWorld, log: ScenarioLog): Promise<void> {
  const { servers, sizes } = world;
  const one = new FaultCase(world, log);
  const load = await one.startSlowly("--outage-timeout", String(sizes.outageSeconds));
  await Promise.all(servers.nodes.map((node) => node.kill("SIGKILL")));
  log.did("all three nodes were killed with SIGKILL");
  await load.until("it gave up", ({ event }) => event === "finished");
  log.did("the load gave up");
  const end = await load.end();
  log.did("its process ended");
  one.checkEnd(end, 5, "CASSANDRA_OUTAGE");
  const loaded = one.checkpointRows();
  log.holds(`its checkpoint is kept: ${loaded} rows`, loaded > 0 && loaded < world.rows);
  await Promise.all(servers.nodes.map((node) => node.start()));
  await servers.waitUntilWhole();
  log.did("all nodes answer again");
  const resumed = one.start("--rate", "off");
  await one.checkDone(await resumed.end());
}

/** Nobody answers, and the load is told to end: that does not have to wait for the cluster. */
export async function stoppedInOutage(world: FaultWorld, log: ScenarioLog): Promise<void> {
  const { nodes } = world.servers;
  const one = new FaultCase(world, log);
  const load = await one.startSlowly();
  for (const node of nodes) node.pause();
  log.did("all three nodes were stopped with SIGSTOP");
  try {
    // So that rows are on their way.
    await sleep(2_000);
    const startMs = performance.now();
    load.interrupt();
    one.checkEnd(await load.end(), 4);
    log.figure("seconds from SIGINT to its end", ((performance.now() - startMs) / 1000).toFixed(1));
  } finally {
    for (const node of nodes) node.resume();
  }
  const loaded = one.checkpointRows();
  log.holds(`its checkpoint is kept: ${loaded} rows`, loaded > 0 && loaded < world.rows);
  await one.checkDone(await one.start("--rate", "off").end());
}

/** A node's connections stay open, and it answers nothing. */
export async function nodeFrozen(world: FaultWorld, log: ScenarioLog): Promise<void> {
  const { servers, sizes } = world;
  const one = new FaultCase(world, log);
  const load = await one.startSlowly();
  const node = servers.node(2);
  node.pause();
  log.did("node 2 was stopped with SIGSTOP");
  const before = load.loadedRows;
  try {
    await sleep(sizes.freezeSeconds * 1_000);
  } finally {
    node.resume();
  }
  log.did("node 2 runs again");
  log.figure("rows loaded while it was stopped", load.loadedRows - before);
  await sleep(2_000);
  await load.rate(null);
  await one.checkDone(await load.end());
}
