import { join } from "node:path";
import type { CursorCheckpoint } from "../load/checkpoint.js";
import { type RunFile, writeRunFile } from "../load/run-file.js";
import type { RunReport } from "../load/run-report.js";
import { writeJsonFile } from "../load/run-status.js";
import { writeReportHtml } from "../report/write-report.js";
import { REPORT_FILE, REPORT_PAGE } from "./begin-run.js";
import { writeDigests } from "./digest-report.js";

/** run.json last: a run that says it has ended has its report. */
export async function writeReportFiles(
  runDir: string,
  run: RunFile,
  report: RunReport,
  checkpoints: readonly CursorCheckpoint[],
): Promise<void> {
  await writeDigests(runDir, run, checkpoints);
  await writeJsonFile(join(runDir, REPORT_FILE), report);
  await writeReportHtml(join(runDir, REPORT_PAGE), report);
  await writeRunFile(runDir, { ...run, state: report.outcome });
}
