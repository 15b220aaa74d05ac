import { FaultCase, type FaultWorld } from "./fault-case.js";
import { LiveWriter } from "./live-writer.js";
import { octoload } from "./octoload.js";
import type { ScenarioLog } from "./scenario-log.js";
import { compareCells, noDifferences } from "./stored-cells.js";

/** Every n-th row of the source is written live. */
const LIVE_SHARE = 40;

/** A service updates, inserts and deletes while rows are loaded, by a run that is killed once. */
export async function liveWrites(world: FaultWorld, log: ScenarioLog): Promise<void> {
  const one = new FaultCase(world, log);
  await octoload(["schema", "--to", one.url, "--apply"]);
  const status = await octoload(["migrate", "dual-write", "on", "--to", one.url, "--json"]);
  const t0Us = BigInt(String((JSON.parse(status) as { t0Us: unknown }).t0Us));
  log.did(`T0 was set to ${t0Us}`);
  const keys = [...world.cells.keys()].filter((_, i) => i % LIVE_SHARE === 0);
  const writer = new LiveWriter(one.table, keys, t0Us);
  writer.start();
  try {
    const killed = await one.startSlowly();
    await killed.kill();
    log.did("the loader was killed");
    const resumed = one.start();
    await resumed.untilLoaded(Math.ceil(world.rows / 2));
    await resumed.rate(null);
    const end = await resumed.end();
    one.checkEnd(end, 0);
    one.checkAccounts(end, { loaded: world.rows, rejected: 0 });
    log.did("the load is done");
  } finally {
    await writer.stop();
  }
  await checkLive(world, log, one, writer);
  const again = await one.start("--restart", "--rate", "off").end();
  one.checkEnd(again, 0);
  log.did("a second run has loaded everything again");
  await checkLive(world, log, one, writer);
}

/** Live rows as they were written last, deleted ones gone, all others as the run loaded them. */
async function checkLive(
  world: FaultWorld,
  log: ScenarioLog,
  one: FaultCase,
  { rows, updates, inserts, deletes }: LiveWriter,
): Promise<void> {
  log.figure("live updates, inserts, deletes", [updates, inserts, deletes].join(", "));
  const deleted = [...rows.values()].filter(({ cell }) => cell === null).length;
  log.holds(
    "each kind of live write was made",
    updates > 0 && inserts > 0 && deletes > 0 && deleted > 0,
  );
  const expected = new Map(world.cells);
  for (const [key, { cell }] of rows) {
    if (cell === null) expected.delete(key);
    else expected.set(key, cell);
  }
  const { cells, writeTimes } = await one.table.read();
  log.equal(
    `rows that differ of ${expected.size}, ${rows.size} of them live, ${deleted} deleted`,
    compareCells(expected, cells),
    noDifferences,
  );
  const runUs = one.writeTimeUs();
  const wrong = [...writeTimes].filter(([key, timeUs]) => {
    return timeUs !== (rows.get(key)?.writeTimeUs ?? runUs);
  });
  log.equal("rows with another write time than their writer's", wrong.length, 0);
}
