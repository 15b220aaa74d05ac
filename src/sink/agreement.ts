import { framesEqual } from "../encoding/frame.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import { columnsEqual } from "./column-sets.js";
import type { Layout, LoadFacts } from "./sink.js";
import type { TargetMeta } from "./target-meta.js";

/**
 * Refuses a load that does not fit what its target records.
 *
 * @throws OctoloadError TARGET_LAYOUT, TARGET_FRAME, TARGET_SOURCE, TARGET_COLUMNS
 */
export function requireAgreement(
  path: string,
  meta: TargetMeta,
  layout: Layout,
  facts: LoadFacts,
): void {
  requireLayout(path, meta.layout, layout);
  requireFrame(path, meta, facts);
  requireSource(path, meta, facts);
  requireColumnSets(path, meta, facts);
}

/** @throws OctoloadError TARGET_LAYOUT */
export function requireLayout(path: string, recorded: Layout, wanted: Layout): void {
  if (recorded === wanted) return;
  throw new OctoloadError(
    "TARGET_LAYOUT",
    `${path} was made with layout ${recorded}, not ${wanted}`,
  );
}

/** @throws OctoloadError TARGET_FRAME */
export function requireFrame(
  path: string,
  { frame }: Pick<TargetMeta, "frame">,
  wanted: Pick<LoadFacts, "frame">,
): void {
  if (framesEqual(frame, wanted.frame)) return;
  throw new OctoloadError(
    "TARGET_FRAME",
    `${path} was made in the frame ${JSON.stringify(frame)}, not in ${JSON.stringify(wanted.frame)}`,
  );
}

function requireSource(path: string, { sources }: TargetMeta, facts: LoadFacts): void {
  if (facts.addSource || sources.length === 0) return;
  if (sources.some(({ name }) => name === facts.sourceName)) return;
  const names = sources.map(({ name }) => describeValue(name)).join(", ");
  throw new OctoloadError(
    "TARGET_SOURCE",
    `${path} holds the rows of ${names}, not of ${describeValue(facts.sourceName)}`,
  );
}

function requireColumnSets(path: string, { columnSets }: TargetMeta, facts: LoadFacts): void {
  for (const { number, columns } of facts.columnSets) {
    const known = columnSets.find((set) => set.number === number);
    if (known === undefined || columnsEqual(known.columns, columns)) continue;
    const names = known.columns.map(({ name }) => name).join(", ");
    throw new OctoloadError(
      "TARGET_COLUMNS",
      `${path} knows the unmapped columns of set ${number} as ${names}`,
    );
  }
}
