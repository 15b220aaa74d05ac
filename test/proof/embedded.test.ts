import { join } from "node:path";
import { it } from "vitest";
import { embeddedPlants } from "../support/embedded-plants.js";
import {
  earthSource,
  loadByCommand,
  proveAndSabotage,
  scatteredLeaves,
} from "../support/proof-case.js";
import { tempFolder } from "../support/temp-folder.js";

const folder = tempFolder();

it("proves a million rows in an embedded target, and names just those that are sabotaged", async () => {
  const source = await earthSource(folder);
  const path = join(folder, "earth.octree");
  const [to, runDir] = [`sqlite:${path}`, join(folder, "run")];
  await loadByCommand(source, to, runDir);
  const plants = embeddedPlants(path, "node", scatteredLeaves(path));
  await proveAndSabotage(source, { to, runDir, plants });
}, 300_000);
