import type { RunReport } from "../load/run-report.js";
import { WorkerClient } from "../worker/worker-client.js";
import type { ReportApi } from "./report-worker.js";

/** Draws report.html in a thread of its own: its map takes a good part of a second. */
export async function writeReportHtml(path: string, report: RunReport): Promise<void> {
  const worker = WorkerClient.start<ReportApi>("./report-worker", import.meta.url);
  try {
    await worker.call("write", [path, report]);
  } finally {
    await worker.close();
  }
}
