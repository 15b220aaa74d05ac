import { join } from "node:path";
import { afterAll, beforeAll, it } from "vitest";
import type { Layout } from "../../src/encoding/layout.js";
import {
  earthSource,
  loadByCommand,
  proveAndSabotage,
  scatteredLeaves,
} from "../support/proof-case.js";
import { describeOnCassandra } from "../support/servers.js";
import { tempFolder } from "../support/temp-folder.js";
import { clusterPlants } from "./cluster-plants.js";
import { type LoadKeyspace, openLoadKeyspace } from "./load-keyspace.js";

const folder = tempFolder();
const WITHIN_MS = 400_000;

describeOnCassandra("a million rows in Cassandra", (cassandra) => {
  const opened: LoadKeyspace[] = [];
  const embedded = join(folder, "earth.octree");
  let source = "";

  beforeAll(async () => {
    source = await earthSource(folder);
    await loadByCommand(source, `sqlite:${embedded}`, join(folder, "run-embedded"));
  }, WITHIN_MS);

  afterAll(async () => {
    for (const keyspace of opened) await keyspace.end();
  });

  it.each<Layout>(["node", "tile"])(
    "are proven in layout %s, and just those that are sabotaged are named",
    async (layout) => {
      const keyspace = await openLoadKeyspace(cassandra, layout);
      opened.push(keyspace);
      const runDir = join(folder, `run-${layout}`);
      const writeTimeUs = await loadByCommand(source, keyspace.url, runDir);
      const plants = clusterPlants(keyspace, writeTimeUs + 1n, scatteredLeaves(embedded));
      await proveAndSabotage(source, { to: keyspace.url, runDir, plants });
    },
    WITHIN_MS,
  );
});
