import { join } from "node:path";
import { SortedRun } from "../load/sorted-run.js";
import { type BegunRun, SPILL_FOLDER } from "./begin-run.js";
import { identityOf } from "./describe-run.js";
import { cursorsAtOnce, requireRoom, sortOrdersOf } from "./disk-room.js";
import type { RunParts } from "./set-up.js";

/**
 * The run's sorted rows, or the place where they will be.
 *
 * @throws OctoloadError RUN_*, SPILL_*, also where the disk has no room for them
 */
export async function openSortedRun(
  begun: BegunRun,
  { run, sinks, redriveRows }: RunParts,
): Promise<SortedRun> {
  const { settings, runDir } = begun;
  await requireRoom(begun, run, sinks);
  return SortedRun.open({
    folder: join(runDir, SPILL_FOLDER),
    identity: identityOf(run),
    memoryBytes: settings.memoryBytes,
    orders: sortOrdersOf(settings, sinks),
    cursors: cursorsAtOnce(run, sinks),
    frame: settings.frame,
    coerceText: settings.coerceText,
    minLevel: settings.levels.min,
    maxLevel: settings.levels.max,
    limit: settings.limit ?? Number.MAX_SAFE_INTEGER,
    selection: redriveRows?.selection,
  });
}
