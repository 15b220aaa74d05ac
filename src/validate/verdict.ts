import type { Comparison } from "./compare-rows.js";
import type { CheckResult, FindingClass, UncheckedRange } from "./result.js";

/** Of a whole validation: what differs weighs more than what could not be looked at. */
export function exitCodeOf(checks: readonly CheckResult[]): 0 | 6 | 8 {
  const has = (status: CheckResult["status"]) => checks.some((check) => check.status === status);
  if (has("failed")) return 6;
  return has("unchecked") ? 8 : 0;
}

/** Of a comparison of all rows, after each that differed was looked at again. */
export function rowsCheck(
  { sourceRows, targetRows }: Comparison,
  counts: Partial<Record<FindingClass, number>>,
  unchecked: readonly UncheckedRange[],
): CheckResult {
  // A row that never stood still was not checked, whatever it held.
  const { "in-flight": inFlight = 0, ...faults } = counts;
  const isFaulty = Object.values(faults).some((count) => count > 0);
  const open = inFlight > 0 || unchecked.length > 0 ? "unchecked" : "passed";
  return {
    check: "rows",
    status: isFaulty ? "failed" : open,
    checked: Math.max(sourceRows, targetRows),
    findings: counts,
    notes: unchecked.map(({ range, message }) => `not read: ${range}: ${message}`),
  };
}
