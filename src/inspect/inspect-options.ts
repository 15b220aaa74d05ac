import type { BackfillOptions } from "../load/load-settings.js";
import type { Predictions } from "../load/predictions.js";
import type { RunEvent } from "../load/progress.js";
import type { CacheFacts } from "./cache-facts.js";
import type { Compressibility } from "./compressibility.js";
import type { CheckLine, Verdict } from "./lines.js";
import type { Plan } from "./plan.js";
import type { SourceFacts } from "./source-facts.js";
import type { TargetFindings } from "./target-findings.js";

/** The load that is planned, as backfill() takes it, and how it is looked at. */
export interface InspectOptions
  extends Pick<
    BackfillOptions,
    | "sources"
    | "sourceName"
    | "table"
    | "columns"
    | "where"
    | "snapshotDir"
    | "coerceText"
    | "to"
    | "addSource"
    | "frame"
    | "runDir"
    | "runsDir"
    | "memoryBytes"
    | "limit"
    | "levels"
    | "order"
    | "hot"
    | "onCollision"
    | "maxErrors"
  > {
  /** Load some rows into a keyspace or file of the probe's own, which is removed, to measure speed. */
  readonly probe?: boolean;
  /** Where keys are sorted meanwhile; by default the system's folder for such. */
  readonly workDir?: string;
}

export interface InspectHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: RunEvent) => void;
}

/** What a preflight found: the file that --out writes, and the result with --json. */
export interface InspectReport {
  readonly kind: "octoload-plan";
  readonly version: 1;
  readonly octoload: string;
  /** ISO time. */
  readonly madeAt: string;
  readonly verdict: Verdict;
  /** 0, or 7 where a line says no-go. */
  readonly exitCode: 0 | 7;
  readonly lines: readonly CheckLine[];
  /** null: the source could not be read to its end. */
  readonly source: SourceFacts | null;
  /** Of 1000 rows, always the same ones. */
  readonly compressibility: Compressibility | null;
  readonly plan: Plan | null;
  readonly targets: readonly TargetFindings[];
  readonly cache: CacheFacts | null;
  /** Empty where there is no plan. */
  readonly predictions: Predictions;
}
