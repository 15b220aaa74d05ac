import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** The deepest level: a code of 78 bits, held as tile (63) and cell (15). */
export const MAX_LEVEL = 26;

/** The deepest level whose whole code fits a non-negative 64-bit integer (63 bits). */
export const MAX_CODE_LEVEL = 21;

const aboveCodes = `Use an integer from 0 to ${MAX_CODE_LEVEL}, or to ${MAX_LEVEL} with tile and cell (encodeTiles, decodeTiles).`;

/**
 * Refuses anything but an integer from 0 to `max`.
 *
 * @throws OctoloadError LEVEL_INVALID, naming the parameter, the limit and what came.
 */
export function requireLevel(
  level: unknown,
  parameter = "level",
  max: number = MAX_LEVEL,
): asserts level is number {
  if (typeof level === "number" && Number.isInteger(level) && level >= 0 && level <= max) return;
  const remedy = max < MAX_LEVEL ? aboveCodes : `Use an integer from 0 to ${max}.`;
  throw new OctoloadError(
    "LEVEL_INVALID",
    `${parameter} must be an integer from 0 to ${max}, got ${describeValue(level)}`,
    { remedy },
  );
}
