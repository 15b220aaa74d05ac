import { unfitRows } from "./bad-rows.js";
import type { FaultWorld } from "./fault-case.js";
import { liveWrites } from "./live-faults.js";
import { killLoads } from "./load-process.js";
import { loaderKilled, wrongClocks } from "./loader-faults.js";
import {
  allNodesDown,
  nodeFrozen,
  nodeKilled,
  stoppedInOutage,
  twoNodesDown,
} from "./node-faults.js";
import type { ScenarioLog } from "./scenario-log.js";
import { columnDropped, tableAltered, tableDropped } from "./table-faults.js";
import { validatedWhileKilled } from "./validate-faults.js";

export interface Scenario {
  readonly name: string;
  /** One line for people. */
  readonly what: string;
  /** Whether it is part of `npm test`, in small. */
  readonly isShort: boolean;
  readonly run: (world: FaultWorld, log: ScenarioLog) => Promise<void>;
}

/** On three nodes, each row on all of them, LOCAL_QUORUM. */
export const scenarios: readonly Scenario[] = [
  {
    name: "node-killed",
    what: "a node is killed during a load and comes back",
    isShort: true,
    run: nodeKilled,
  },
  {
    name: "two-nodes-down",
    what: "two nodes are down: the load waits, and goes on by itself",
    isShort: false,
    run: twoNodesDown,
  },
  {
    name: "all-nodes-down",
    what: "all nodes are down past --outage-timeout; then the load is resumed",
    isShort: true,
    run: allNodesDown,
  },
  {
    name: "stopped-in-outage",
    what: "no node answers, and the load is told to end",
    isShort: true,
    run: stoppedInOutage,
  },
  { name: "node-frozen", what: "a node is stopped for a while", isShort: true, run: nodeFrozen },
  {
    name: "loader-killed",
    what: "the loader is killed again and again",
    isShort: true,
    run: loaderKilled,
  },
  {
    name: "live-writes",
    what: "a service updates, inserts and deletes during a load, T0 set",
    isShort: true,
    run: liveWrites,
  },
  {
    name: "wrong-clocks",
    what: "a second loader whose clock is an hour behind, and one an hour ahead",
    isShort: false,
    run: wrongClocks,
  },
  {
    name: "table-altered",
    what: "a column is renamed during a load, and back",
    isShort: true,
    run: tableAltered,
  },
  {
    name: "table-dropped",
    what: "the table is dropped during a load, and made again",
    isShort: true,
    run: tableDropped,
  },
  {
    name: "column-dropped",
    what: "a column is dropped during a load, and added again",
    isShort: false,
    run: columnDropped,
  },
  {
    name: "unfit-rows",
    what: "a row above the server's mutation limit, one of level 22",
    isShort: false,
    run: unfitRows,
  },
  {
    name: "validated-while-killed",
    what: "one node and then another is killed during a validation",
    isShort: true,
    run: validatedWhileKilled,
  },
];

/** Runs a scenario; afterwards, whatever came of it, all nodes are up and no load is left. */
export async function runScenario(
  { run }: Scenario,
  world: FaultWorld,
  log: ScenarioLog,
): Promise<void> {
  try {
    await run(world, log);
  } finally {
    killLoads();
    const { servers } = world;
    await Promise.all(servers.nodes.map((node) => (node.isRunning() ? undefined : node.start())));
    await servers.waitUntilWhole();
  }
}
