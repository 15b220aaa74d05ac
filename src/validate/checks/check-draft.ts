import type { OctoloadError } from "../../errors/octoload-error.js";
import type { CheckFigures, CheckResult, FindingClass, LatencyFigures } from "../result.js";
import type { CheckName } from "./check-names.js";

/** A target that cannot be read is not asked for thousands of rows more. */
const MAX_UNREAD = 20;

/** Too many rows of a check could not be read: it ends, unfinished. */
export class CheckBrokenOff extends Error {}

/** A check under way. */
export class CheckDraft {
  readonly check: CheckName;
  readonly notes: string[] = [];
  /** What could not be read, in words. */
  readonly unread: { readonly range: string; readonly code: string; readonly message: string }[] =
    [];
  readonly findings: Partial<Record<FindingClass, number>> = {};
  figures: CheckFigures = {};
  latency: LatencyFigures | undefined;
  checked = 0;
  /** A bar was missed, which no row stands for. */
  hasFailed = false;
  /** It did not get to all that it should have looked at. */
  isUnfinished = false;
  /** Nothing more is read for it. */
  isBrokenOff = false;

  constructor(check: CheckName) {
    this.check = check;
  }

  found(className: FindingClass): void {
    this.findings[className] = (this.findings[className] ?? 0) + 1;
  }

  /** @throws CheckBrokenOff when it was one too many */
  addUnread(range: string, { code, message }: OctoloadError): void {
    this.unread.push({ range, code, message });
    this.isUnfinished = true;
    if (this.unread.length >= MAX_UNREAD) {
      throw new CheckBrokenOff(`ended after ${MAX_UNREAD} failed reads`);
    }
  }

  breakOff({ message }: CheckBrokenOff): void {
    if (this.isBrokenOff) return;
    this.isBrokenOff = true;
    this.isUnfinished = true;
    this.notes.push(message);
  }

  result(): CheckResult {
    const { "in-flight": inFlight = 0, ...faults } = this.findings;
    const hasFailed = this.hasFailed || Object.values(faults).some((count) => count > 0);
    const otherwise = this.isUnfinished || inFlight > 0 ? "unchecked" : "passed";
    return {
      check: this.check,
      status: hasFailed ? "failed" : otherwise,
      checked: this.checked,
      findings: this.findings,
      notes: this.notes,
      ...(Object.keys(this.figures).length === 0 ? {} : { figures: this.figures }),
      ...(this.latency === undefined ? {} : { latency: this.latency }),
    };
  }
}
