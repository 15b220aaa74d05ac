export const checklistPhases = ["before", "during", "after"] as const;
export type ChecklistPhase = (typeof checklistPhases)[number];

/** `open`: no evidence yet; `failed`: evidence of the contrary; `skipped`: it does not apply. */
export type LineState = "done" | "open" | "failed" | "skipped";

/** What a line rests on. */
export interface Evidence {
  /** A file, or for a person's word who gave it. */
  readonly source: string;
  /** ISO time: when what it says was so; null: it does not say. */
  readonly at: string | null;
  /** The figure or the words. */
  readonly figure: string;
}

/** What a look at the evidence comes to. */
export interface LineFinding {
  readonly state: LineState;
  /** Why it is not done; empty where it is. */
  readonly reason: string;
  readonly evidence: readonly Evidence[];
}

export interface ChecklistLine extends LineFinding {
  readonly id: string;
  readonly phase: ChecklistPhase;
  readonly text: string;
  /** Who can know it. */
  readonly asked: "machine" | "person";
}

export const done = (...evidence: readonly Evidence[]): LineFinding => {
  return { state: "done", reason: "", evidence };
};

export const open = (reason: string, ...evidence: readonly Evidence[]): LineFinding => {
  return { state: "open", reason, evidence };
};

export const failed = (reason: string, ...evidence: readonly Evidence[]): LineFinding => {
  return { state: "failed", reason, evidence };
};

export const skipped = (reason: string, ...evidence: readonly Evidence[]): LineFinding => {
  return { state: "skipped", reason, evidence };
};
