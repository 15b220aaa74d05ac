import { join } from "node:path";
import { shortTargetUrl } from "../sink/target-path.js";
import { FINDINGS_FILE } from "../validate/findings-file.js";
import type { CheckResult, Finding, ValidationResult } from "../validate/result.js";
import type { ValidationProgress } from "../validate/validate-options.js";
import { alignColumns, shortPath } from "./output.js";
import { formatCount, formatRows, plainText } from "./progress-text.js";
import { renderChecks } from "./validate-checks-text.js";

const SHOWN_FINDINGS = 20;

/** A line on stderr while a validation runs. */
export function progressLine({
  phase,
  rows,
  total,
  rowsPerSecond,
  found,
}: ValidationProgress): string {
  const of = total === null ? "" : ` of ${formatCount(total)}`;
  const share = total === null || total === 0 ? "" : `, ${Math.floor((100 * rows) / total)} %`;
  const differ = phase === "compare" && found > 0 ? `, ${formatCount(found)} differ so far` : "";
  return `validate: ${phase} ${formatCount(rows)}${of} rows${share}, ${formatCount(rowsPerSecond)} rows/s${differ}\n`;
}

/** What a validation found, and what can be done about it. */
export function renderValidation(result: ValidationResult): string {
  return [
    `${headline(result)}\n`,
    countsText(result),
    renderChecks(result.checks.filter(isFurther)),
    classesText(result),
    findingsText(result),
    notesText(result),
    uncheckedText(result),
    repairText(result),
    nextText(result),
  ].join("");
}

function headline(result: ValidationResult): string {
  const { exitCode, target, source, elapsedMs, rows } = result;
  // A sample does not say that every row is there.
  const holds = rows === null ? "agrees, where it was looked at, with what" : "holds what";
  const what = {
    0: holds,
    6: "differs from what",
    7: `answers too slowly; else it ${holds}`,
    8: "could not all be compared with what",
  }[exitCode];
  const seconds = (elapsedMs / 1000).toFixed(1);
  return `${plainText(shortTargetUrl(target))} ${what} ${plainText(source.name)} has (${seconds} s)`;
}

function countsText({ rows, checks, passedOver }: ValidationResult): string {
  if (rows === null) return "";
  const isCompared = checks.some(({ check }) => check === "rows");
  const lines: [string, number][] = [
    ["rows of the source", rows.source],
    ["rows of the target", rows.target],
    ...(isCompared ? [["equal", rows.equal] as [string, number]] : []),
    ...Object.entries(rows.rejected).map(([code, count]): [string, number] => [
      `rejected, ${code}`,
      count,
    ]),
    ["refused by the target when they were loaded", rows.refused],
    ["of the target, not this source's", rows.excused],
    ["differed, and did not when looked at again", rows.settled],
    ["not compared: as they were when last validated", passedOver?.rows ?? 0],
  ];
  const always = isCompared ? 3 : 2;
  const shown = lines.filter(([, count], i) => i < always || count > 0);
  return alignColumns(
    shown.map(([name, count]) => [`  ${name}`, formatCount(count)]),
    new Set([1]),
  );
}

function classesText({ checks }: ValidationResult): string {
  const all = checks.find(({ check }) => check === "rows");
  // The other checks' findings stand beside them.
  const counts = Object.entries(all?.findings ?? {});
  if (counts.length === 0) return "";
  const lines = counts.map(([name, count]) => [`  ${name}`, formatCount(count)]);
  return `Found:\n${alignColumns(lines, new Set([1]))}`;
}

function findingsText({ findings, validationDir }: ValidationResult): string {
  if (findings.length === 0) return "";
  const shown = findings.slice(0, SHOWN_FINDINGS);
  const lines = shown.map((finding) => [
    ...["", finding.class, String(finding.level), finding.code],
    ...[describeFinding(finding), rowOf(finding)],
  ]);
  const table = alignColumns(
    [["", "class", "level", "code", "what", "row"], ...lines],
    new Set([2, 3]),
  );
  const path = shortPath(join(validationDir, FINDINGS_FILE));
  return `${table}All of them: table findings of ${plainText(path)}\n`;
}

function describeFinding({ columns, sourceColumns, envelope, note }: Finding): string {
  const inside = [...sourceColumns, ...(envelope === null ? [] : [envelope])].join(", ");
  const names = columns.map((column) => {
    return column === "compressed_data" && inside !== "" ? `${column} (${inside})` : column;
  });
  const parts = [names.join(", "), note ?? ""].filter((part) => part !== "");
  return plainText(parts.join("; ")) || "-";
}

function rowOf({ source }: Finding): string {
  return source === null ? "-" : `${source.rowid} of ${plainText(shortPath(source.file))}`;
}

/** Of counts that are not beside a comparison of rows, which says more. */
function notesText({ checks }: ValidationResult): string {
  if (checks.some(({ check }) => check === "rows")) return "";
  const notes = checks.filter((check) => !isFurther(check)).flatMap((check) => check.notes);
  return notes.map((note) => `  ${plainText(note)}\n`).join("");
}

/** Beside the comparison and the count of all rows. */
function isFurther({ check }: CheckResult): boolean {
  return check !== "rows" && check !== "counts";
}

function uncheckedText({ unchecked }: ValidationResult): string {
  if (unchecked.length === 0) return "";
  const shown = unchecked.slice(0, SHOWN_FINDINGS);
  const lines = shown.map(({ range, message }) => `  ${range}: ${plainText(message)}\n`);
  const more = unchecked.length - shown.length;
  return `Not checked:\n${lines.join("")}${more > 0 ? `  and ${more} more\n` : ""}`;
}

function repairText({ repair }: ValidationResult): string {
  if (repair === null) return "";
  const { run, sent, repaired } = repair;
  if (run === null) return "Repair: there was nothing to send again.\n";
  const left = sent - repaired;
  const rest = left === 0 ? "" : `, ${formatRows(left)} still not`;
  return `Repair: the run ${run.runId} sent ${formatRows(sent)} again: ${formatCount(repaired)} as they should be${rest}\n`;
}

function nextText({ exitCode, checks, repair }: ValidationResult): string {
  if (exitCode === 8) return "Next: validate again when all of the target can be read.\n";
  if (exitCode !== 6) return "";
  if (!checks.some(({ check }) => check === "rows")) {
    return "Next: --full compares every row, and --full --repair sends those again that are wrong.\n";
  }
  const counts = (checks.find(({ check }) => check === "rows")?.findings ?? {}) as Record<
    string,
    number
  >;
  const { missing = 0, different = 0, extra = 0 } = counts;
  const isMendable = missing + different + (counts["derived-stale"] ?? 0) > 0;
  return [
    ...(isMendable && repair === null
      ? ["Next: the same command with --repair sends these rows again.\n"]
      : []),
    ...(extra > 0 ? ["`octoload backfill --prune` deletes what the source does not have.\n"] : []),
  ].join("");
}
