import { MAX_CODE_LEVEL } from "../encoding/level.js";
import { errorEntry } from "../errors/codes.js";
import type { OctoloadError } from "../errors/octoload-error.js";
import { allowedErrors, type LoadSettings } from "../load/load-settings.js";
import { cassandraLines } from "./cassandra-lines.js";
import { type CheckLine, lineMaker, type MakeLine } from "./lines.js";
import { type Plan, rejectedRows, type TargetPlan } from "./plan.js";
import { loadText } from "./plan-lines.js";
import type { SourceFacts } from "./source-facts.js";
import type { TargetFindings } from "./target-findings.js";
import { bytesText, rowsText } from "./words.js";

export interface TargetContext {
  readonly source: SourceFacts;
  readonly plan: Plan;
  readonly settings: Pick<LoadSettings, "maxErrors">;
}

/** What a load would stop at before it writes anything. */
export function refusalLines(url: string, refusals: readonly OctoloadError[]): CheckLine[] {
  const line = lineMaker("target", url);
  return refusals.map(({ code, fault, remedy }) =>
    line("agreement", "no-go", fault, { code, remedy }),
  );
}

/** What a target's findings mean for a load of this source. */
export function targetLines(findings: TargetFindings, context: TargetContext): CheckLine[] {
  const line = lineMaker("target", findings.url);
  const refused = refusalLines(findings.url, findings.refusals);
  const planned = context.plan.targets.find(({ url }) => url === findings.url);
  if (planned === undefined) return refused;
  return [
    ...(refused.length > 0 ? refused : [agreementLine(findings, context, line)]),
    ...layoutLines(findings, planned, context, line),
    ...(findings.kind === "null" ? [] : [loadLine(findings, planned, line)]),
    ...embeddedLines(findings, planned, line),
    ...(findings.cassandra === null
      ? []
      : cassandraLines(findings.cassandra, { ...context, planned, line })),
  ];
}

function agreementLine(
  { sources, lastRun }: TargetFindings,
  { source }: TargetContext,
  line: MakeLine,
): CheckLine {
  if (sources.length === 0) return line("existing data", "go", "no source is recorded yet");
  const names = sources.join(", ");
  const others = sources.filter((name) => name !== source.name);
  const run = lastRun === null ? "" : `, the last run ${lastRun.runId}`;
  if (!sources.includes(source.name)) {
    return line("existing data", "go", `holds ${names}${run}; this source lies apart and is added`);
  }
  const beside = others.length === 0 ? "" : `, beside ${others.join(", ")}`;
  const finding = `holds ${source.name}${beside}${run}: its rows are replaced, none is deleted`;
  const remedy = "Rows that the source does not have any more stay unless --prune is given.";
  return line("existing data", "warning", finding, { remedy });
}

function layoutLines(
  { layout, isLayoutSettled }: TargetFindings,
  { rows }: TargetPlan,
  { plan, source, settings }: TargetContext,
  line: MakeLine,
): CheckLine[] {
  const { tooDeep } = plan.layouts[layout];
  const { choice } = plan;
  if (tooDeep > 0) {
    const rejected = rejectedRows(source) + tooDeep;
    const isOver = rejected > allowedErrors(settings.maxErrors, source.rows);
    const finding = `${rowsText(tooDeep)} below level ${MAX_CODE_LEVEL} have no room in layout ${layout}`;
    const { remedy } = errorEntry("LEVEL_TOO_DEEP");
    return [
      line("layout", isOver ? "no-go" : "warning", finding, { code: "LEVEL_TOO_DEEP", remedy }),
    ];
  }
  if (layout === choice.layout) return [line("layout", "go", `${layout}, for ${rowsText(rows)}`)];
  const settled = isLayoutSettled ? "is settled" : "is the default";
  const remedy = isLayoutSettled
    ? "Another layout needs another keyspace or file."
    : `Add ?layout=${choice.layout} to the target's URL before anything is loaded.`;
  const finding = `${layout} ${settled}, ${choice.layout} would fit better: ${choice.why}`;
  return [line("layout", "warning", finding, { remedy })];
}

function loadLine({ probe }: TargetFindings, planned: TargetPlan, line: MakeLine): CheckLine {
  if (probe === null) return line("load", "go", `${loadText(planned)} (--probe measures it)`);
  if (probe.left === null) return line("load", "go", loadText(planned));
  const finding = `${loadText(planned)}; the probe left ${probe.left}`;
  return line("load", "warning", finding, { remedy: "Remove it when you like." });
}

function embeddedLines(
  { embedded }: TargetFindings,
  { bytesANode }: TargetPlan,
  line: MakeLine,
): CheckLine[] {
  if (embedded === null) return [];
  const { folder, freeBytes } = embedded;
  const finding = `about ${bytesText(bytesANode)} in ${folder}, ${bytesText(freeBytes)} are free`;
  if (bytesANode <= freeBytes) return [line("disk", "go", finding)];
  const remedy = "Put the target on a larger disk.";
  return [line("disk", "no-go", finding, { code: "TARGET_FULL", remedy })];
}
