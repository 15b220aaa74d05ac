/** What decides whether a target may be put back. */
export interface TargetState {
  readonly isDualWriteOn: boolean;
  /** null: no run has loaded into it. */
  readonly lastRunId: string | null;
}
