/** What a validation after the run found, as the run's report has it; all of it is in its folder. */
export interface RunValidation {
  readonly validationId: string;
  /** Its folder. */
  readonly validationDir: string;
  /** URL. */
  readonly target: string;
  /** ISO time. */
  readonly startedAt: string;
  readonly elapsedMs: number;
  /** 0: all is as it should be; 6: something differs; 7: too slow; 8: not all could be checked. */
  readonly exitCode: number;
  /** Of the source as it was then: another one than the run's where it has changed. */
  readonly fingerprint: string;
  /** null: not every row was compared. */
  readonly rows: {
    readonly source: number;
    readonly target: number;
    readonly equal: number;
  } | null;
  readonly checks: readonly {
    readonly check: string;
    readonly status: "passed" | "failed" | "unchecked";
    readonly checked: number;
    /** Rows by class. */
    readonly findings: Readonly<Record<string, number>>;
  }[];
  /** Ranges that could not be read. */
  readonly uncheckedRanges: number;
  /** null: nothing was sent again. */
  readonly repair: {
    readonly runId: string;
    readonly sent: number;
    readonly repaired: number;
  } | null;
}
