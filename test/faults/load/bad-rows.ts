import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { deadLettersOf, nodeTable } from "../../support/run-samples.js";
import { writeTable } from "../../support/source-tables.js";
import { FaultCase, type FaultWorld } from "./fault-case.js";
import { load } from "./load-process.js";
import type { ScenarioLog } from "./scenario-log.js";
import { compareCells, embeddedCells } from "./stored-cells.js";

const ROWS = 3_000;
const LARGE_ROW = 150;
const DEEP_ROW = 17;
/** With its row around it, above the server's limit, which is half a segment of its commit log. */
const LARGE_BYTES = 16 * 2 ** 20 - 64;

/** One row is above the server's mutation limit, one of a level that layout node does not have. */
export async function unfitRows(world: FaultWorld, log: ScenarioLog): Promise<void> {
  const source = join(world.folder, "unfit.db");
  const changes = {
    [DEEP_ROW]: { Level: 22n },
    [LARGE_ROW]: { Metadata: randomBytes(LARGE_BYTES) },
  };
  writeTable(source, nodeTable(ROWS, changes));
  const embedded = join(world.folder, "unfit.octree");
  const runDir = join(world.folder, "unfit-run");
  await load({ source, to: `sqlite:${embedded}`, runDir });
  const one = new FaultCase(world, log);
  const end = await load({ ...one.command(), source });
  log.did("the load is done");
  one.checkEnd(end, 1);
  one.checkAccounts(end, { loaded: ROWS - 2, rejected: 2 });
  const letters = deadLettersOf(one.runDir).map(({ rowid, code }) => `${rowid} ${code}`);
  const expected = [`${DEEP_ROW + 1} LEVEL_TOO_DEEP`, `${LARGE_ROW + 1} TOO_LARGE`];
  log.equal("dead letters", letters, expected);
  // The embedded target has no such limit: it has the large row.
  const { cells } = await one.table.read();
  const { missing, extra, different } = compareCells(embeddedCells(embedded), cells);
  log.equal(
    "rows that differ from the embedded target's",
    { missing, extra, different },
    {
      ...{ missing: 1, extra: 0, different: 0 },
    },
  );
}
