import { OctoloadError } from "../errors/octoload-error.js";
import type { InspectReport } from "./inspect-options.js";

/**
 * A report as JSON: errors as code, message and remedy, 64-bit numbers in decimal digits, and
 * without the servers' settings, which are theirs.
 */
export function reportToJson(report: InspectReport): unknown {
  return JSON.parse(JSON.stringify(report, replace)) as unknown;
}

function replace(key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (key === "settings") return undefined;
  if (value instanceof OctoloadError) {
    const { code, message, remedy } = value;
    return { code, message, remedy };
  }
  return value;
}
