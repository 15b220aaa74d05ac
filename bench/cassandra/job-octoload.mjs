// A whole backfill into Cassandra, its load phase apart: from the moment rows
// begin to be sent in order until the last one is acknowledged.
//   node job-octoload.mjs '{"source", "target", "runDir", "tuning"?}'
import { backfill } from "../../dist/backfill/backfill.js";
import { printCost } from "../load/process-cost.mjs";

/** @type {{source: string, target: string, runDir: string, tuning?: import("../../dist/sink/sink-tuning.js").SinkTuning}} */
const { source, target, runDir, tuning = {} } = JSON.parse(process.argv[2] ?? "{}");

/** @type {Map<string, {atMs: number, cpu: NodeJS.CpuUsage}>} */
const phases = new Map();

/** @param {string} phase */
function startOf(phase) {
  const start = phases.get(phase);
  if (start === undefined) throw new Error(`the run told of no phase ${phase}`);
  return start;
}

/** What orders the rows is part of it. */
function loadPhase() {
  const [begin, end] = [startOf("load"), startOf("done")];
  const cpuUs = end.cpu.user + end.cpu.system - begin.cpu.user - begin.cpu.system;
  return {
    beganAtMs: performance.timeOrigin + begin.atMs,
    wallMs: end.atMs - begin.atMs,
    cpuMs: cpuUs / 1000,
  };
}

await printCost(async () => {
  const { report } = await backfill(
    { sources: [source], to: [target], runDir, tuning },
    {
      onProgress: (event) => {
        if (event.event !== "phase") return;
        phases.set(event.phase, { atMs: performance.now(), cpu: process.cpuUsage() });
      },
    },
  );
  if (report.outcome !== "done") throw new Error(`the run ended: ${report.outcome}`);
  const stagesMs = Object.fromEntries(report.stages.map(({ name, busyMs }) => [name, busyMs]));
  return { rows: report.total, stagesMs, loadPhase: loadPhase() };
});
