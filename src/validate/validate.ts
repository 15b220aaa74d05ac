import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import { writeJsonFile } from "../load/run-status.js";
import { openTarget } from "../target/open-target.js";
import type { RowReader } from "../target/row-reader.js";
import type { Target } from "../target/target.js";
import { FINDINGS_FILE } from "./findings-file.js";
import { requireRun } from "./repair.js";
import type { ValidationResult } from "./result.js";
import type { ValidateHooks, ValidateOptions } from "./validate-options.js";
import { planValidation, type ValidationPlan } from "./validation-plan.js";
import { ValidationRun } from "./validation-run.js";

export const VALIDATION_FILE = "validation.json";

/**
 * Compares a target with its source: every row of both is read, the source's as a load would write
 * it now. What differs is looked at again on both sides, classed, and kept in findings.sqlite of
 * the validation's folder.
 *
 * @throws OctoloadError USAGE, SOURCE_*, TARGET_*, CASSANDRA_*, RUN_*, VALIDATION_INTERRUPTED. What
 *   could not be read of the target is no error but a range of the result's `unchecked`.
 */
export async function validate(
  options: ValidateOptions,
  hooks: ValidateHooks = {},
): Promise<ValidationResult> {
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
      return await run(plan, options, target, rows, hooks);
    } finally {
      await rows.close();
    }
  } finally {
    await target.close();
  }
}

async function run(
  plan: ValidationPlan,
  options: ValidateOptions,
  target: Target,
  rows: RowReader,
  hooks: ValidateHooks,
): Promise<ValidationResult> {
  await makeFolder(plan.folder);
  const result = await new ValidationRun(plan, options, { target, rows }, hooks).execute();
  await writeJsonFile(join(plan.folder, VALIDATION_FILE), result);
  return result;
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
