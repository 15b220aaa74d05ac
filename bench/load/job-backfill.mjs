// A whole backfill: node job-backfill.mjs SOURCE TARGET RUN_DIR MEMORY_MIB
import { backfill } from "../../dist/backfill/backfill.js";
import { printCost } from "./process-cost.mjs";

const [source = "", target = "", runDir = "", memoryMib = "256"] = process.argv.slice(2);

await printCost(async () => {
  const { report } = await backfill({
    sources: [source],
    to: [target],
    runDir,
    memoryBytes: Number(memoryMib) * 2 ** 20,
  });
  if (report.outcome !== "done") throw new Error(`the run ended: ${report.outcome}`);
  const stagesMs = Object.fromEntries(report.stages.map(({ name, busyMs }) => [name, busyMs]));
  return { rows: report.total, stagesMs };
});
