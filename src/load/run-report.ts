import type { CacheReport } from "./cache-report.js";
import type { PlanComparison } from "./predictions.js";
import type { Outcome, StageTime } from "./progress.js";
import type { RunValidation } from "./run-validation.js";

/** What a run leaves behind as report.json; report.html is drawn from it. */
export interface RunReport {
  readonly octoload: string;
  readonly runId: string;
  readonly outcome: Outcome;
  readonly exitCode: number;
  /** What ended it, where that was an error. */
  readonly error?: { readonly code: string; readonly message: string };
  /** ISO times. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly elapsedMs: number;
  /** Started again after a crash or an interruption so many times. */
  readonly resumes: number;
  readonly source: {
    readonly name: string;
    readonly files: readonly {
      readonly path: string;
      readonly table: string;
      readonly rows: number;
    }[];
    readonly fingerprint: string;
  };
  readonly frame: {
    readonly name: string;
    readonly min: readonly number[];
    readonly size: readonly number[];
  };
  readonly filters: Readonly<Record<string, string>>;
  /** Rows of the source after filters. */
  readonly total: number;
  readonly sinks: readonly {
    readonly url: string;
    readonly layout: string;
    readonly loaded: number;
    readonly rejected: number;
    readonly skipped: number;
    /** Only of a run that prunes: keys it deleted, and listed, because the source lacks them. */
    readonly pruned?: number;
    /** Only of a run that prunes: rows that the source lacks, kept because they are newer. */
    readonly live?: number;
    /** Unless the run was to keep none. */
    readonly digests?: SinkDigests;
    /** Only of a run with --changed-only, whose other rows are `skipped`. */
    readonly changedOnly?: SinkChanges;
  }[];
  readonly orphans: number;
  readonly collisions: number;
  readonly rejectedByCode: readonly { readonly code: string; readonly rows: number }[];
  readonly warnings: readonly {
    readonly code: string;
    readonly rows: number;
    readonly message: string;
  }[];
  readonly levels: readonly { readonly level: number; readonly rows: number }[];
  /** Most frequent first, at most 50; the rest are summed up in `otherMaterials`. */
  readonly materials: readonly { readonly materialId: number | null; readonly rows: number }[];
  readonly otherMaterials: number;
  readonly stages: readonly StageTime[];
  readonly throughput: readonly {
    readonly atMs: number;
    readonly phase: string;
    readonly rowsPerSecond: number;
  }[];
  readonly map: RunMap;
  /** Where the run had hot regions. */
  readonly hot?: RunHotMap;
  /** Where it filled a cache: what became of the hot rows. */
  readonly cache?: CacheReport;
  /** What validations after the run found, the latest of each kind. */
  readonly validations?: readonly RunValidation[];
  /** Where it began with a plan: what that foretold, and what the run measured. */
  readonly plan?: PlanComparison;
}

/** Where the source was not what an earlier load had left in a target. */
export interface SinkChanges {
  readonly baselineRunId: string;
  /** Morton ranges with rows, now or then. */
  readonly ranges: number;
  readonly changedRanges: number;
}

/** What the rows that a target acknowledged are: docs/digest.md. */
export interface SinkDigests {
  /** Sum of all rows' digests: 64 hexadecimal digits. */
  readonly root: string;
  readonly rows: number;
  /** Level of the cells that are the ranges. */
  readonly rangeLevel: number;
  /** How many ranges have rows. */
  readonly ranges: number;
  /** Where they are listed, in the run's folder. */
  readonly file: string;
}

/**
 * Where the nodes are: longitude -180..180 from left to right, latitude 90..-90 from top to bottom
 * (x and y of the frame, linearly). Both arrays are base64 of `width * height` elements.
 */
export interface RunMap {
  readonly width: number;
  readonly height: number;
  /** Uint8: deepest level of a node that covers the pixel; 255: none. */
  readonly deepestLevels: string;
  /** Uint32, little-endian: nodes whose center is in the pixel. */
  readonly nodes: string;
}

/** Where it is hot, on the same map. */
export interface RunHotMap {
  /** The expression as it was given. */
  readonly regions: string;
  /** Each predicate in words. */
  readonly descriptions: readonly string[];
  readonly width: number;
  readonly height: number;
  /** Base64 of a Uint8 a pixel: the highest priority that place alone gives in it; 0: not hot. */
  readonly priorities: string;
  /** The run's rows by priority, 0..255; 0: not hot. */
  readonly rows: readonly number[];
}
