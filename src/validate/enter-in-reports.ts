import { existsSync } from "node:fs";
import { join } from "node:path";
import { REPORT_FILE, REPORT_PAGE } from "../backfill/begin-run.js";
import type { RunReport } from "../load/run-report.js";
import { readJsonObject, writeJsonFile } from "../load/run-status.js";
import type { RunValidation } from "../load/run-validation.js";
import { writeReportHtml } from "../report/write-report.js";
import type { KnownRun } from "./known-runs.js";
import type { ValidationResult } from "./result.js";

/**
 * Writes a validation into the reports of the runs that loaded the target, in the place of an earlier
 * one with the same checks.
 *
 * @returns why it is not in a report, a line a run; a run without a report has no place for it
 */
export async function enterInReports(
  result: ValidationResult,
  runs: readonly KnownRun[],
): Promise<string[]> {
  const faults: string[] = [];
  for (const { dir, sinkUrl } of runs) {
    const entry = entryOf(result, sinkUrl);
    await enter(dir, entry).catch((error: unknown) => {
      faults.push(`${join(dir, REPORT_FILE)} does not have this validation: ${messageOf(error)}`);
    });
  }
  return faults;
}

async function enter(dir: string, entry: RunValidation): Promise<void> {
  const path = join(dir, REPORT_FILE);
  const found = await readJsonObject(path);
  if (found === undefined) {
    if (existsSync(path)) throw new Error("it is not what a run writes");
    return;
  }
  const report = found as unknown as RunReport;
  const others = (report.validations ?? []).filter((other) => kindOf(other) !== kindOf(entry));
  const changed = { ...report, validations: [...others, entry] };
  await writeJsonFile(path, changed);
  await writeReportHtml(join(dir, REPORT_PAGE), changed);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function kindOf({ target, checks }: RunValidation): string {
  return JSON.stringify([target, checks.map(({ check }) => check).sort()]);
}

function entryOf(result: ValidationResult, target: string): RunValidation {
  const { validationId, validationDir, startedAt, elapsedMs, exitCode, source, rows } = result;
  const { checks, unchecked, repair } = result;
  return {
    ...{ validationId, validationDir, target, startedAt, elapsedMs, exitCode },
    fingerprint: source.fingerprint,
    rows: rows === null ? null : { source: rows.source, target: rows.target, equal: rows.equal },
    checks: checks.map(({ check, status, checked, findings }) => {
      return { check, status, checked, findings: { ...findings } };
    }),
    uncheckedRanges: unchecked.length,
    repair: repairOf(repair),
  };
}

function repairOf(repair: ValidationResult["repair"]): RunValidation["repair"] {
  if (repair === null || repair.run === null) return null;
  return { runId: repair.run.runId, sent: repair.sent, repaired: repair.repaired };
}
