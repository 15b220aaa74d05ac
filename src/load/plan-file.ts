import { OctoloadError } from "../errors/octoload-error.js";
import type { Prediction, Predictions } from "./predictions.js";
import { readJsonObject } from "./run-status.js";

/** Of a plan that `octoload inspect --out` writes. */
export const PLAN_KIND = "octoload-plan" as const;
export const PLAN_VERSION = 1 as const;

/**
 * The predictions of a plan.
 *
 * @throws OctoloadError PLAN_INVALID
 */
export async function readPlanFile(path: string): Promise<Predictions> {
  const plan = await readJsonObject(path).catch((cause: unknown) => {
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause);
  });
  if (plan?.kind !== PLAN_KIND) throw invalid(path, "is not what octoload inspect --out writes");
  if (plan.version !== PLAN_VERSION) {
    throw invalid(path, `is of version ${String(plan.version)}, not ${PLAN_VERSION}`);
  }
  const { predictions } = plan;
  if (!isPredictions(predictions)) throw invalid(path, "holds no predictions");
  const { sourceFingerprint, madeAt, values } = predictions;
  return { sourceFingerprint, madeAt, values };
}

function isPredictions(value: unknown): value is Predictions {
  if (typeof value !== "object" || value === null) return false;
  const { sourceFingerprint, madeAt, values } = value as Partial<Predictions>;
  const areTexts = typeof sourceFingerprint === "string" && typeof madeAt === "string";
  return areTexts && Array.isArray(values) && values.every(isPrediction);
}

function isPrediction(value: unknown): value is Prediction {
  if (typeof value !== "object" || value === null) return false;
  const { name, unit, value: number, target = "" } = value as Partial<Prediction>;
  const areTexts = [name, unit, target].every((text) => typeof text === "string");
  return areTexts && typeof number === "number" && Number.isFinite(number);
}

function invalid(path: string, fault: string, cause?: unknown): OctoloadError {
  return new OctoloadError("PLAN_INVALID", `${JSON.stringify(path)} ${fault}`, { cause });
}
