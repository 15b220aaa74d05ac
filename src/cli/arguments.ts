import { MAX_LEVEL, requireLevel } from "../encoding/level.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** Stricter than Number(): no blanks, no hexadecimal, nothing empty, nothing after the number. */
const DECIMAL_NUMBER = /^[+-]?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?$/;
const INTEGER = /^-?\d+$/;

/** A coordinate in metres from the command line. Whether it is in the frame is not asked here. */
export function parseCoordinate(parameter: string, text: string): number {
  if (DECIMAL_NUMBER.test(text)) return Number(text);
  throw new OctoloadError(
    "USAGE",
    `${parameter} must be a number in metres, such as -2500000, 0.5 or 1e6, got ${describeValue(text)}`,
  );
}

/** The value of --level, which has no default. */
export function parseLevel(text: string | undefined): number {
  if (text === undefined) {
    throw new OctoloadError("USAGE", `--level is missing: an integer from 0 to ${MAX_LEVEL}`);
  }
  const level: unknown = INTEGER.test(text) ? Number(text) : text;
  requireLevel(level, "--level", MAX_LEVEL);
  return level;
}

/** A Morton code in decimal. Whether it is one of its level's is not asked here. */
export function parseCode(text: string): bigint {
  if (INTEGER.test(text)) return BigInt(text);
  throw new OctoloadError(
    "USAGE",
    `CODE must be a decimal integer, such as 4242, got ${describeValue(text)}`,
  );
}

/**
 * Commander takes -2e7 as a number but -2E7 as an option: writes the exponent
 * of negative numbers the way it knows.
 */
export function normaliseNegativeNumbers(args: readonly string[]): string[] {
  return args.map((arg) => {
    return arg.startsWith("-") && DECIMAL_NUMBER.test(arg) ? arg.toLowerCase() : arg;
  });
}
