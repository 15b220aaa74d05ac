import { writeFileSync } from "node:fs";
import type { RunReport } from "../load/run-report.js";
import { serveWorker } from "../worker/serve-worker.js";
import { renderReportHtml } from "./report-html.js";

const api = {
  write(path: string, report: RunReport): void {
    writeFileSync(path, renderReportHtml(report), { mode: 0o600 });
  },
};

export type ReportApi = typeof api;

serveWorker(api);
