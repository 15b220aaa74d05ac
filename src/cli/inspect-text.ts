import type { InspectReport } from "../inspect/inspect-options.js";
import type { CheckLine, Verdict } from "../inspect/lines.js";
import { shortTargetUrl } from "../sink/target-path.js";
import { alignColumns } from "./output.js";
import { plainText } from "./progress-text.js";

export interface InspectionText {
  /** Examples of bad rows too. */
  readonly isVerbose: boolean;
}

const marks: Readonly<Record<Verdict, string>> = {
  go: "go",
  warning: "warning",
  "no-go": "NO-GO",
};

/** The findings as a table, then what to do about those that are not in order. */
export function renderInspection(report: InspectReport, { isVerbose }: InspectionText): string {
  const sections = sectionsOf(report.lines).map(([heading, lines]) => {
    const rows = lines.map((line) => [
      marks[line.verdict].padEnd(7),
      line.check,
      plainText(line.finding),
    ]);
    return `${heading}\n${alignColumns(rows)}`;
  });
  return [...sections, adviceText(report.lines, isVerbose), verdictText(report)]
    .filter((part) => part !== "")
    .join("\n");
}

/** In the order they come: source, plan, each target, the cache. */
function sectionsOf(lines: readonly CheckLine[]): [heading: string, lines: CheckLine[]][] {
  const sections = new Map<string, CheckLine[]>();
  for (const line of lines) {
    const heading = plainText(headingOf(line));
    const known = sections.get(heading) ?? [];
    sections.set(heading, known);
    known.push(line);
  }
  return [...sections];
}

function headingOf({ subject, target }: CheckLine): string {
  if (target === undefined) return subject;
  return `${subject} ${subject === "cache" ? target.split("?")[0] : shortTargetUrl(target)}`;
}

function adviceText(lines: readonly CheckLine[], isVerbose: boolean): string {
  const advised = lines.flatMap(({ verdict, check, code, remedy, examples = [] }) => {
    if (verdict === "go") return [];
    const name = code === undefined ? check : `${check} (${code})`;
    const first = remedy === undefined ? [] : [[name, plainText(remedy)]];
    const shown = isVerbose ? examples : examples.slice(0, 1);
    return [
      ...first,
      ...shown.map((example) => [remedy ? "" : name, `e.g. ${plainText(example)}`]),
    ];
  });
  return advised.length === 0 ? "" : `what to do\n${alignColumns(advised)}`;
}

function verdictText({ lines, verdict }: InspectReport): string {
  const count = (wanted: Verdict) => lines.filter((line) => line.verdict === wanted).length;
  const warnings = count("warning");
  const noGos = count("no-go");
  const parts = [
    ...(noGos === 0 ? [] : [`${noGos} against it`]),
    ...(warnings === 0 ? [] : [`${warnings} ${warnings === 1 ? "warning" : "warnings"}`]),
  ];
  const why = parts.length === 0 ? "" : `: ${parts.join(", ")}`;
  return `${verdict === "no-go" ? "NO-GO" : "GO"}${why}\n`;
}
