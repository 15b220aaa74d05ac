import type { PlanComparison, PredictionName, Predictions, RunMeasures } from "./predictions.js";
import type { RunReport } from "./run-report.js";

type Measured = Pick<
  RunReport,
  "total" | "rejectedByCode" | "collisions" | "orphans" | "sinks" | "cache" | "source" | "resumes"
>;

/** @param report of the run as it ended */
export function comparePredictions(
  { sourceFingerprint, madeAt, values }: Predictions,
  report: Measured,
  measures: RunMeasures,
): PlanComparison {
  return {
    madeAt,
    isSameSource: report.source.fingerprint === sourceFingerprint,
    values: values.map(({ name, unit, value, target }) => ({
      ...{ name, unit, predicted: value },
      ...(target === undefined ? {} : { target }),
      measured: measuredOf(name, target, report, measures),
    })),
  };
}

function measuredOf(
  name: PredictionName,
  target: string | undefined,
  report: Measured,
  { phaseMs: ofPhases, spillBytes, targetBytes }: RunMeasures,
): number | null {
  // A resumed run has done part of its phases before.
  const phaseMs = report.resumes > 0 ? new Map<string, number>() : ofPhases;
  const sink = report.sinks.find(({ url }) => url === target);
  const loadMs = phaseMs.get("load") ?? null;
  switch (name) {
    case "rows":
      return report.total;
    case "rejected rows":
      return report.rejectedByCode.reduce((sum, { rows }) => sum + rows, 0);
    case "collisions":
      return report.collisions;
    case "orphans":
      return report.orphans;
    case "loaded rows":
      return sink?.loaded ?? null;
    case "spill":
      return spillBytes;
    case "scan time":
      return roundedMs(phaseMs.get("scan"));
    case "derive time":
      return roundedMs(phaseMs.get("derive"));
    case "load time":
      return roundedMs(loadMs ?? undefined);
    case "load speed":
      // Of several targets only the slowest one's time is known.
      if (loadMs === null || sink === undefined || report.sinks.length > 1) return null;
      return Math.round((sink.loaded / Math.max(1, loadMs)) * 1000);
    case "target size":
      return targetBytes.get(target ?? "") ?? null;
    case "hot rows":
      return report.cache?.offered ?? null;
    case "cache memory":
      return report.cache?.memory.grownBytes ?? null;
  }
}

function roundedMs(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms);
}
