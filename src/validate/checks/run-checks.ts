import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Source } from "../../source/source.js";
import type { RowReader } from "../../target/row-reader.js";
import type { Target } from "../../target/target.js";
import { checkBaseline } from "../baseline/baseline-check.js";
import { checkCache } from "../cache/cache-check.js";
import { OtherSources } from "../excused-extras.js";
import { FindingsFile } from "../findings-file.js";
import { ProgressMeter } from "../progress-meter.js";
import type { CheckResult, Finding, UncheckedRange, ValidationResult } from "../result.js";
import { checkSpatial } from "../spatial/spatial-check.js";
import type { ValidateHooks, ValidateOptions } from "../validate-options.js";
import type { ValidationPlan } from "../validation-plan.js";
import type { CheckContext } from "./check-context.js";
import { CheckBrokenOff, CheckDraft } from "./check-draft.js";
import type { CheckName } from "./check-names.js";
import { checkIntegrity } from "./integrity-check.js";
import { Settlement } from "./settle-suspects.js";
import { Suspects } from "./suspects.js";

const LISTED_FINDINGS = 100;

export interface FurtherChecksOptions {
  readonly plan: ValidationPlan;
  readonly options: ValidateOptions;
  readonly target: Target;
  readonly rows: RowReader;
  readonly hooks: ValidateHooks;
}

/** What the checks beside the comparison of every row came to. */
export interface FurtherChecks {
  readonly checks: readonly CheckResult[];
  readonly unchecked: readonly UncheckedRange[];
  /** With what was found before. */
  readonly findings: readonly Finding[];
  readonly source: ValidationResult["source"];
  readonly stages: ValidationResult["stages"];
  readonly elapsedMs: number;
}

/** @throws OctoloadError SOURCE_*, REDIS_*, RUN_*, VALIDATION_INTERRUPTED */
export async function runFurtherChecks(
  names: readonly CheckName[],
  { plan, options, target, rows, hooks }: FurtherChecksOptions,
): Promise<FurtherChecks> {
  const source = await Source.open(plan.source);
  const meter = new ProgressMeter(hooks.onProgress);
  const signal = hooks.signal ?? new AbortController().signal;
  const folder = join(plan.folder, "checks");
  let findings: FindingsFile | undefined;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    findings = new FindingsFile(plan.folder);
    const others = new OtherSources(target.meta.sources, source.name);
    const context = { plan, options, target, rows, source, others, findings, meter, signal };
    const drafts = await runAll(names, context);
    findings.finish();
    meter.enter("done", null);
    return {
      checks: drafts.map((draft) => draft.result()),
      unchecked: drafts.flatMap(({ unread }) => unread),
      findings: [...findings.findings(LISTED_FINDINGS)],
      source: {
        name: source.name,
        fingerprint: await source.fingerprint(),
        files: source.files.map(({ path }) => path),
      },
      stages: meter.stages(),
      elapsedMs: meter.elapsedMs,
    };
  } finally {
    findings?.close();
    await source.removeSnapshots().catch(() => undefined);
    await source.close().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Checks that only doubt come first; then what they doubt is settled together. */
async function runAll(names: readonly CheckName[], context: CheckContext): Promise<CheckDraft[]> {
  const drafts = new Map(names.map((name) => [name, new CheckDraft(name)] as const));
  const suspects = new Suspects();
  const during = async <Result>(
    name: CheckName,
    act: (draft: CheckDraft) => Promise<Result>,
  ): Promise<Result | undefined> => {
    const draft = drafts.get(name);
    if (draft === undefined) return undefined;
    try {
      return await act(draft);
    } catch (error) {
      if (!(error instanceof CheckBrokenOff)) throw error;
      draft.breakOff(error);
      return undefined;
    }
  };
  // Before the others make the machine busy.
  await during("baseline", (draft) => checkBaseline(context, draft));
  await during("integrity", (draft) => checkIntegrity(context, draft, suspects));
  const boxes = await during("spatial", (draft) => checkSpatial(context, draft, suspects));
  const { hot } = context.options;
  if (hot !== undefined) await during("cache", (draft) => checkCache(context, draft, hot));
  const settlement = new Settlement(context, suspects, drafts);
  await settlement.run();
  await during("spatial", async () => boxes?.finish(settlement));
  return [...drafts.values()];
}

/** A validation's exit code by its checks; what is too slow is not wrong. */
export function exitCodeOfChecks(
  checks: readonly CheckResult[],
  unchecked: readonly UncheckedRange[],
): ValidationResult["exitCode"] {
  const hasFailed = (check: CheckResult) => check.status === "failed";
  if (checks.some((check) => hasFailed(check) && check.check !== "baseline")) return 6;
  if (unchecked.length > 0 || checks.some(({ status }) => status === "unchecked")) return 8;
  return checks.some(hasFailed) ? 7 : 0;
}
