import { OctoloadError } from "../../errors/octoload-error.js";
import type { StoredCell } from "../../target/row-reader.js";
import { areSame, openEnvelope } from "../row-differences.js";
import { forEachAtOnce } from "./at-once.js";
import { type CheckContext, READS_AT_ONCE, readCell } from "./check-context.js";
import type { CheckDraft } from "./check-draft.js";
import { type SourceRow, sourceRows } from "./source-rows.js";
import type { Suspects } from "./suspects.js";

export const DEFAULT_INTEGRITY_ROWS = 10_000;

const compared = ["id", "materialId", "level"] as const;

/**
 * Whether each row of a sample is in the target, at the cell that its coordinates say, with its Id,
 * material and level. The source is asked by SQL, row by row, and nothing of a load's reading,
 * sorting and encoding is used.
 *
 * @throws OctoloadError SOURCE_*, VALIDATION_INTERRUPTED; CheckBrokenOff
 */
export async function checkIntegrity(
  context: CheckContext,
  draft: CheckDraft,
  suspects: Suspects,
): Promise<void> {
  const { source, options, plan, target, meter, rows: reader } = context;
  const wanted = options.integrityRows ?? DEFAULT_INTEGRITY_ROWS;
  const addresses = await source.sample(wanted, plan.seed);
  const { frame } = target;
  const { coerceText } = plan.settings;
  meter.enter("integrity", addresses.length);
  let withoutCell = 0;
  for await (const rows of sourceRows(source, addresses, { frame, coerceText })) {
    await forEachAtOnce(rows, READS_AT_ONCE, async (row) => {
      if (row.key === undefined || row.key.level > reader.maxLevel) {
        withoutCell += 1;
        return;
      }
      const read = await readCell(context, draft, row.key);
      if (read.kind === "unread") return;
      draft.checked += 1;
      const isAsIs = read.kind === "there" && isOneToOne(context, row, read.cell);
      if (!isAsIs) suspects.addRow("integrity", row);
    });
    meter.rows(draft.checked);
  }
  if (withoutCell > 0) {
    draft.notes.push(
      `${withoutCell} rows of the sample have no cell in the target: no load takes them`,
    );
  }
  if (draft.checked === 0 && addresses.length > 0) draft.isUnfinished = true;
}

function isOneToOne({ target }: CheckContext, row: SourceRow, cell: StoredCell): boolean {
  const { key, of, values } = row;
  if (key === undefined || cell.envelope === null) return false;
  const opened = openEnvelope(key, cell.envelope, cell.materialId, target.frame);
  if (opened instanceof OctoloadError) return false;
  return compared.every((column) => {
    const name = of.columnNames[column];
    return name === null || areSame(opened.values[column], values.get(name));
  });
}
