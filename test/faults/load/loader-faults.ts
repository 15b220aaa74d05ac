import { setTimeout as sleep } from "node:timers/promises";
import { FaultCase, type FaultWorld } from "./fault-case.js";
import { load } from "./load-process.js";
import type { ScenarioLog } from "./scenario-log.js";

/** Of the Cassandra sink. */
const IN_FLIGHT_ROWS = 65_536;
/** A process needs about so long from its start to its first row. */
const SET_UP_MS = 3_000;
const KILL_DELAY_MS = 300;

/** The loader is killed, begun again by the same command, killed again. */
export async function loaderKilled(world: FaultWorld, log: ScenarioLog): Promise<void> {
  const one = new FaultCase(world, log);
  await killInSetUp(world, log, one);
  const resent = await killInLoad(world, log, one);
  log.holds(
    `rows sent again by a resume are 0 to ${IN_FLIGHT_ROWS}, the in-flight window`,
    resent.every((rows) => rows >= 0 && rows <= IN_FLIGHT_ROWS),
  );
  await one.checkDone(await one.start("--rate", "off").end());
}

async function killInSetUp(world: FaultWorld, log: ScenarioLog, one: FaultCase): Promise<void> {
  const { setUpKills, slowRate } = world.sizes;
  for (let round = 1; round <= setUpKills; round += 1) {
    const process = one.start("--rate", String(slowRate));
    await sleep((round / setUpKills) * SET_UP_MS);
    await process.kill();
    log.did(`kill ${round} of the loader while it set up`);
  }
}

/** @returns of each kill, the rows in the table that are not behind the checkpoint */
async function killInLoad(world: FaultWorld, log: ScenarioLog, one: FaultCase): Promise<number[]> {
  const { loadKills, slowRate, killRate } = world.sizes;
  const resent: number[] = [];
  for (let round = 1; round <= loadKills; round += 1) {
    // Slowly up to its first rows, then faster, so that much is on the way.
    const process = one.start("--rate", String(slowRate));
    await process.untilLoaded(one.checkpointRows() + 1);
    await process.rate(killRate);
    await sleep(KILL_DELAY_MS);
    await process.kill();
    const loaded = one.checkpointRows();
    // A coordinator may still have some of its last requests under way.
    await sleep(1_000);
    const found = await one.table.countRows();
    resent.push(found - loaded);
    const what = `kill ${round}: rows up to the checkpoint, and in the table beyond it`;
    log.figure(what, `${loaded}, ${found - loaded}`);
  }
  return resent;
}

/** Shifts what a process takes for now, which is all that its clock is used for. */
function clockShiftedBy(hours: number): readonly string[] {
  const module = `const now = Date.now; Date.now = () => now() + ${hours * 3_600_000};`;
  return ["--import", `data:text/javascript,${encodeURIComponent(module)}`];
}

/** Rows a second of a load that four others begin beside. */
const OUTLASTING_RATE = 500;

/** Loaders whose clocks are an hour off, beside one that is right and into a new target. */
export async function wrongClocks(world: FaultWorld, log: ScenarioLog): Promise<void> {
  const one = new FaultCase(world, log);
  const first = await one.startSlowly();
  // Not to be over before the others have tried.
  await first.rate(OUTLASTING_RATE);
  const before = await one.table.records();
  for (const hours of [-1, 1]) {
    const nodeOptions = clockShiftedBy(hours);
    const command = { ...one.command(), runDir: one.newRunDir(), nodeOptions };
    log.did(`a second loader into the same table, its clock shifted by ${hours} h`);
    one.checkEnd(await load(command), 3, "CLOCK_SKEW");
    log.equal("what the target records", await one.table.records(), before);
    const other = new FaultCase(world, log);
    log.did(`a loader into a keyspace that is not there, its clock shifted by ${hours} h`);
    other.checkEnd(await load({ ...other.command(), nodeOptions }), 3, "CLOCK_SKEW");
    log.equal("the keyspace was made", await other.table.hasKeyspace(), false);
  }
  await first.rate(null);
  await one.checkDone(await first.end());
}
