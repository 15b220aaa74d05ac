import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import { writeJsonFile } from "../load/run-status.js";
import { packageVersion } from "../native/package-version.js";
import { openTarget } from "../target/open-target.js";
import type { CheckName } from "./checks/check-names.js";
import { type ChosenChecks, chosenChecks, requireNumbers } from "./checks/chosen-checks.js";
import {
  exitCodeOfChecks,
  type FurtherChecksOptions,
  runFurtherChecks,
} from "./checks/run-checks.js";
import { enterInReports } from "./enter-in-reports.js";
import { FINDINGS_FILE } from "./findings-file.js";
import { requireRun } from "./repair.js";
import type { ValidationResult } from "./result.js";
import type { ValidateHooks, ValidateOptions } from "./validate-options.js";
import { planValidation } from "./validation-plan.js";
import { ValidationRun } from "./validation-run.js";

export const VALIDATION_FILE = "validation.json";

/**
 * Compares a target with its source, by the checks that are asked for. The full one reads every row of
 * both, the source's as a load would write it now; the others look at samples, the index, the cache
 * and the speed. What differs is looked at again on both sides, classed, and kept in findings.sqlite
 * of the validation's folder.
 *
 * @throws OctoloadError USAGE, ARG_RANGE, SOURCE_*, TARGET_*, CASSANDRA_*, REDIS_*, RUN_*,
 *   VALIDATION_INTERRUPTED. What could not be read of the target is no error but a range of the
 *   result's `unchecked`.
 */
export async function validate(
  options: ValidateOptions,
  hooks: ValidateHooks = {},
): Promise<ValidationResult> {
  requireNumbers(options);
  const chosen = chosenChecks(options);
  const target = await openTarget(options.to, {
    ...(options.frame === undefined ? {} : { frame: options.frame }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(hooks.onNote === undefined ? {} : { onNote: hooks.onNote }),
  });
  try {
    const plan = await planValidation(options, target);
    if (options.repair === true) requireRun(plan);
    const rows = await target.openRows();
    try {
      return await run(chosen, { plan, options, target, rows, hooks });
    } finally {
      await rows.close();
    }
  } finally {
    await target.close();
  }
}

async function run(
  { isFull, isCounts, further }: ChosenChecks,
  parts: FurtherChecksOptions,
): Promise<ValidationResult> {
  const { plan, options, target, rows, hooks } = parts;
  await makeFolder(plan.folder);
  const open = { target, rows };
  const full =
    isFull || isCounts
      ? new ValidationRun(plan, { ...options, full: isFull }, open, hooks)
      : undefined;
  const result = await withFurtherChecks(further, parts, await full?.execute());
  await writeJsonFile(join(plan.folder, VALIDATION_FILE), result);
  const faults = await enterInReports(result, plan.runs);
  for (const fault of faults) hooks.onNote?.(fault);
  return result;
}

/** @param full of the comparison of every row; undefined: it was not asked for */
async function withFurtherChecks(
  names: readonly CheckName[],
  parts: FurtherChecksOptions,
  full: ValidationResult | undefined,
): Promise<ValidationResult> {
  if (full !== undefined && names.length === 0) return full;
  const { plan } = parts;
  const startedAt = new Date();
  const further = await runFurtherChecks(names, parts);
  const [run] = plan.runs;
  const before = full ?? {
    octoload: packageVersion(),
    ...{ validationId: plan.validationId, validationDir: plan.folder, target: plan.to },
    ...{ startedAt: startedAt.toISOString(), elapsedMs: 0, source: further.source },
    run: run === undefined ? null : { runId: run.file.runId, runDir: run.dir },
    ...{ rows: null, checks: [], unchecked: [], repair: null },
    ...{ passedOver: null, stages: [] },
  };
  const checks = [...before.checks, ...further.checks];
  const unchecked = [...before.unchecked, ...further.unchecked];
  return {
    ...before,
    ...{ checks, unchecked, findings: further.findings },
    exitCode: exitCodeOfChecks(checks, unchecked),
    elapsedMs: before.elapsedMs + further.elapsedMs,
    stages: [...before.stages.filter(({ name }) => name !== "done"), ...further.stages],
  };
}

async function makeFolder(folder: string): Promise<void> {
  if (existsSync(join(folder, FINDINGS_FILE))) {
    throw new OctoloadError("USAGE", `${folder} holds another validation`);
  }
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new OctoloadError("RUN_DISK_FAILED", `${folder} cannot be made: ${String(cause)}`, {
      cause,
    });
  }
}
