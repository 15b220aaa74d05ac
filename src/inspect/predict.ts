import type { Prediction, Predictions } from "../load/predictions.js";
import type { CacheFacts } from "./cache-facts.js";
import { type Plan, rejectedRows } from "./plan.js";
import type { SourceFacts } from "./source-facts.js";

/** What a load of this plan can be compared with. */
export function predict(
  source: SourceFacts,
  plan: Plan,
  cache: CacheFacts | null,
  madeAt: string,
): Predictions {
  const { derived } = source;
  const { times } = plan;
  const tooDeep = Math.max(0, ...plan.targets.map(({ layout }) => plan.layouts[layout].tooDeep));
  const values: Prediction[] = [
    { name: "rows", unit: "rows", value: source.selected },
    { name: "rejected rows", unit: "rows", value: rejectedRows(source) + tooDeep },
    { name: "collisions", unit: "rows", value: derived.collisions },
    { name: "orphans", unit: "rows", value: derived.orphans },
    { name: "spill", unit: "bytes", value: plan.spill.neededBytes },
    { name: "scan time", unit: "ms", value: Math.round(times.scanMs) },
    { name: "derive time", unit: "ms", value: Math.round(times.deriveMs) },
    ...(times.loadMs === null
      ? []
      : [{ name: "load time", unit: "ms", value: times.loadMs } as const]),
    ...plan.targets.flatMap((target): Prediction[] => {
      const { url, rows, rowsPerSecond, bytesANode, kind } = target;
      const of = { target: url };
      return [
        { name: "loaded rows", unit: "rows", value: rows, ...of },
        ...(rowsPerSecond === null
          ? []
          : [{ name: "load speed", unit: "rows/s", value: rowsPerSecond, ...of } as const]),
        ...(kind === "null"
          ? []
          : [{ name: "target size", unit: "bytes", value: bytesANode, ...of } as const]),
      ];
    }),
    ...cachePredictions(cache),
  ];
  return { sourceFingerprint: source.fingerprint, madeAt, values };
}

function cachePredictions(cache: CacheFacts | null): Prediction[] {
  if (cache === null) return [];
  const { url: target, hotRows, predictedBytes } = cache;
  return [
    { name: "hot rows", unit: "rows", value: hotRows, target },
    { name: "cache memory", unit: "bytes", value: predictedBytes, target },
  ];
}
