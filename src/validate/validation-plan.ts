import { join, resolve } from "node:path";
import { OctoloadError } from "../errors/octoload-error.js";
import { type LoadSettings, MIN_MEMORY_BYTES, settingsOf } from "../load/load-settings.js";
import { makeRunId } from "../load/run-file.js";
import { absoluteTargetUrl } from "../sink/target-path.js";
import type { SourceOptions } from "../source/source-options.js";
import type { Target } from "../target/target.js";
import { findRunsOf, type KnownRun } from "./known-runs.js";
import type { ValidateOptions } from "./validate-options.js";

export const DEFAULT_VALIDATIONS_DIR = "octoload-validations";
/** Rows are sorted in one order only; a third of the usual keeps the whole process small. */
const DEFAULT_MEMORY_BYTES = Math.max(MIN_MEMORY_BYTES, 144 * 2 ** 20);

const DEFAULT_SEED = 12_345;

/** What is compared with what: the options, and what the run that loaded the target says. */
export interface ValidationPlan {
  readonly validationId: string;
  readonly folder: string;
  /** The target's URL, with an absolute path. */
  readonly to: string;
  readonly source: SourceOptions;
  readonly settings: LoadSettings;
  /** Which rows a sample has. */
  readonly seed: number;
  /** The latest first; empty: none is known. */
  readonly runs: readonly KnownRun[];
}

/** @throws OctoloadError USAGE, ARG_*, RUN_NOT_FOUND, TARGET_URL */
export async function planValidation(
  options: ValidateOptions,
  target: Target,
): Promise<ValidationPlan> {
  const to = absoluteTargetUrl(options.to);
  const runs = await findRunsOf(to, options.run, options.runsDir);
  const run = runs[0]?.file;
  const validationId = makeRunId(new Date());
  const folder = resolve(options.validationDir ?? join(DEFAULT_VALIDATIONS_DIR, validationId));
  const where = options.where ?? run?.where ?? undefined;
  const limit = options.limit ?? run?.limit ?? undefined;
  const levels = options.levels ?? run?.levels;
  const settings = settingsOf({
    frame: target.frame.toJSON(),
    coerceText: options.coerceText ?? run?.coerceText ?? false,
    memoryBytes: options.memoryBytes ?? DEFAULT_MEMORY_BYTES,
    ...(where === undefined ? {} : { where }),
    ...(limit === undefined ? {} : { limit }),
    ...(levels === undefined ? {} : { levels }),
  });
  const source = sourceOptions(options, run, where);
  const seed = options.seed ?? DEFAULT_SEED;
  return { validationId, folder, to, source, settings, seed, runs };
}

function sourceOptions(
  { sources, sourceName, table, columns, snapshotDir }: ValidateOptions,
  run: KnownRun["file"] | undefined,
  where: string | undefined,
): SourceOptions {
  const paths = sources?.length ? sources : (run?.source.paths ?? []);
  if (paths.length === 0) {
    throw new OctoloadError(
      "USAGE",
      "a validation needs a source (a GeoPackage or SQLite file), for no run is known that loaded the target",
    );
  }
  const name = sourceName ?? run?.source.name;
  const ofTable = table ?? run?.source.table ?? undefined;
  return {
    paths,
    columns: columns ?? run?.source.columns ?? {},
    ...(name === undefined ? {} : { name }),
    ...(ofTable === undefined ? {} : { table: ofTable }),
    ...(where === undefined ? {} : { where }),
    ...(snapshotDir === undefined ? {} : { snapshotDir: resolve(snapshotDir) }),
  };
}
