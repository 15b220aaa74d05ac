import { FaultCase, type FaultWorld } from "./fault-case.js";
import { octoload } from "./octoload.js";
import type { ScenarioLog } from "./scenario-log.js";

/** Changes the table under a load, which has to end with its checkpoint kept. */
async function endBy(
  world: FaultWorld,
  log: ScenarioLog,
  statements: readonly string[],
): Promise<FaultCase> {
  const one = new FaultCase(world, log);
  const load = await one.startSlowly();
  for (const statement of statements) {
    await one.table.execute(statement);
    log.did(statement);
  }
  one.checkEnd(await load.end(), 5, "CASSANDRA_SCHEMA_LOST");
  const loaded = one.checkpointRows();
  log.holds(`its checkpoint is kept: ${loaded} rows`, loaded > 0 && loaded < world.rows);
  return one;
}

/** What is not there any more is not counted as loaded: the run says what to do instead. */
async function checkStartsOver(log: ScenarioLog, one: FaultCase): Promise<void> {
  const refused = await one.start().end();
  one.checkEnd(refused, 3, "RUN_OTHER");
  log.holds("it says what to do", refused.error?.remedy.includes("--restart") === true);
  await one.checkDone(await one.start("--restart", "--rate", "off").end());
}

/** A key column has another name for a while: no row is lost by that. */
export async function tableAltered(world: FaultWorld, log: ScenarioLog): Promise<void> {
  const rename = "ALTER TABLE {ks}.octree_nodes RENAME level TO depth";
  const one = await endBy(world, log, [rename]);
  one.checkEnd(await one.start().end(), 3, "TARGET_SCHEMA");
  await one.table.execute("ALTER TABLE {ks}.octree_nodes RENAME depth TO level");
  log.did("the column has its name again");
  await one.checkDone(await one.start("--rate", "off").end());
}

/** The rows that were loaded are gone with the table. */
export async function tableDropped(world: FaultWorld, log: ScenarioLog): Promise<void> {
  const one = await endBy(world, log, ["DROP TABLE {ks}.octree_nodes"]);
  one.checkEnd(await one.start().end(), 3, "TARGET_MISSING");
  await octoload(["schema", "--to", one.url, "--apply"]);
  log.did("an empty table was made in its place");
  await checkStartsOver(log, one);
}

/** Cassandra hides a column's older values for good, also those that are written later. */
export async function columnDropped(world: FaultWorld, log: ScenarioLog): Promise<void> {
  const one = await endBy(world, log, ["ALTER TABLE {ks}.octree_nodes DROP material_id"]);
  await one.table.execute("ALTER TABLE {ks}.octree_nodes ADD material_id int");
  log.did("the column was added again");
  await checkStartsOver(log, one);
}
