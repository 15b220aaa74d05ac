import { OctoloadError } from "../../errors/octoload-error.js";

/** The checks that a validation can make. */
export const checkNames = Object.freeze([
  "full",
  "sample",
  "integrity",
  "spatial",
  "cache",
  "baseline",
] as const);
export type CheckName = (typeof checkNames)[number];

/**
 * @param list separated by commas
 * @throws OctoloadError USAGE
 */
export function parseChecks(list: string): CheckName[] {
  return list.split(",").map((text) => {
    const name = checkNames.find((known) => known === text.trim());
    if (name !== undefined) return name;
    throw new OctoloadError(
      "USAGE",
      `a check is one of ${checkNames.join(", ")}, got ${JSON.stringify(text.trim())}`,
    );
  });
}
