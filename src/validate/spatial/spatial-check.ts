import type { CheckContext } from "../checks/check-context.js";
import type { CheckDraft } from "../checks/check-draft.js";
import { type SourceRow, sourceRows } from "../checks/source-rows.js";
import type { Suspects } from "../checks/suspects.js";
import { BoxCheck } from "./box-check.js";
import { ChildrenCheck } from "./children-check.js";
import { visitSourceCells } from "./source-cells.js";
import { WantedCells } from "./wanted-cells.js";

const FAMILIES = 250;
const BOXES = 20;

/**
 * Whether the target's index is right: masks and children, and box queries beside a scan of the
 * source. The source is read once, row by row.
 *
 * @returns what is still to be done once the doubts are settled
 * @throws OctoloadError SOURCE_*, VALIDATION_INTERRUPTED; CheckBrokenOff
 */
export async function checkSpatial(
  context: CheckContext,
  draft: CheckDraft,
  suspects: Suspects,
): Promise<BoxCheck> {
  const { source, plan, target, rows, meter, signal } = context;
  const { coerceText } = plan.settings;
  const options = { frame: target.frame, coerceText };
  const chosen: SourceRow[] = [];
  // Another seed than the sample's, to look at other rows.
  const addresses = await source.sample(FAMILIES, plan.seed + 1);
  for await (const some of sourceRows(source, addresses, options)) {
    chosen.push(...some.filter(({ key }) => key !== undefined && key.level <= rows.maxLevel));
  }
  const families = new ChildrenCheck(context, draft);
  const boxes = new BoxCheck(context, draft);
  meter.enter("spatial", await source.count());
  await families.read(chosen.flatMap(({ key }) => key ?? []));
  const apart = Math.max(1, Math.floor(chosen.length / BOXES));
  await boxes.read(chosen.filter((_, i) => i % apart === 0).slice(0, BOXES));
  const wanted = new WantedCells();
  families.want(wanted);
  await visitSourceCells(
    source,
    {
      ...options,
      onRows: (count) => {
        signal.throwIfAborted();
        meter.rows(count);
      },
    },
    (row, level, ix, iy, iz) => {
      wanted.see(row, level, ix, iy, iz);
      boxes.see(row, level, ix, iy, iz);
    },
  );
  families.judge(wanted, suspects);
  boxes.judge(suspects);
  if (chosen.length === 0 && addresses.length > 0) draft.isUnfinished = true;
  return boxes;
}
