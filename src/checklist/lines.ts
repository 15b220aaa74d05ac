import { digestsAgree, notUndone, performanceMeasured, validated } from "./after-lines.js";
import { inspected, sourceBackedUp, targetsBackedUp } from "./before-lines.js";
import type { ChecklistLine, LineFinding } from "./checklist-line.js";
import {
  dualWrite,
  nothingRejected,
  rejectedRows,
  rowsAccountedFor,
  runEnded,
} from "./during-lines.js";
import type { RunEvidence } from "./run-evidence.js";

type Finding = LineFinding | undefined | Promise<LineFinding>;

/** A line as it is before anything was looked at. */
export interface LineSpec extends Pick<ChecklistLine, "id" | "phase" | "text"> {
  /** undefined, or its result is: only a person can say. */
  readonly look?: (evidence: RunEvidence) => Finding;
  /** A person's word stands where the machine finds it open. */
  readonly isConfirmable?: (evidence: RunEvidence) => boolean;
}

/** All lines, in the order in which they are worked off. */
export const lineSpecs: readonly LineSpec[] = [
  {
    id: "source-backup",
    phase: "before",
    text: "The source that was loaded is backed up",
    look: sourceBackedUp,
  },
  {
    id: "target-backup",
    phase: "before",
    text: "Every target was backed up before the load",
    look: targetsBackedUp,
  },
  { id: "preflight", phase: "before", text: "The preflight said go", look: inspected },
  {
    id: "restore-rehearsed",
    phase: "before",
    text: "A restore of these backups was rehearsed elsewhere",
  },
  { id: "training", phase: "before", text: "Whoever operates it was trained" },
  { id: "announced", phase: "before", text: "Those concerned know when it happens" },
  { id: "rollback-plan", phase: "before", text: "It is agreed who decides to go back, and when" },
  { id: "run-ended", phase: "during", text: "The load came to its end", look: runEnded },
  {
    id: "rows-accounted",
    phase: "during",
    text: "Every row is loaded, rejected or skipped",
    look: rowsAccountedFor,
  },
  {
    id: "rejected-rows",
    phase: "during",
    text: "Rejected rows: there are none, or somebody looked at them",
    look: nothingRejected,
    isConfirmable: (evidence) => (rejectedRows(evidence) ?? 0) > 0,
  },
  {
    id: "dual-write",
    phase: "during",
    text: "Services write both systems, or none writes",
    look: dualWrite,
  },
  { id: "monitored", phase: "during", text: "The servers were watched meanwhile" },
  { id: "validated", phase: "after", text: "Every row was compared and is equal", look: validated },
  {
    id: "digest",
    phase: "after",
    text: "The rows' root digest is recorded, and the same in every target",
    look: digestsAgree,
  },
  {
    id: "performance",
    phase: "after",
    text: "Queries are as fast as agreed",
    look: performanceMeasured,
  },
  { id: "kept", phase: "after", text: "What was loaded was not put back", look: notUndone },
  { id: "old-system", phase: "after", text: "It is settled how long the old system stays" },
  { id: "sign-off", phase: "after", text: "The owner has accepted the result" },
];
