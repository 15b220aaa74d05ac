import { describeValue } from "../../errors/describe-value.js";
import { OctoloadError } from "../../errors/octoload-error.js";
import type { ValidateOptions } from "../validate-options.js";
import { type CheckName, checkNames } from "./check-names.js";

/** What a validation makes. */
export interface ChosenChecks {
  readonly isFull: boolean;
  /** Range by range, numbers alone. */
  readonly isCounts: boolean;
  /** Beside the comparison of every row, in the order in which they are told. */
  readonly further: readonly CheckName[];
}

/**
 * The comparison of every row, and what says the same in another way and soon. Not the baseline,
 * which is no matter of right or wrong.
 */
export function fullChecks(hasCache: boolean): CheckName[] {
  return ["full", "sample", "integrity", "spatial", ...(hasCache ? (["cache"] as const) : [])];
}

/**
 * What the options name; a sample where they name nothing. A cache that is given is checked, too.
 *
 * @throws OctoloadError USAGE where the cache is to be checked and none is given, or where what
 *   changed is to be told without a comparison of every row
 */
export function chosenChecks({
  checks,
  full = false,
  counts = false,
  changedOnly = false,
  hot,
}: Pick<ValidateOptions, "checks" | "full" | "counts" | "changedOnly" | "hot">): ChosenChecks {
  const named = new Set<CheckName>(checks);
  const isFull = full || named.has("full");
  if (changedOnly && !isFull) throw changedWithoutFull();
  if (named.size === 0 && !isFull && !counts) named.add("sample");
  if (hot !== undefined && checks === undefined) named.add("cache");
  if (named.has("cache") && hot === undefined) {
    throw new OctoloadError("USAGE", "the check of the cache needs its URL: --hot redis://host");
  }
  const further = checkNames.filter((name) => name !== "full" && named.has(name));
  return { isFull, isCounts: counts && !isFull, further };
}

export function changedWithoutFull(): OctoloadError {
  return new OctoloadError("USAGE", "--changed-only goes with --full, which compares every row");
}

const numbers = ["sample", "seed", "integrityRows", "cacheRate"] as const;

/** @throws OctoloadError ARG_RANGE for a number of rows, a seed or a rate that is none */
export function requireNumbers(options: Pick<ValidateOptions, (typeof numbers)[number]>): void {
  for (const name of numbers) {
    const value = options[name];
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    const got = describeValue(value);
    throw new OctoloadError("ARG_RANGE", `${name} must be an integer from 1, got ${got}`);
  }
}
