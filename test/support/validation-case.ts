import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Layout } from "../../src/encoding/layout.js";
import { MIN_MEMORY_BYTES } from "../../src/load/load-settings.js";
import type { ValidationResult } from "../../src/validate/result.js";
import { validate } from "../../src/validate/validate.js";
import type { ValidateHooks, ValidateOptions } from "../../src/validate/validate-options.js";
import { type BackfillCase, backfillCase, load } from "./backfill-case.js";
import { type NodeValues, nodeTable } from "./run-samples.js";

/** Rows of the sources that loadedCase() makes. */
export const CASE_ROWS = 3000;

/** A source of nodeTable()'s rows, loaded into an embedded target. */
export async function loadedCase(
  folder: string,
  layout: Layout,
  changes: Readonly<Record<number, NodeValues>> = {},
): Promise<BackfillCase> {
  const made = backfillCase(folder, nodeTable(CASE_ROWS, changes));
  const to = [`sqlite:${made.target}?layout=${layout}`];
  await load(made, { to, memoryBytes: MIN_MEMORY_BYTES, maxErrors: 100 });
  return made;
}

/** Validates a case fully; its run is found by its target. */
export function validateCase(
  { folder, target, source }: BackfillCase,
  options: Partial<ValidateOptions> = {},
  hooks: ValidateHooks = {},
): Promise<ValidationResult> {
  const usual = {
    to: `sqlite:${target}`,
    sources: [source],
    full: true,
    runsDir: folder,
    validationDir: join(folder, `validation-${readdirSync(folder).length}`),
    memoryBytes: MIN_MEMORY_BYTES,
    settleMs: 1,
  };
  return validate({ ...usual, ...options }, hooks);
}
