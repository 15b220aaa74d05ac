/** What a finding means for a load. */
export type Verdict = "go" | "warning" | "no-go";

/** One finding: a line of the table. */
export interface CheckLine {
  readonly subject: "source" | "plan" | "target" | "cache";
  /** What was looked at, in a few words; the same for every source and target. */
  readonly check: string;
  readonly verdict: Verdict;
  readonly finding: string;
  /** Of errors.md, where a load would end or reject rows by it. */
  readonly code?: string;
  /** What to do about it. */
  readonly remedy?: string;
  /** URL of the target or cache that it is about. */
  readonly target?: string;
  readonly examples?: readonly string[];
}

/** The gravest of the lines. */
export function verdictOf(lines: readonly Pick<CheckLine, "verdict">[]): Verdict {
  if (lines.some(({ verdict }) => verdict === "no-go")) return "no-go";
  return lines.some(({ verdict }) => verdict === "warning") ? "warning" : "go";
}

type More = Pick<CheckLine, "code" | "remedy" | "examples">;

/** Makes the lines of a subject, and of a target where it is about one. */
export function lineMaker(subject: CheckLine["subject"], target?: string) {
  const of = target === undefined ? {} : { target };
  return (check: string, verdict: Verdict, finding: string, more: More = {}): CheckLine => ({
    ...{ subject, check, verdict, finding },
    ...of,
    ...more,
  });
}

export type MakeLine = ReturnType<typeof lineMaker>;
