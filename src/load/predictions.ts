/** What a preflight foretells of a load, and a load measures. */
export type PredictionName =
  | "rows"
  | "rejected rows"
  | "collisions"
  | "orphans"
  | "loaded rows"
  | "spill"
  | "scan time"
  | "derive time"
  | "load time"
  | "load speed"
  | "target size"
  | "hot rows"
  | "cache memory";

export type PredictionUnit = "rows" | "bytes" | "ms" | "rows/s";

export interface Prediction {
  readonly name: PredictionName;
  readonly unit: PredictionUnit;
  readonly value: number;
  /** URL of the target or cache that it is about. */
  readonly target?: string;
}

/** The part of a plan that a run compares itself with. */
export interface Predictions {
  /** Of the source as it was: another one makes another comparison. */
  readonly sourceFingerprint: string;
  /** ISO time. */
  readonly madeAt: string;
  readonly values: readonly Prediction[];
}

/** A prediction beside what the run measured. */
export interface ComparedPrediction {
  readonly name: PredictionName;
  readonly unit: PredictionUnit;
  readonly target?: string;
  readonly predicted: number;
  /** null: the run did not come so far, or nothing measures it. */
  readonly measured: number | null;
}

export interface PlanComparison {
  readonly madeAt: string;
  /** The source has not changed since. */
  readonly isSameSource: boolean;
  readonly values: readonly ComparedPrediction[];
}

/** What a run measures that its report does not have elsewhere. */
export interface RunMeasures {
  /** Of each phase that ended, in this process; a resumed run's earlier ones are not known. */
  readonly phaseMs: ReadonlyMap<string, number>;
  /** Most that the sorts had on the disk; null: not looked at. */
  readonly spillBytes: number | null;
  /** Of the files of embedded targets, by URL. */
  readonly targetBytes: ReadonlyMap<string, number>;
}
