import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CassandraServers, startCassandra } from "../../scripts/cluster/cassandra.mjs";
import { generate } from "../../src/generate/generate.js";
import { describeWithPrograms } from "../support/servers.js";
import { tempFolder } from "../support/temp-folder.js";
import { durableNodes } from "./load/durable-nodes.js";
import { type FaultWorld, makeWorld, shortSizes } from "./load/fault-case.js";
import { ScenarioLog } from "./load/scenario-log.js";
import { runScenario, scenarios } from "./load/scenarios.js";

const ROWS = 24_000;

// All of them, with more rows and longer faults, are `npm run fault-test`.
describeWithPrograms(["java", "mvn"], "a whole load into three nodes, while", () => {
  const folder = tempFolder();
  let servers: CassandraServers;
  let world: FaultWorld;

  beforeAll(async () => {
    const source = join(folder, "earth.gpkg");
    await generate({ path: source, nodes: ROWS, seed: 11, order: "shuffled" });
    servers = await startCassandra({ nodes: 3, isShortLived: true, yaml: durableNodes });
    world = await makeWorld(servers, folder, source, shortSizes);
  }, 480_000);

  afterAll(async () => {
    await servers?.stop();
  }, 60_000);

  for (const scenario of scenarios.filter(({ isShort }) => isShort)) {
    it(scenario.what, async () => {
      const lines: string[] = [];
      const log = new ScenarioLog((line) => lines.push(line));
      try {
        await runScenario(scenario, world, log);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        throw new Error(`${message}\n${lines.join("\n")}`, { cause: error });
      }
      expect(log.checks).not.toEqual([]);
      expect(log.checks.filter(({ isGood }) => !isGood)).toEqual([]);
    }, 480_000);
  }
});
